// describe.mjs URL FOLDER: the description is fetched, linted by Redocly's rules and made into types.
import { createConfig, lintFromString } from "@redocly/openapi-core";
import { writeFileSync } from "node:fs";
import openapiTS, { astToString } from "openapi-typescript";

const [url, folder] = process.argv.slice(2);
const answer = await fetch(`${url}/api/openapi.json`);
const source = await answer.text();
const config = await createConfig({
	extends: ["recommended-strict"],
});
const problems = await lintFromString({ source, config, absoluteRef: "openapi.json" });
for (const p of problems) console.log(`${p.ruleId}: ${p.message} at ${p.location[0]?.pointer}`);
writeFileSync(`${folder}/openapi.json`, source);
writeFileSync(`${folder}/api.d.ts`, astToString(await openapiTS(JSON.parse(source))));
process.exit(problems.length > 0 ? 1 : 0);
