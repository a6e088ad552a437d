// While the line is cut nothing is called good that is only remembered; it comes back whatever http-api
// does, and what the charts show is then without a gap.  A clock that is set blanks nothing.
import { card } from "./card.mjs";
import { breaksOf, lineOf, shareOf } from "./chart.mjs";
import { device, sample, session } from "./feed.mjs";
import { axe, is, ok, shows, test, until, watch } from "./house.mjs";

const connection = (page) => page.locator("#connection").textContent();
const isLive = (page) => until("live", async () => await connection(page) === "live");

async function begin(open) {
	const house = await open();

	await house.startFanout();
	await house.playFeed();
	await house.news("session", session(1));
	await house.live("device", device(1));
	return house;
}

async function saysNothingGood(house, page) {
	const one = card(page, 1), kinds = () => one.card.locator(".state:visible").evaluateAll((all) => all.map((e) => e.dataset.kind));

	await house.news("synced", { session_id: session(1).id, readings: 5, pending: 0 });
	await shows("all is good", () => house.live("sample", sample(1, { spo2: 93 })),
		async () => await one.spo2() === "93" && (await kinds()).filter((k) => k === "good").length === 4);
	const [ribbon, left] = [one.card.locator(".ribbon"), one.card.locator(".left")];
	ok(/left$/.test(await left.textContent()) && await ribbon.isVisible(), "while the line stands the time left is told");
	await house.stop("nginx");
	await until("it notices", async () => await connection(page) !== "live" && await one.spo2() === "–");
	is((await kinds()).join(), "bad", "a cut line leaves one state, and that is bad");
	is(await one.state("recorded"), "recording not known", "in words");
	is(await left.textContent(), "", "no time left counts on");
	is(await one.text(".phase"), "Last: Altitude", "the phase is called what it is: the last one");
	is(await page.locator("#summary").textContent(), "1 running when last heard", "nothing is said to be all in the cloud");
	await axe(page, "the wall with its line cut");
	await page.goto(`${page.url()}#/devices`);
	is(await page.locator("tbody td").first().textContent(), "not connected", "no oximeter is called connected");
	await page.goto(page.url().replace("#/devices", "#/"));
}

async function fillsWhatItMissed(house, page) {
	const one = card(page, 1), chart = one.card.locator(".chart"), now = Date.now();
	const at = (s, spo2) => house.live("sample", sample(1, { spo2, taken_us: (now + s * 1000) * 1000 }));

	await house.startNginx();
	await isLive(page);
	for (let s = 1; s <= 100; s++) await at(s, 97);
	await until("a chart", async () => shareOf(await lineOf(chart)) > 0.2);
	await house.stop("nginx");
	await until("it notices", async () => await connection(page) !== "live");
	for (let s = 101; s <= 140; s++) await at(s, 78);
	await house.startNginx();
	await isLive(page);
	for (let s = 141; s <= 240; s++) await at(s, 97);
	await until("all of it", async () => (await lineOf(chart)).filter((y) => y > 0.6).length > 0.12 * (await lineOf(chart)).length);
	ok(true, "forty seconds that were missed are in the chart, as low as they were");
	is(breaksOf((await lineOf(chart)).slice(5)).length, 0, "and it is one line");
}

// A gateway that has just started knows only the last seconds; the page has the minutes before them.
async function keepsItsChart(house, page) {
	const chart = card(page, 1).card.locator(".chart"), before = shareOf(await lineOf(chart)), now = Date.now();

	await house.stop("nginx");
	await house.stop("realtime-fanout", "SIGKILL");
	await house.startFanout();
	await house.say("wait live ");
	for (let s = 241; s <= 243; s++) await house.live("sample", sample(1, { spo2: 91, taken_us: (now + s * 1000) * 1000 }));
	await house.startNginx();
	await isLive(page);
	await until("the new values", async () => await card(page, 1).spo2() === "91");
	ok(shareOf(await lineOf(chart)) >= before * 0.9, "a gateway that has just started takes nothing out of the chart", `${before}, ${shareOf(await lineOf(chart))}`);
}

// http-api holds the line and never answers.
async function asksNobody(house, page) {
	await page.route("**/api/me", () => {});
	await house.stop("realtime-fanout", "SIGKILL");
	await until("it notices", async () => await connection(page) !== "live");
	await house.startFanout();
	await isLive(page);
	ok(true, "it comes back while http-api hangs");
	await page.unroute("**/api/me", { behavior: "ignoreErrors" });
}

async function keepsItsHead(house, page) {
	const one = card(page, 1), chart = one.card.locator(".chart");
	const shown = (spo2, at = () => Date.now()) => shows(`${spo2}`, () => house.live("sample", sample(1, { spo2, taken_us: at() * 1000 })),
		async () => await one.spo2() === String(spo2));

	for (const [n, minutes] of [[0, 2], [1, -3], [2, 0]]) {
		await page.evaluate((ms) => { window.skewMs = ms; }, minutes * 60_000);
		await shown(90 + n);
	}
	ok(true, "a screen whose clock is set, onwards or back, shows values all the same");

	await page.route((url) => url.pathname === "/", (route) => route.request().method() === "HEAD" ? route.abort() : route.continue());
	await page.evaluate(() => { window.skewMs = 180_000; });
	await shown(89);
	ok(true, "also when nothing but the stream tells the time");
	await page.evaluate(() => { window.skewMs = 0; });

	const now = Date.now();
	for (let s = -100; s <= 0; s++) await house.live("sample", sample(1, { spo2: 95, taken_us: (now + s * 1000) * 1000 }));
	await until("the chart", async () => shareOf(await lineOf(chart)) > 0.3);
	const before = shareOf(await lineOf(chart));
	await house.live("sample", sample(1, { spo2: 94, taken_us: (now - 60_000) * 1000 }));
	await house.live("sample", sample(1, { spo2: 94, taken_us: (now - 55_000) * 1000 }));
	await until("the next values", async () => await one.card.locator(".last").textContent().then((t) => /94 %/.test(t)));
	ok(shareOf(await lineOf(chart)) >= before * 0.9, "a gateway whose clock is set back wipes no chart", `${before}, ${shareOf(await lineOf(chart))}`);
	await page.reload();
	await until("the chart again", async () => await chart.locator("canvas").count() === 1);
	ok(shareOf(await lineOf(chart)) >= before * 0.9, "neither for who comes then");

	await house.news("session", session(1, { current_phase: "RECOVERY", phase_us: (now - 400_000) * 1000 }));
	await shows("the phase", () => house.live("sample", sample(1, { spo2: 82 })), async () => await one.text(".phase") === "Recovery" && await one.spo2() === "82");
	is(await one.text(".advice"), "Coming up to 95", "and a phase that begins before the last one is the one that counts");
}

// Nothing happens for longer than a page waits for a sign of life.
async function isQuiet(house, page) {
	let sockets = 0, times = 0;

	page.on("websocket", (socket) => {
		sockets++;
		socket.on("framereceived", ({ payload }) => { times += /"type":"time"/.test(payload); });
	});
	await page.reload();
	await isLive(page);
	await until("three signs of life", () => times >= 3 || sockets > 1, 120);
	is(sockets, 1, "a page on which nothing happens keeps its line");
	is(await connection(page), "live", "and says so");
}

await test(async (open) => {
	const house = await begin(open);
	const page = await (await house.browser({ viewport: { width: 1440, height: 1140 } })).newPage();

	await page.addInitScript(() => {
		const real = Date.now;

		window.skewMs = 0;
		Date.now = () => real() + window.skewMs;
	});
	await page.goto(house.url);
	await until("the card", async () => await page.locator(".card").count() === 1);
	await saysNothingGood(house, page);
	await fillsWhatItMissed(house, page);
	await keepsItsChart(house, page);
	await asksNobody(house, page);
	await keepsItsHead(house, page);
	await isQuiet(house, page);
});
