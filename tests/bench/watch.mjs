// A watcher over SSE:  node watch.mjs URL SECONDS  prints how old values are when they come.
import { get } from "node:http";

const [url, seconds] = process.argv.slice(2);
const delays = [];
let rest = "", frames = 0;

get(url, (answer) => answer.setEncoding("utf8").on("data", (text) => {
	const now = (performance.timeOrigin + performance.now()) * 1000;
	const lines = (rest + text).split("\n");

	rest = lines.pop();
	for (const line of lines) {
		if (!line.startsWith("data:")) continue;
		frames++;
		const frame = JSON.parse(line.slice(5));
		if (frame.type === "sample") delays.push(now - frame.taken_us);
	}
}));
setTimeout(() => {
	const at = (p) => delays[Math.floor((delays.length - 1) * p)] / 1000;

	delays.sort((a, b) => a - b);
	console.log(`device value to watcher, p50\t${at(0.5).toFixed(2)}\tms`);
	console.log(`device value to watcher, p99\t${at(0.99).toFixed(2)}\tms\t10\t${(at(0.99) / 10).toFixed(2)}`);
	console.log(`# ${delays.length} values watched, ${frames} frames`);
	process.exit(0);
}, seconds * 1000);
