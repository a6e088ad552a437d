// docs/live.md, read by a stranger: each example is taken out of the page and run as it stands.
import { spawn } from "node:child_process";
import { readFileSync, rmSync, writeFileSync } from "node:fs";
import { sample, session, uuid } from "./feed.mjs";
import { is, ok, test, until, ROOT } from "./house.mjs";

const page = readFileSync(`${ROOT}docs/live.md`, "utf8");
const examples = [...page.matchAll(/```(sh|js)\n([^]*?)```/g)].map(([, kind, text]) => ({ kind, text }));
const example = (words) => examples.find(({ text }) => text.includes(words)).text;

await test(async (open) => {
	const house = await open();
	const env = { ...process.env, URL: `http://127.0.0.1:${house.livePort}`, TOKEN: house.makeToken("person", uuid(1)) };
	const said = {}, files = [];
	const run = (name, program, args) => {
		const child = spawn(program, args, { env, stdio: ["ignore", "pipe", "inherit"] });

		said[name] = "";
		child.stdout.on("data", (data) => (said[name] += data));
		house.children.set(name, child);
	};
	process.on("exit", () => files.forEach((file) => rmSync(file)));
	const node = (name, text) => {
		files.push(`${ROOT}tests/web/.example-${name}-${process.pid}.mjs`);  // where its imports are found
		writeFileSync(files.at(-1), text);
		run(name, process.execPath, [files.at(-1)]);
	};

	await house.startFanout();
	house.startFeed();
	await house.say("wait live ");
	await house.say("wait news session/");
	await house.say(`news session ${JSON.stringify(session(1))}`);
	is(examples.length, 4, "the page has four examples");
	run("curl", "bash", ["-c", `exec ${example("curl -sN")}`]);
	node("ws", example('from "ws"'));
	node("supabase", example("supabase-js"));
	// as a page of the same origin has it, which has signed in
	const browser = await (await house.browser()).newPage();
	browser.on("console", (message) => message.args()[0]?.jsonValue().then((v) => (said.page += `${JSON.stringify(v)}\n`), () => {}));
	said.page = "";
	await browser.goto(`${house.url}/icon.svg`);
	await browser.evaluate(example("new EventSource"));
	// the snapshot that each gets first may have the value, too: it is not what is waited for
	const shown = {
		curl: ["curl shows frames", /^data: \{.*"type":"sample".*"spo2":81,/m],
		ws: ["ten lines of Node show values", /^5a:00:00:00:00:01 81 77$/m],
		page: ["a browser's EventSource shows frames", /"type":"sample".*"spo2":81,/],
		supabase: ["Supabase's client shows rows", new RegExp(`${uuid("session 1")} 81\n`)],
	};
	await until("each has shown a value", async () => {
		await house.say(`live sample ${JSON.stringify(sample(1, { spo2: 81, heart_rate: 77 }))}`);
		return Object.entries(shown).every(([who, [, what]]) => what.test(said[who]));
	}, 60);
	for (const [who, [name, what]] of Object.entries(shown)) ok(what.test(said[who]), name);
	await house.stop("realtime-fanout", "SIGKILL");
	await house.startFanout();
	said.page = "";
	await until("it has come back by itself", async () => {
		await house.say(`live sample ${JSON.stringify(sample(1, { spo2: 79 }))}`);
		return /"spo2":79,/.test(said.page);
	});
	ok(true, "and comes back by itself when realtime-fanout was killed");
});
