// docs/live.md, read by a stranger: each of its blocks is taken out of the page and run as it stands, in a clone
// where `make run` goes on and in an empty folder.  Only ports are other ones, as 8080 may be taken.
import { execFileSync, spawn } from "node:child_process";
import { appendFileSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { uuid } from "./feed.mjs";
import { freePort, is, ok, test, until, ROOT } from "./house.mjs";

const page = readFileSync(`${ROOT}docs/live.md`, "utf8");
const blocks = [...page.matchAll(/```(sh|js|html) ?(\S*)\n([^]*?)```/g)].map(([, kind, file, text]) => ({ kind, file, text }));
const block = (words) => blocks.find(({ kind, text }) => kind === "sh" && text.includes(words)).text;

await test(async (open) => {
	const house = await open({ www: false });
	const clone = `${house.dir}/clone`, mine = `${house.dir}/mine`, theirs = await freePort(), said = {};
	const port = (text) => text.replaceAll(":8080", `:${house.port}`).replaceAll(/\b8000\b/g, theirs);

	await house.startAll({ devices: 2, rate: 4 });
	for (const dir of [clone, mine, `${clone}/build`, `${mine}/node_modules`]) mkdirSync(dir);
	symlinkSync(`${ROOT}build/${process.env.MODE ?? "release"}`, `${clone}/build/release`);
	symlinkSync(`${house.dir}/var`, `${clone}/var`);

	// a clone
	const [URL, TOKEN] = execFileSync("bash", ["-c", `${port(block("export URL"))}\necho "$URL"; echo "$TOKEN"`], { cwd: clone }).toString().split("\n");
	is(URL, house.url, "the page says where values are");
	const env = { ...process.env, URL, TOKEN };
	const run = (name, program, args, cwd) => {
		const child = spawn(program, args, { cwd, env, stdio: ["ignore", "pipe", "pipe"] });

		said[name] = "";
		for (const out of [child.stdout, child.stderr]) out.on("data", (data) => (said[name] += data));
		house.children.set(name, child);
	};
	run("curl", "bash", ["-c", `exec ${block("curl -sN")}`], clone);
	const origins = /^ {4}access\n {8}origins = .*\n/m.exec(page)[0];
	appendFileSync(`${clone}/var/ihht.conf`, port(origins).replaceAll(/^ {4}/gm, ""));

	// a folder that has what the page says to install, and nothing else
	for (const name of /npm install (.*)/.exec(block("npm install"))[1].split(" ")) {
		mkdirSync(dirname(`${mine}/node_modules/${name}`), { recursive: true });
		symlinkSync(`${ROOT}tests/web/node_modules/${name}`, `${mine}/node_modules/${name}`);
	}
	for (const { file, text } of blocks.filter(({ file: name }) => name)) writeFileSync(`${mine}/${file}`, port(text));
	run("live.mjs", process.execPath, ["live.mjs"], mine);
	run("server", "bash", ["-c", `exec ${port(block("http.server"))}`], mine);
	for (const [name, what, words] of [["curl", /^data: \{.*"type":"sample".*"spo2":/m, "curl shows frames"],
		["live.mjs", /^\S+ \d+ \d+$/m, "ten lines of Node show values"]]) {
		await until(`${name} shows values`, () => what.test(said[name]));
		ok(true, words);
	}

	// in a browser, as a page of the same origin that has signed in, and as two of another one
	const context = await house.browser();
	const show = async (name, address) => {
		const tab = await context.newPage();

		said[name] = "";
		tab.on("console", (message) => message.args()[0]?.jsonValue().then((v) => (said[name] += `${JSON.stringify(v)}\n`), () => {}));
		await tab.goto(address);
		return tab;
	};
	await until("the server", async () => (await fetch(`http://127.0.0.1:${theirs}/live.html`).catch(() => null))?.ok);
	const stranger = await show("stranger", `http://127.0.0.1:${theirs}/live.html#${TOKEN}`);
	await until("a refusal", () => stranger.evaluate("events.readyState === EventSource.CLOSED"));
	is(await stranger.textContent("pre"), "", "a page of an origin that is not listed sees nothing");
	execFileSync("bash", ["-c", block("supervisorctl")], { cwd: clone });
	await until("both are back", async () => (await Promise.all([`${URL}/api/health`, `http://127.0.0.1:${house.livePort}/health`]
		.map((address) => fetch(address).catch(() => null)))).every((a) => a?.ok));

	const tab = await show("console", house.link);
	await until("somebody is signed in", async () => (await tab.evaluate("fetch('/api/me').then((a) => a.status)")) === 200);
	await tab.evaluate(blocks.find(({ kind, file }) => kind === "js" && !file).text);
	const live = await show("live.html", `http://127.0.0.1:${theirs}/live.html#${TOKEN}`);
	const rows = await show("rows.html", `http://127.0.0.1:${theirs}/rows.html#${TOKEN}`);
	run("rows.mjs", process.execPath, ["rows.mjs"], mine);
	const text = { "live.html": () => live.textContent("pre"), "rows.html": () => rows.textContent("pre") };
	const shows = (name, what) => until(`${name} shows ${what}`, async () => what.test(text[name] ? await text[name]() : said[name]));

	// rows are those of a session
	const device = await (async () => {
		await shows("console", /"type":"sample"/);
		return /"device_id":"([^"]+)"/.exec(said.console)[1];
	})();
	const session = await (await fetch(`${URL}/api/sessions`, { method: "POST", headers: { Authorization: `Bearer ${TOKEN}`, "Content-Type": "application/json" },
		body: JSON.stringify({ user_id: uuid(1), device_id: device }) })).json();
	ok(session.session_id, "a session begins", JSON.stringify(session));
	for (const [name, what, words] of [
		["console", /"type":"sample".*"spo2":\d/, "a page of the same origin shows frames"],
		["live.html", /"type":"sample".*"spo2":\d/, "one of another origin that is listed, too"],
		["rows.html", new RegExp(`^SUBSCRIBED[^]*^${session.session_id} \\d`, "m"), "Supabase's client shows rows in a page of another origin, through nginx"],
		["rows.mjs", new RegExp(`^SUBSCRIBED[^]*^${session.session_id} \\d`, "m"), "and in Node"]]) {
		await shows(name, what);
		ok(true, words);
	}
	await house.supervise("signal", "KILL", "realtime-fanout");
	await shows("console", /"type":"(resumed|hole)"[^]*"type":"sample"/);
	ok(true, "EventSource comes back by itself when realtime-fanout was killed");
	await house.supervise("stop", "realtime-fanout");
	is((await fetch(`${URL}/events?access_token=${TOKEN}`)).status, 502, "while it is away nobody gets events");
	await house.supervise("start", "realtime-fanout");
	const logs = readdirSync(`${house.dir}/var/log`).map((name) => readFileSync(`${house.dir}/var/log/${name}`, "utf8"));
	ok(logs.some((log) => /connect\(\) failed.*request: "GET \/events"$/m.test(log)), "nginx has noted that it was away");
	ok(!logs.some((log) => log.includes("eyJ")), "and no log has a token of all that stood in addresses");
	const wrong = await show("wrong", `http://127.0.0.1:${theirs}/rows.html#${TOKEN.slice(0, -8)}`);
	await until("a refusal", async () => /^CHANNEL_ERROR .*signature/m.test(await wrong.textContent("pre")));
	ok(true, "a page whose token does not hold shows why not");
});
