// realtime-fanout is killed under two open pages: they say so and come back by themselves, with what
// they missed.  What is late is not called current.  A thousand values a second change nothing.
import { card } from "./card.mjs";
import { device, sample, session } from "./feed.mjs";
import { is, ok, shows, test, until, watch } from "./house.mjs";

async function comesBack(open) {
	const house = await open();
	await house.startFanout();
	await house.playFeed();
	await house.say(`news session ${JSON.stringify(session(1))}`);
	await house.live("device", device(1));
	let seq = 0;
	const tell = async (spo2) => {
		const said = sample(1, { spo2 });

		seq = said.seq;
		await house.live("sample", said);
	};
	await house.live("sample", sample(1, { spo2: 93 }));

	const context = await house.browser();
	const pages = [await context.newPage(), await context.newPage()];
	const [page] = pages, cards = pages.map((p) => card(p, 1));
	const text = (selector) => page.locator(selector).textContent();
	for (const p of pages) {
		await p.addInitScript(() => {
			const Real = window.WebSocket;

			window.seen = [];
			window.WebSocket = class extends Real {
				constructor(...args) {
					super(...args);
					this.addEventListener("message", (m) => window.seen.push(...m.data.split("\n").map((line) => JSON.parse(line))
						.filter((f) => f.type === "sample" || f.type === "resumed")));
				}
			};
		});
		await p.goto(house.url);
	}
	await until("the card", async () => await page.locator(".card").count() === 1);
	await shows("the value in both", () => tell(92), async () => await cards[0].spo2() === "92" && await cards[1].spo2() === "92");
	ok(true, "two tabs show the same");
	is(await text("#connection"), "live", "connected");

	// ---- its line is cut for a while
	await house.stop("nginx");
	await until("it notices", async () => (await text("#connection")) !== "live");
	for (const spo2 of [91, 90, 92]) await tell(spo2);
	await house.startNginx();
	for (const p of pages) {
		await until("back, and all of it there", async () => {
			const frames = await p.evaluate(() => window.seen), seqs = frames.filter((f) => f.type === "sample").map((f) => f.device_seq);

			return frames.some((f) => f.type === "resumed") && seqs.at(-1) === seq && seqs.every((each, i) => !i || each === seqs[i - 1] + 1);
		});
	}
	ok(true, "after a cut line both have what they missed, each value once");

	await house.stop("realtime-fanout", "SIGKILL");
	await until("it notices", async () => (await text("#connection")) !== "live");
	ok(true, "a lost connection is told");
	await until("no value", async () => await cards[0].spo2() === "–");
	ok(true, "the last value is no current one");
	await house.startFanout();
	for (const [i, p] of pages.entries()) {
		await until("live again", async () => (await p.locator("#connection").textContent()) === "live");
		await until("the session again", async () => await p.locator(".card").count() === 1);
		await shows("the next value", () => tell(91 - i), async () => await cards[i].spo2() === String(91 - i));
	}
	ok(true, "values go on in both without a reload");

	await page.evaluate(() => {
		const dd = document.querySelector(".tile.spo2 dd");

		window.told = [];
		new MutationObserver(() => window.told.push(dd.textContent)).observe(dd, { childList: true, characterData: true, subtree: true });
	});
	await house.live("sample", sample(1, { spo2: 89, taken_us: Date.now() * 1000 - 8e6 }));
	await until("late", async () => /Last 89 %/.test(await cards[0].text(".last")));
	is(await page.evaluate(() => window.told.includes("89")), false, "a value that comes eight seconds late is never what is now");

	await house.stop("feed");
	await until("silent", async () => await cards[0].state("recorded") === "recorder is silent");
	ok(true, "when local-store is down the card says that nothing records");
	await page.goto(`${house.url}/#/health`);
	await until("who is silent", async () => /ble-ingest silent/.test(await text("main")));
	ok(/local-store silent/.test(await text("main")), "and Health tells which processes are silent");

	await page.setViewportSize({ width: 360, height: 740 });
	for (const hash of ["", "history", "devices", "health", "start", `session/${session(1).id}`, `survey/post/${session(1).id}`]) {
		await page.goto(`${house.url}/#/${hash}`);
		ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `a phone need not scroll sideways: ${hash || "live"}`);
	}
}

async function thousand(open) {
	const house = await open();
	await house.startFanout();
	house.startFeed(100, 10);
	const page = await (await house.browser({ viewport: { width: 1440, height: 900 } })).newPage();
	const { complaints } = watch(page, house);
	await page.addInitScript(() => {
		window.values = 0;
		const Real = window.WebSocket;
		window.WebSocket = class extends Real {
			constructor(...args) {
				super(...args);
				this.addEventListener("message", (m) => {
					for (const line of m.data.split("\n")) if (line.includes('"type":"sample"')) window.values++;
					window.hole ||= m.data.includes('"of":"frames"');
				});
			}
		};
	});
	await page.goto(house.url);
	await until("a hundred cards", async () => await page.locator(".card").count() === 100);
	const from = await page.evaluate(() => window.values);
	await until("5000 values", async () => await page.evaluate(() => window.values) - from >= 5000, 60);
	is(await page.evaluate(() => Boolean(window.hole)), false, "a thousand values a second: the page keeps up, nothing is skipped");
	const first = page.locator(".card").first();
	is((await first.getAttribute("class")).includes("old"), false, "and what it shows is current");
	await page.locator("#theme").click({ timeout: 10_000 });
	ok(true, "it answers to a finger meanwhile");
	is(complaints.join("\n"), "", "the browser has nothing to complain about");
}

await test(async (open) => {
	await comesBack(open);
	await thousand(open);
});
