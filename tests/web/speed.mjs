// How the page does with many running sessions, all of them in sight on the wall of a room:
//	node speed.mjs SESSIONS SECONDS
// prints the first paint of a first visit to the whole pipeline, the longest tasks and the script's
// share of a core.  1 when a limit is broken or not everything is shown.
import { House, until } from "./house.mjs";

const PAINT_MS = 1000, TASK_MS = 50;
const [sessions, seconds] = process.argv.slice(2).map(Number);
const row = (...columns) => console.log(columns.join("\t"));
let broken = false;

function limit(name, value, most) {
	row(name, value.toFixed(0), "ms", most, (value / most).toFixed(2));
	broken ||= value > most;
}

async function firstVisit() {
	const house = await House.open({ www: false });

	await house.startAll();
	const page = await (await house.browser({ viewport: { width: 1920, height: 1080 } })).newPage();
	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	limit("page: first paint from the gateway, first visit", await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime), PAINT_MS);
	await house.close();
}

// Charts and numbers that are on the screen: what is measured is drawn.
const shown = (page) => page.evaluate(() => {
	const inSight = (e) => { const r = e.getBoundingClientRect(); return r.height > 0 && r.top >= 0 && r.bottom <= innerHeight; };
	const count = (selector, there) => [...document.querySelectorAll(selector)].filter((e) => inSight(e) && there(e)).length;

	return Math.min(count(".card:not(.old) canvas", () => true), count(".card .tile.spo2 dd", (e) => /[0-9]/.test(e.textContent)));
});

async function wall() {
	const house = await House.open();
	await house.startFanout();
	house.startFeed(sessions, 1);
	const page = await (await house.browser({ viewport: { width: 1920, height: 1080 } })).newPage();
	const tasks = () => page.evaluate(() => Math.max(0, ...window.tasks));

	await page.addInitScript(() => {
		window.tasks = [];
		new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
	});
	await page.goto(house.url);
	await page.locator("#size").click();
	// the second visit of the screen of a room: it is a wall from the start
	await page.reload();
	await until("all of it is in sight", async () => await page.locator(".card canvas").count() === sessions && await shown(page) === sessions);
	limit(`page: longest task while ${sessions} charts in sight are first drawn (0: none over 50)`, await tasks(), TASK_MS);

	await page.evaluate(() => { window.tasks.length = 0; });
	const client = await page.context().newCDPSession(page);
	await client.send("Performance.enable");
	const script = async () => Object.fromEntries((await client.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value])).TaskDuration;
	const before = await script();

	await new Promise((done) => setTimeout(done, seconds * 1000));
	const busy = (await script() - before) / seconds;
	limit(`page: longest task, ${sessions} charts in sight at 1 Hz, ${seconds} s (0: none over 50)`, await tasks(), TASK_MS);
	row(`page: main thread (${sessions} charts in sight at 1 Hz)`, (busy * 100).toFixed(1), "% of a core");
	if (await shown(page) !== sessions) throw new Error(`only ${await shown(page)} of ${sessions} are in sight and current`);
	await house.close();
}

await firstVisit();
await wall();
process.exit(broken ? 1 : 0);
