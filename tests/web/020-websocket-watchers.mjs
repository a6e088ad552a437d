// A WebSocket client's view of realtime-fanout: order, coming back, being slow, being rude.
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { get } from "node:http";
import WebSocket from "ws";
import { sample, session, uuid } from "./feed.mjs";
import { is, ok, test, until } from "./house.mjs";

class Watcher {
	frames = [];

	constructor(house, query = "", options = {}) {
		this.socket = new WebSocket(`ws://127.0.0.1:${house.livePort}/live${query}`,
			{ ...options, headers: { Authorization: `Bearer ${options.token ?? house.token}` } });
		this.socket.on("message", (data) => {
			for (const line of data.toString().split("\n")) this.frames.push(JSON.parse(line));
		});
		this.socket.on("close", (code, reason) => Object.assign(this, { code, reason: reason.toString() }));
		this.socket.on("error", () => {});
		this.socket.on("unexpected-response", async (_request, response) => {
			const chunks = [];

			for await (const chunk of response) chunks.push(chunk);
			this.refused = { status: response.statusCode, type: response.headers["content-type"],
				problem: JSON.parse(Buffer.concat(chunks).toString()) };
		});
	}

	types() { return this.frames.map((f) => f.type).join(" "); }
	of(type) { return this.frames.filter((f) => f.type === type); }
}

class Events {
	frames = [];

	constructor(house) {
		get(`http://127.0.0.1:${house.livePort}/events`, { headers: { Authorization: `Bearer ${house.token}` } }, (response) => {
			let text = "";

			this.socket = response.socket;
			response.setEncoding("utf8").on("data", (chunk) => {
				const events = (text + chunk).split("\n\n");

				text = events.pop();
				for (const event of events) this.frames.push(JSON.parse(/^data: (.*)$/m.exec(event)[1]));
			}).on("error", () => {}).on("close", () => { this.ended = true; });
		});
	}

	of(type) { return this.frames.filter((f) => f.type === type); }
}

class SupabaseClient {
	messages = [];

	constructor(house) {
		this.socket = new WebSocket(`ws://127.0.0.1:${house.livePort}/realtime/v1/websocket?vsn=1.0.0`);
		this.socket.on("open", () => this.socket.send(JSON.stringify({ topic: "realtime:x", event: "phx_join", ref: "1", join_ref: "1",
			payload: { access_token: house.token, config: { postgres_changes: [{ event: "INSERT", schema: "public", table: "readings" }] } } })));
		this.socket.on("message", (data) => this.messages.push(JSON.parse(data)));
		this.socket.on("close", (code) => { this.code = code; });
		this.socket.on("error", () => {});
	}

	of(event) { return this.messages.filter((m) => m.event === event); }
	errors() { return this.of("system").filter((m) => m.payload.status === "error").map((m) => m.payload.message); }
}

const log = (house) => readFileSync(`${house.dir}/log/realtime-fanout`, "utf8");

async function order(open) {
	const house = await open({ www: false });

	await house.startFanout();
	house.startFeed();
	await house.say("wait live ");
	await house.say("wait news session/");
	const live = async (n, spo2) => await house.say(`live sample ${JSON.stringify(sample(n, { spo2 }))}`);
	const one = new Watcher(house);

	await until("a snapshot", () => one.frames.length);
	is(one.frames[0].type, "snapshot", "the first frame is a snapshot");
	await house.say(`news session ${JSON.stringify(session(1))}`);
	await until("the session", () => one.of("session").length);
	for (let i = 0; i < 50; i++) await live(1, 80 + i % 10);
	await until("50 values", () => one.of("sample").length === 50);
	ok(one.of("sample").every((f, i) => f.spo2 === 80 + i % 10 && f.session_id === uuid("session 1")),
		"then all values in order, with their session");
	ok(one.frames.every((f, i) => !i || f.seq === one.frames[i - 1].seq + 1), "numbered without a hole");

	const { run } = one.frames[0], last = one.frames.at(-1).seq;
	one.socket.terminate();
	for (let i = 0; i < 5; i++) await live(1, 70 + i);
	const back = new Watcher(house, `?resume=${run}.${last}`);
	await until("what was missed", () => back.of("sample").length === 5);
	is(back.types(), "resumed sample sample sample sample sample", "who comes back gets just what was missed");

	const mute = new Watcher(house, "", { autoPong: false });
	const rude = new Watcher(house);
	await once(rude.socket, "open");
	rude.socket.send("hello");
	await until("the end", () => rude.code);
	is(`${rude.code} ${rude.reason}`, '1008 a watcher says {"type":"token","token":...} or {"type":"resume","after":...}', "who talks is shown the door, and told why");

	for (const [query, options, status, detail] of [
		["?types=nonsense", {}, 400, /is none of/],
		["?resume=x", {}, 400, /<run>\.<seq>/],
		["", { origin: "http://evil.example" }, 403, /another origin/]]) {
		const w = new Watcher(house, query, options);

		await until("a refusal", () => w.refused);
		is(`${w.refused.status} ${w.refused.type}`, `${status} application/problem+json`, `${status} instead of an upgrade`);
		ok(detail.test(w.refused.problem.detail), "  and why", JSON.stringify(w.refused.problem));
	}
	for (const [said, why] of [
		[{ type: "resume" }, "after: must be <run>.<seq>, the id of a frame"],
		[{ type: "resume", after: "x.y" }, "after: must be <run>.<seq>, the id of a frame"],
		[{ type: "resume", after: `${run}.1`, seen: "x" }, "seen: must be <taken_us>.<device_seq>.<device_id> of a value"],
		[{ type: "token" }, "token: must be a JSON Web Token"],
		[{ type: "snapshot" }, 'a watcher says {"type":"token","token":...} or {"type":"resume","after":...}']]) {
		const w = new Watcher(house);

		await once(w.socket, "open");
		w.socket.send(JSON.stringify(said));
		await until("the end", () => w.code);
		is(`${w.code} ${w.reason}`, `1008 ${why}`, `${JSON.stringify(said)}: ${why}`);
	}
	const again = new Watcher(house);
	await until("a snapshot", () => again.frames.length);
	again.socket.send(JSON.stringify({ type: "resume", after: `${run}.${last}` }));
	const after = () => again.frames.slice(again.frames.findIndex((f) => f.type === "resumed") + 1);

	await until("what was missed", () => again.of("resumed").length && after().length === 5);
	is(after().map((f) => `${f.type} ${f.spo2}`).join(), "sample 70,sample 71,sample 72,sample 73,sample 74",
		"who asks later to resume gets what was missed, too");
	again.socket.send(JSON.stringify({ type: "resume", after: `1.${last}` }));
	await until("a hole", () => again.of("hole").length);
	const lost = again.of("hole")[0];
	ok(lost.why === "restart" && lost.from === null && Math.abs(lost.to_us / 1000 - Date.now()) < 60000,
		"or that it cannot be told what, and until when", JSON.stringify(lost));

	const same = new Watcher(house, "", { origin: `http://127.0.0.1:${house.livePort}` });
	await until("a snapshot", () => same.frames.length);
	ok(true, "a page of the same origin may watch");
	let pinged = false;
	same.socket.once("ping", () => { pinged = true; });
	await until("a ping", () => pinged, 20);
	ok(true, "a quiet connection is kept alive by pings");
	await until("the time", () => same.of("time").length, 20);
	ok(Math.abs(same.of("time")[0].now_us / 1000 - Date.now()) < 60000, "and is told our time, which a page can see");
	await until("its end", () => mute.code, 90);
	ok(/watcher_dropped why="silent"/.test(log(house)), "one that answers no ping is parted from");
	ok(!same.code, "and one that does is not");
	is(await house.stop("realtime-fanout"), 0, "it stops when asked");
	await until("the end", () => same.code);
}

async function limits(open) {
	const house = await open({ www: false, settings: { watchers: 2 } });

	await house.startFanout();
	const first = new Watcher(house), second = new Watcher(house);
	await until("two", () => first.frames.length && second.frames.length);
	const third = new Watcher(house);
	await until("a refusal", () => third.refused);
	is(third.refused.status, 503, "one watcher more than the setting allows is refused");
	ok(/realtime-fanout\/watchers/.test(third.refused.problem.detail), "  with the setting's name");
	first.socket.terminate();
	await until("room again", async () => {
		const w = new Watcher(house);

		await until("an answer", () => w.refused || w.frames.length);
		return w.frames.length;
	});
	ok(true, "when one leaves there is room again");
}

async function slow(open) {
	const house = await open({ www: false, settings: { 'lag-ms': 500, 'stalled-s': 20 } });

	await house.startFanout();
	house.startFeed(200, 50);
	const events = new Events(house), client = new SupabaseClient(house);
	const lazy = new Watcher(house), dead = new Watcher(house), quick = new Watcher(house);
	await until("values", () => [lazy, dead, quick].every((w) => w.of("sample").length) &&
		events.of("sample").length && client.of("postgres_changes").length);
	dead.socket.pause();
	for (const w of [lazy, events, client]) w.socket.pause();
	const pid = house.children.get("realtime-fanout").pid;
	const before = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]);
	await new Promise((done) => setTimeout(done, 4000));
	for (const w of [lazy, events, client]) w.socket.resume();
	await until("a hole", () => lazy.of("hole").length);
	const hole = lazy.of("hole")[0];
	is(hole.why, "slow", "one that stopped reading is told of a hole");
	await until("the snapshot", () => lazy.of("snapshot").length === 2);
	const at = lazy.frames.indexOf(hole);
	is(lazy.frames[at - 1].seq + 1, hole.from, "which begins where it stopped");
	is(lazy.frames[at + 1].type, "snapshot", "is followed by what is so now");
	await until("more", () => lazy.frames.length > at + 2);
	is(lazy.frames[at + 2].seq, lazy.frames[at + 1].seq + 1, "and by the very next frame");
	await until("a hole among events", () => events.of("hole").length && events.of("snapshot").length === 2);
	is(events.of("hole")[0].why, "slow", "over SSE as well");
	await until("a word of what is missing", () => client.errors().length);
	ok(/^\d+ changes were missed: too slow$/.test(client.errors()[0]), "a client of Supabase is told how many rows it misses", client.errors()[0]);
	for (const w of [lazy, events, client]) w.socket.pause();
	await new Promise((done) => setTimeout(done, 4000));
	for (const w of [lazy, events, client]) w.socket.resume();
	await until("a word of good-bye", () => lazy.of("bye").length);
	is(lazy.of("bye")[0].why, "too slow", "one that stops reading again is told why it has to go");
	await until("the end", () => lazy.code);
	await until("the end of events", () => events.ended);
	is(events.of("bye")[0]?.why, "too slow", "over SSE as well");
	await until("the end of rows", () => client.code);
	ok(client.of("phx_close").length === 1 && client.errors().at(-1) === "too slow", "and a client of Supabase", client.errors().at(-1));
	ok(quick.frames.every((f, i) => !i || f.seq === quick.frames[i - 1].seq + 1) && !quick.of("hole").length,
		"a quick one has not noticed");
	await house.stop("feed");
	await until("the drop", () => /watcher_dropped why="stalled"/.test(log(house)), 60);
	ok(true, "one that reads nothing is dropped, and the log says so");
	const grown = Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, "utf8"))[1]) - before;
	// two rings of 6 MB, one of them for the client of Supabase
	ok(grown < 24 * 1024 || process.env.MODE === "asan", "and memory stays bounded", `grew by ${grown} kB`);
	is(await house.stop("realtime-fanout"), 0, "it stops when asked");
}

// What comes within a tick goes out together when there are many.
async function joined(open) {
	const house = await open({ www: false });
	const crowd = [], few = [];
	let messages = 0, lines = 0;

	await house.startFanout();
	for (let i = 0; i < 400; i++) {
		const socket = new WebSocket(`ws://127.0.0.1:${house.livePort}/live?types=sample`, { headers: { Authorization: `Bearer ${house.token}` } });

		socket.on("message", (data) => {
			messages++;
			for (let at = -1; (at = data.indexOf(10, at + 1)) >= 0;) lines++;
		});
		crowd.push(once(socket, "message"));
	}
	await Promise.all(crowd);
	for (let i = 0; i < 3; i++) few.push(new Watcher(house, "?types=sample"));
	await until("a snapshot each", () => few.every((w) => w.frames.length));
	messages = lines = 0;
	house.startFeed(500, 2);
	await until("values", () => few.every((w) => w.of("sample").length > 2000));
	ok(lines > messages / 4, "with many watchers several values go out in one message", `${messages} messages of ${messages + lines} values`);
	ok(few.every((w) => w.of("sample").every((f, i, all) => !i || f.seq > all[i - 1].seq)), "each in its order");
	is(await house.stop("realtime-fanout"), 0, "it stops when asked");
}

await test(async (open) => {
	await order(open);
	await limits(open);
	await slow(open);
	await joined(open);
});
