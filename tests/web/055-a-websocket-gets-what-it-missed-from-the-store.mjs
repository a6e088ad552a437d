// realtime-fanout is killed under Node's ws while a real local-store goes on: who comes back with the
// value they saw last gets all that was stored meanwhile, then what is live. Over SSE: flow 162.
import WebSocket from "ws";
import { is, ok, test, until } from "./house.mjs";

const people = [1, 2].map((n) => `00000000-0000-4000-8000-${String(n).padStart(12, "0")}`);

// What of both sessions it is sent, in the order in which it comes.
class Watcher {
	frames = [];

	constructor(house, query = "") {
		this.socket = new WebSocket(`ws://127.0.0.1:${house.livePort}/live${query}`, { headers: { Authorization: `Bearer ${house.token}` } });
		this.socket.on("message", (data) => this.frames.push(...data.toString().split("\n").map((line) => JSON.parse(line))));
		this.socket.on("error", () => {});
	}

	values() { return this.frames.filter((f) => f.type === "sample" && f.session_id); }
}

// Of each device: is every count the one after the last?
function faults(values) {
	const last = new Map();
	let n = 0;

	for (const { device_id: device, device_seq: seq } of values) {
		if (last.has(device) && seq !== last.get(device) + 1) n++;
		last.set(device, seq);
	}
	return n;
}

await test(async (open) => {
	const house = await open({ www: false });
	const { ihht, stored } = await house.startStore(2, 20);
	for (const [i, person] of people.entries()) ihht("session", "start", person, `mock-00${i + 1}`);

	const one = new Watcher(house);
	await until("values of both", () => new Set(one.values().map((f) => f.device_id)).size === 2 && one.values().length > 40, 120);
	await house.stop("realtime-fanout", "SIGKILL");
	const before = one.values(), last = before.at(-1), from = stored();
	await until("values stored meanwhile", () => stored() > from + 200, 120);
	await house.startFanout();

	const back = new Watcher(house, `?resume=1.1&seen=${last.taken_us}.${last.device_seq}.${last.device_id}`);
	await until("live again", () => back.frames.some((f) => f.type === "snapshot") && back.values().filter((f) => f.seq > 0).length > 40, 120);
	is(`${back.frames[0].type} ${back.frames[0].from}`, "resumed store", "it is told that what follows comes from the store");
	ok(back.values().filter((f) => f.seq === 0).length >= 200, "what was stored meanwhile is played back");
	is(faults([...before, ...back.values()]), 0, "no hole, no double, each device in its order");
	is(back.frames.filter((f) => f.type === "hole").length, 0, "and no hole is told");
	back.socket.terminate();
	for (const name of ["realtime-fanout", "ble-ingest", "local-store"]) is(await house.stop(name), 0, `${name} stops when asked`);
});
