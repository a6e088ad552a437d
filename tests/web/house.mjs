// A pipeline for a test of the page: feed plays ble-ingest and local-store, nginx is the one
// origin, and Chromium looks.  All of it ends with the test.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createInterface } from "node:readline";
import { chromium } from "playwright-core";

export const ROOT = new URL("../../", import.meta.url).pathname;
const MODE = process.env.MODE ?? "release";
const BIN = `${ROOT}build/${MODE}`;
const CHROMIUM = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
	"--disable-background-networking", "--disable-component-update", "--disable-sync"];

// ---- TAP

let n = 0, failed = 0;
export function ok(holds, name, detail = "") {
	console.log(`${holds ? "ok" : "not ok"} ${++n} - ${name}`);
	if (!holds) {
		failed++;
		if (detail) console.log(`# ${detail}`.replaceAll("\n", "\n# "));
	}
}
export const is = (got, want, name) =>
	ok(Object.is(got, want), name, `got ${JSON.stringify(got)}, expected ${JSON.stringify(want)}`);

export async function until(what, condition, seconds = 60) {
	const end = Date.now() + seconds * 1000;

	while (!(await condition())) {
		if (Date.now() > end) throw new Error(`waited ${seconds} s in vain for: ${what}`);
		await new Promise((done) => setTimeout(done, 20));
	}
}

// A value is shown as current for five seconds only: on a machine that is busy it is said again.
export async function shows(what, say, condition) {
	const end = Date.now() + 60_000;

	while (Date.now() < end) {
		await say();
		const shown = await until(what, condition, 3).then(() => true, () => false);

		if (shown) return;
	}
	throw new Error(`it is never shown: ${what}`);
}

// ---- what a page says of itself

// Errors it logs, and requests that go elsewhere.
export function watch(page, house) {
	const complaints = [], foreign = [];

	// without startAll() there is no http-api to ask
	page.on("console", (m) => m.type() === "error" && (house.link || !m.location().url.includes("/api/")) && complaints.push(m.text()));
	page.on("pageerror", (e) => complaints.push(e.stack));
	page.on("request", (r) => new URL(r.url()).host !== new URL(house.url).host && foreign.push(r.url()));
	return { complaints, foreign };
}

const AXE = readFileSync(new URL(import.meta.resolve("axe-core/axe.min.js")), "utf8");

// WCAG 2.2 AA and axe's own good practice: nothing may be found.
export async function axe(page, where) {
	await page.evaluate(AXE);
	const found = await page.evaluate(async () => (await window.axe.run(document)).violations.map((v) =>
		`${v.id}: ${v.help}\n${v.nodes.slice(0, 3).map((n) => `${n.html.slice(0, 200)}\n${n.failureSummary}`).join("\n")}`));

	is(found.join("\n"), "", `axe finds nothing: ${where}`);
}

export async function axeLightAndDark(page, where) {
	for (const colorScheme of ["light", "dark"]) {
		await page.emulateMedia({ colorScheme });
		await axe(page, `${where}, ${colorScheme}`);
	}
	await page.emulateMedia({ colorScheme: "light" });
}

// Into $PICTURES, when they are wanted: make pictures.
export async function picture(page, name) {
	if (process.env.PICTURES) await page.screenshot({ path: `${process.env.PICTURES}/${name}.png` });
}

export async function freePort() {
	const server = createServer().listen(0, "127.0.0.1");

	await once(server, "listening");
	const { port } = server.address();
	server.close();
	await once(server, "close");
	return port;
}

// ---- the house

export class House {
	children = new Map();
	browsers = [];

	static async open({ www = true, settings = {} } = {}) {
		const house = new House();

		house.dir = mkdtempSync("/tmp/ihht-web.");
		house.port = await freePort();
		house.livePort = await freePort();
		house.url = `http://127.0.0.1:${house.port}`;
		for (const d of ["run", "log", "nginx"]) mkdirSync(`${house.dir}/${d}`);
		writeFileSync(`${house.dir}/ihht.conf`, `gateway
    name = "test"
    run = "${house.dir}/run"
realtime-fanout
    port = "${house.livePort}"
${Object.entries(settings).map(([name, value]) => `    ${name} = "${value}"\n`).join("")}`);
		house.token = house.makeToken("admin");
		if (www) await house.startNginx();
		return house;
	}

	makeToken(...words) {
		return execFileSync(`${BIN}/bin/ihht`, ["--config", `${this.dir}/ihht.conf`, "token", ...words]).toString().trim();
	}

	spawn(name, program, args, stdin = "ignore") {
		const log = openSync(`${this.dir}/log/${name}`, "a");
		const child = spawn(program, args, { stdio: [stdin, stdin === "pipe" ? "pipe" : log, log] });

		child.on("error", (e) => { throw e; });
		this.children.set(name, child);
		return child;
	}

	async startNginx() {
		execFileSync(`${ROOT}deploy/front`, ["write", `${this.dir}/nginx/nginx.conf`], { env: { ...process.env,
			NGINX_USER: process.getuid() === 0 ? "root" : "", PORT: this.port, LIVE_PORT: this.livePort, API_PORT: 1,
			NAMES: "", PROXIES: "", WWW: `${ROOT}build/dashboard` } });
		this.spawn("nginx", `${ROOT}deploy/front`, ["run", `${this.dir}/nginx`, "nginx.conf"]);
		await until("nginx", async () => (await fetch(this.url).catch(() => null))?.ok);
	}

	async startFanout() {
		this.spawn("realtime-fanout", `${BIN}/bin/realtime-fanout`, ["--config", `${this.dir}/ihht.conf`]);
		await until("realtime-fanout",
			async () => (await fetch(`http://127.0.0.1:${this.livePort}/health`).catch(() => null))?.ok);
	}

	// With numbers: people in training.  Without: does what say() says.
	startFeed(...numbers) {
		const args = ["--config", `${this.dir}/ihht.conf`, ...numbers.map(String)];
		const child = this.spawn("feed", `${BIN}/tests/tool/feed`, args, numbers.length ? "ignore" : "pipe");

		if (!numbers.length) this.answers = createInterface(child.stdout)[Symbol.asyncIterator]();
	}

	// feed plays ble-ingest and local-store, and somebody listens
	async playFeed() {
		this.startFeed();
		await this.say("wait live ");
		await this.say("wait news session/");
	}

	news(type, body) { return this.say(`news ${type} ${JSON.stringify(body)}`); }
	live(type, body) { return this.say(`live ${type} ${JSON.stringify(body)}`); }

	// A real ble-ingest with simulated oximeters, and a real local-store: how many readings it has, and the operator's command.
	async startStore(devices, rate) {
		const ihht = (...words) => execFileSync(`${BIN}/bin/ihht`, ["--config", `${this.dir}/ihht.conf`, ...words]).toString();
		const stored = () => JSON.parse(ihht("status", "--json")
			.replace(/^[^{]*/, "")).processes.find((p) => p.process === "local-store").counts.readings_stored;

		writeFileSync(`${this.dir}/ihht.conf`, `gateway
    name = "test"
    run = "${this.dir}/run"
    database = "${this.dir}/store.sqlite"
ihht
    processes = "local-store"
ble-ingest
    spool = "${this.dir}/spool"
    devices = "${devices}"
    rate = "${rate}"
realtime-fanout
    port = "${this.livePort}"
`, { mode: 0o600 });
		this.token = this.makeToken("admin");
		for (const name of ["local-store", "ble-ingest"]) this.spawn(name, `${BIN}/bin/${name}`, ["--config", `${this.dir}/ihht.conf`]);
		await this.startFanout();
		await until("local-store", () => { try { return stored() >= 0; } catch { return false; } });
		return { ihht, stored };
	}

	async say(line) {
		this.children.get("feed").stdin.write(line + "\n");
		const { value } = await this.answers.next();

		if (value !== "ok") throw new Error(`feed: ${line}: ${value}`);
	}

	async stop(name, signal = "SIGTERM") {
		const child = this.children.get(name);

		this.children.delete(name);
		if (child.exitCode === null && child.signalCode === null) {
			child.kill(signal);
			await once(child, "exit");
		}
		return child.exitCode;
	}

	// Everything there is, as `make run` does it: real processes, real Postgres.  this.link lets in.
	async startAll({ devices = 2, rate = 4 } = {}) {
		const apiPort = await freePort(), var_ = `${this.dir}/var`;

		mkdirSync(var_);
		writeFileSync(`${var_}/ihht.conf`, `gateway
    run = "${var_}/run"
    database = "${var_}/store.sqlite"
local-store
    bundle-seconds = "1"
ble-ingest
    devices = "${devices}"
    rate = "${rate}"
http-api
    port = "${apiPort}"
realtime-fanout
    port = "${this.livePort}"
`, { mode: 0o600 });
		Object.assign(process.env, { VAR: var_, PORT: String(this.port), DEMO: "false", BIN: `${BIN}/bin`, WWW: `${ROOT}build/dashboard` });
		this.supervisor = `unix://${var_}/run/supervisor.sock`;
		this.spawn("run", `${ROOT}deploy/run`, []);
		await until("everything is up", () => /Ctrl-C stops/.test(readFileSync(`${this.dir}/log/run`, "utf8")), 120);
		// who is stopped can be played by feed
		writeFileSync(`${this.dir}/ihht.conf`, `gateway\n    run = "${var_}/run"\n`);
		this.token = "";  // of this pipeline nobody has one yet
		this.link = /http:\S+/.exec(readFileSync(`${this.dir}/log/run`, "utf8"))[0];
	}

	sql(text) {
		const { status, stdout, stderr } = spawnSync("psql", ["-XAtq", "-v", "ON_ERROR_STOP=1", "-h", `${this.dir}/var/run`, "-U", "postgres", "ihht"], { input: text });

		if (status !== 0) throw new Error(`psql: ${stderr}`);
		return stdout.toString();
	}

	async supervise(...words) {
		const child = this.spawn("supervisorctl", "supervisorctl", ["-s", this.supervisor, ...words]);

		await once(child, "exit");
		this.children.delete("supervisorctl");
	}

	async browser(options = {}) {
		const browser = await chromium.launch({ executablePath: "/usr/bin/chromium", args: CHROMIUM });

		const context = await browser.newContext(options);

		// as after the link that `ihht token` prints
		if (this.token) await context.addCookies([{ name: "ihht", value: this.token, url: this.url, httpOnly: true, sameSite: "Strict" }]);
		this.browsers.push(browser);
		return context;
	}

	async close() {
		for (const browser of this.browsers) await browser.close();
		for (const name of [...this.children.keys()]) await this.stop(name);
		rmSync(this.dir, { recursive: true, force: true });
	}
}

// Runs the test, tidies up whatever happens, says the plan.
export async function test(body) {
	const houses = [];
	const open = async (options) => {
		const house = await House.open(options);

		houses.push(house);
		return house;
	};

	try {
		await body(open);
	} catch (e) {
		ok(false, "the test runs to its end", e.stack);
	}
	for (const house of houses) {
		if (failed)
			for (const log of ["realtime-fanout", "feed", "nginx", "run"])
				if (existsSync(`${house.dir}/log/${log}`))
					console.log(`# ${log}: ${readFileSync(`${house.dir}/log/${log}`, "utf8").slice(-2000)}`
						.replaceAll("\n", "\n# "));
		await house.close();
	}
	console.log(`1..${n}`);
	process.exit(failed ? 1 : 0);
}
