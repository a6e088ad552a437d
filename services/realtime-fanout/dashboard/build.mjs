// Static files into build/dashboard: nothing in them is loaded from elsewhere.
import { build } from "esbuild";
import { cp, mkdir } from "node:fs/promises";

const out = new URL("../../../build/dashboard/", import.meta.url).pathname;
const here = new URL("./src/", import.meta.url).pathname;

await mkdir(out, { recursive: true });
await build({
	entryPoints: [here + "page.ts", here + "page.css"],
	outdir: out,
	bundle: true,
	minify: true,
	target: "es2022",
	legalComments: "eof",
	logLevel: "warning",
});
for (const file of ["icon.svg", "index.html"]) await cp(here + file, out + file);
