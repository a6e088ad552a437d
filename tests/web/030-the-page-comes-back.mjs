// realtime-fanout is killed under an open page: the page says so and comes back by itself.
import { device, sample, session } from "./feed.mjs";
import { is, ok, test, until } from "./house.mjs";

await test(async (open) => {
	const house = await open();
	await house.startFanout();
	house.startFeed();
	await house.say("wait live ");
	await house.say(`news session ${JSON.stringify(session(1))}`);
	await house.say(`live device ${JSON.stringify(device(1))}`);
	await house.say(`live sample ${JSON.stringify(sample(1, { spo2: 93 }))}`);

	const context = await house.browser();
	const page = await context.newPage();
	const text = (selector) => page.locator(selector).textContent();
	await page.goto(house.url);
	await until("the value", async () => await page.locator(".card").count() && await text('[data-is="spo2"]') === "93");
	is(await text("#connection"), "live", "connected");

	await house.stop("realtime-fanout", "SIGKILL");
	await until("it notices", async () => (await text("#connection")) !== "live");
	ok(true, "a lost connection is told");
	is(await text('[data-is="spo2"]'), "93", "the last value stays, greyed");
	ok(await page.evaluate(() => document.body.classList.contains("lost")), "as not current");

	await house.startFanout();
	await until("live again", async () => (await text("#connection")) === "live");
	await until("the session again", async () => await page.locator(".card").count() === 1);
	await house.say(`live sample ${JSON.stringify(sample(1, { spo2: 91 }))}`);
	await until("the next value", async () => await text('[data-is="spo2"]') === "91");
	ok(true, "and values go on without a reload");

	await house.stop("feed");
	await until("silent", async () => /local-store silent/.test(await text("#processes")), 10);
	is(await text('[data-is="recorded"]'), "recorder is silent", "when local-store is down the card says that nothing records");
	ok(/ble-ingest silent/.test(await text("#processes")), "and which processes are silent is told");

	await page.setViewportSize({ width: 360, height: 740 });
	is(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), true, "a phone need not scroll sideways");
});
