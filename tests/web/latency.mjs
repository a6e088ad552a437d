// How long from a sensor's value to a watcher, and what that costs:
//	node latency.mjs DEVICES HZ WATCHERS SECONDS
import { readFileSync } from "node:fs";
import WebSocket from "ws";
import { House, until } from "./house.mjs";

const [devices, hz, watchers, seconds] = process.argv.slice(2).map(Number);
const house = await House.open({ www: false });

function cpuSeconds(pid) {
	const fields = readFileSync(`/proc/${pid}/stat`, "utf8").split(") ")[1].split(" ");

	return (Number(fields[11]) + Number(fields[12])) / 100;
}
const residentKb = (pid) => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);

await house.startFanout();
house.startFeed(devices, hz);
const pid = house.children.get("realtime-fanout").pid;
const delays = [];
let measuring = false, frames = 0, broken = 0;

function watch(measured) {
	const socket = new WebSocket(`ws://127.0.0.1:${house.livePort}/live`,
		{ headers: { Authorization: `Bearer ${house.token}` } });
	let next;

	socket.on("message", (data) => {
		const now = (performance.timeOrigin + performance.now()) * 1000;

		for (const line of measured ? data.toString().split("\n") : []) {
			const frame = JSON.parse(line);

			if (frame.type === "hole" || (next !== undefined && frame.seq !== next)) broken++;
			next = frame.seq + 1;
			if (!measuring || frame.type !== "sample") continue;
			frames++;
			delays.push(now - frame.taken_us);
		}
	});
}
for (let i = 0; i < watchers; i++) watch(i === 0);
await new Promise((done) => setTimeout(done, 3000));
const before = cpuSeconds(pid), start = performance.now();
measuring = true;
await new Promise((done) => setTimeout(done, seconds * 1000));
measuring = false;
const took = (performance.now() - start) / 1000;
const cpu = (cpuSeconds(pid) - before) / took;
const at = (p) => (delays[Math.min(delays.length - 1, Math.floor(delays.length * p))] / 1000).toFixed(2);

delays.sort((a, b) => a - b);
const setting = `${devices} devices at ${hz} Hz, ${watchers} watcher${watchers === 1 ? "" : "s"}`;
const row = (...columns) => console.log(columns.join("\t"));
if (watchers) {
	row(`device value to watcher, p50 (${setting})`, at(0.5), "ms");
	row(`device value to watcher, p99 (${setting})`, at(0.99), "ms", 10, (at(0.99) / 10).toFixed(2));
	console.log(`# ${(frames / took).toFixed(0)} frames/s to each watcher, ${broken} holes`);
}
row(`realtime-fanout CPU (${setting})`, (cpu * 100).toFixed(1), "% of a core");
row(`realtime-fanout resident (${setting})`, (residentKb(pid) / 1024).toFixed(1), "MB", 30, (residentKb(pid) / 1024 / 30).toFixed(2));
await house.close();
process.exit(watchers && (broken || !frames) ? 1 : 0);
