// How the page does with many running sessions, from the gateway's own origin:
//	node speed.mjs SESSIONS SECONDS
// prints the first paint, the longest task and the script's share of a core.  1 when a limit is broken.
import { House, until } from "./house.mjs";

const PAINT_MS = 1000, TASK_MS = 50;
const [sessions, seconds] = process.argv.slice(2).map(Number);
const house = await House.open();

await house.startFanout();
house.startFeed(sessions, 1);
const page = await (await house.browser({ viewport: { width: 1920, height: 1080 } })).newPage();

await page.addInitScript(() => {
	window.tasks = [];
	new PerformanceObserver((list) => window.tasks.push(...list.getEntries().map((e) => e.duration))).observe({ type: "longtask", buffered: true });
});
// the second visit of a browser that has been here: what a coach opens in the morning
await page.goto(house.url);
await until("the cards", async () => await page.locator(".card").count() === sessions, 60);
await page.reload();
await until("the cards", async () => await page.locator(".card").count() === sessions, 60);
const paint = await page.evaluate(() => performance.getEntriesByName("first-contentful-paint")[0].startTime);
const ready = await page.evaluate(() => Math.max(0, ...window.tasks));

await page.evaluate(() => { window.tasks.length = 0; });
const client = await page.context().newCDPSession(page);
await client.send("Performance.enable");
const script = async () => Object.fromEntries((await client.send("Performance.getMetrics")).metrics.map((m) => [m.name, m.value])).TaskDuration;
const before = await script();

await new Promise((done) => setTimeout(done, seconds * 1000));
const busy = (await script() - before) / seconds, longest = await page.evaluate(() => Math.max(0, ...window.tasks));
const old = await page.locator(".card.old").count();
const row = (...columns) => console.log(columns.join("\t"));

row("page: first paint from the gateway", paint.toFixed(0), "ms", PAINT_MS, (paint / PAINT_MS).toFixed(2));
row(`page: longest task while ${sessions} charts are first drawn (0: none over 50)`, ready.toFixed(0), "ms", TASK_MS, (ready / TASK_MS).toFixed(2));
row(`page: longest task, ${sessions} sessions at 1 Hz, ${seconds} s (0: none over 50)`, longest.toFixed(0), "ms", TASK_MS, (longest / TASK_MS).toFixed(2));
row(`page: main thread (${sessions} sessions at 1 Hz)`, (busy * 100).toFixed(1), "% of a core");
await house.close();
process.exit(paint > PAINT_MS || longest > TASK_MS || old ? 1 : 0);
