// The small print of the live side: how good a signal is, half a percent, a lost link in the chart,
// whose values are missing, who sits out of sight, who has to take the mask off, a wrong address.
import { card } from "./card.mjs";
import { breaksOf, lineOf } from "./chart.mjs";
import { device, deviceId, sample, session, uuid } from "./feed.mjs";
import { axe, is, ok, shows, test, until, watch } from "./house.mjs";

const bit = (n) => 2 ** (16 + n);   // of the status of the device and its sensor

async function begin(open, n) {
	const house = await open();

	await house.startFanout();
	await house.playFeed();
	for (let i = 1; i <= n; i++) {
		await house.news("session", session(i));
		await house.live("device", device(i, { battery: 80 }));
	}
	return house;
}

async function signals(house, page) {
	const one = card(page, 1);
	const said = async (n) => [await card(page, n).state("signal"), await card(page, n).card.locator(".state-signal").getAttribute("data-kind")].join(": ");

	// each with a value of its own, which tells that it is this one that is shown
	const rows = [
		[{ perfusion_index: 0.3 }, "weak signal: wait"], [{ perfusion_index: 0.4 }, "fair signal: good"], [{ perfusion_index: 0.9 }, "fair signal: good"],
		[{ perfusion_index: 1 }, "good signal: good"], [{ perfusion_index: null }, "signal not told: plain"],
		...[3, 4, 5, 6, 7, 10].map((n) => [{ perfusion_index: 3, status: bit(n) }, "weak signal: wait"]),
		...[0, 2, 8, 9, 11].map((n) => [{ perfusion_index: 3, status: bit(n) }, "good signal: good"]),
		[{ spo2: null, heart_rate: null, invalid: "searching" }, "no signal: bad"]];

	for (const [i, [more, words]] of rows.entries()) {
		const spo2 = 80 + i, shown = more.invalid ? "–" : String(spo2);

		await shows(words, () => house.live("sample", sample(1, { spo2, ...more })), async () => await one.spo2() === shown && await said(1) === words);
		ok(true, `${JSON.stringify(more)}: ${words}`);
	}
	await house.news("synced", { session_id: session(1).id, readings: 5, pending: 0 });
	await until("synced", async () => /^in the cloud [0-9]+ (s|min) ago$/.test(await one.state("cloud")));
	is(await one.card.locator(".state-cloud").getAttribute("data-kind"), "good", "what is synced is good");
	is(await card(page, 2).state("cloud"), "not yet in the cloud", "what is not is told");
	is(await card(page, 2).card.locator(".state-cloud").getAttribute("data-kind"), "wait", "and is not called good");
}

async function halves(house, page) {
	const one = card(page, 1);

	for (const [spo2, shown, words] of [[83.4, "83.4", "Below target 85–90"], [83, "83", "Lift mask, one breath"], [74.6, "74.6", "Mask off now"],
		[90.4, "90.4", "Above target 85–90"], [74.96, "75", "Lift mask, two breaths"], [87, "87", "In target 85–90"]]) {
		await shows(words, () => house.live("sample", sample(1, { spo2 })), async () => await one.spo2() === shown && await one.text(".advice") === words);
		ok(true, `${spo2} is shown as ${shown}: ${words}`);
	}
}

async function lostLink(house, page) {
	const now = Date.now(), at = (s) => house.live("sample", sample(3, { spo2: 96, taken_us: (now + s * 1000) * 1000 }));

	for (let s = -290; s < -190; s++) await at(s);
	for (let s = -130; s <= 0; s++) await at(s);
	await page.reload();
	const chart = card(page, 3).card.locator(".chart");
	await until("the chart", async () => await chart.locator("canvas").count() === 1);
	let breaks = breaksOf(await lineOf(chart));
	ok(breaks.length === 1 && breaks[0] > 0.15 && breaks[0] < 0.25, "a minute without values is a minute without a line, to who comes later", `${breaks}`);
	for (let s = 20; s < 40; s++) await at(s);
	await until("the second", async () => breaksOf(await lineOf(chart)).length === 2);
	breaks = breaksOf(await lineOf(chart));
	ok(breaks[1] > 0.04 && breaks[1] < 0.1, "so are twenty seconds, to who is here", `${breaks}`);
}

async function missing(house, page) {
	await house.live("sample", sample(4));
	for (let i = 0; i < 3; i++) sample(4);   // nobody gets these
	await house.live("sample", sample(4));
	await until("the hole", async () => (await card(page, 4).state("link")) === "connected, 3 values not shown");
	await house.news("session", session(4, { status: "completed", end_us: Date.now() * 1000 }));
	await until("the end", async () => await card(page, 4).text(".phase") === "Session completed");
	await house.news("session", { ...session(14), device_id: deviceId(4), start_us: Date.now() * 1000 });
	await until("the next person", async () => await card(page, 14).card.count() === 1 && await card(page, 14).state("link") !== "");
	is(await card(page, 14).state("link"), "connected", "the next person on the same oximeter begins without the other's missing values");
}

async function outOfSight(house, page) {
	await page.setViewportSize({ width: 400, height: 500 });
	const tell = async () => { for (const n of [1, 6]) await house.live("sample", sample(n, { spo2: 88 })); };
	const six = card(page, 6);

	await page.reload();
	await shows("the first", tell, async () => await card(page, 1).spo2() === "88");
	is(await six.card.locator("canvas").count(), 0, "a card far below costs no drawing");
	await shows("its value", tell, async () => await six.spo2() === "88");
	ok(true, "and yet has its name and value for who does not look");
	await until("old", async () => await six.spo2() === "–");
	ok(/Last 88 %/.test(await six.text(".last")), "which grow old there, too");
	await page.setViewportSize({ width: 1440, height: 1140 });
}

async function alarms(house, page) {
	const alarm = page.getByRole("alert"), said = async () => (await alarm.allTextContents()).join().trim();

	is(await said(), "", "nobody has to take the mask off");
	await page.goto(`${house.url}/#/devices`);
	await shows("the alarm", () => house.live("sample", sample(2, { spo2: 74 })), async () => (await said()) === `Mask off now: Person ${uuid(2).slice(0, 6)}`);
	ok(true, "who has to is read out on every view");
	await axe(page, "mask off, on another view");
	await shows("both", async () => { for (const n of [2, 5]) await house.live("sample", sample(n, { spo2: 73 })); },
		async () => await alarm.locator("p").count() === 2);
	is(await alarm.getAttribute("aria-atomic"), "false", "the second does not say the first again");
	await until("old values ask for nothing", async () => (await said()) === "");
	ok(true, "until it is over");
	await page.goto(`${house.url}/#/`);
	await shows("on the wall", () => house.live("sample", sample(2, { spo2: 74 })), async () => await card(page, 2).text(".advice") === "Mask off now" && (await said()) !== "");
	await axe(page, "mask off");
	is(await page.locator("#alerts").evaluate((e) => e.closest("[aria-live]")?.ariaLive), "polite", "alerts are read out, too");
}

async function devicesStay(house, page) {
	await page.setViewportSize({ width: 360, height: 740 });
	await page.goto(`${house.url}/#/devices`);
	const link = page.locator("tbody a").first(), scroll = page.locator(".scroll");
	await link.waitFor();
	await scroll.evaluate((e) => { e.scrollLeft = 120; });
	await link.focus();
	const cell = await link.evaluateHandle((e) => e.closest("tr"));
	const value = () => cell.evaluate((tr) => tr.children[3].textContent);
	const left = await scroll.evaluate((e) => e.scrollLeft);
	for (const spo2 of [81, 82]) await shows(`${spo2}`, () => house.live("sample", sample(1, { spo2 })), async () => (await value()).startsWith(`${spo2} %`));
	is(await page.evaluate(() => document.activeElement.tagName), "A", "the table of devices changes under the keyboard's focus");
	is(await scroll.evaluate((e) => e.scrollLeft), left, "and stays where a finger has pushed it");
	await page.setViewportSize({ width: 1440, height: 1140 });
}

async function gone(house, page) {
	await page.goto(`${house.url}/#/session/${session(1).id}`);
	await shows("it runs", () => house.live("sample", sample(1, { spo2: 88 })), async () => await page.locator(".live-part .tile.spo2 dd").textContent() === "88");
	await house.stop("feed");
	await house.stop("realtime-fanout", "SIGKILL");
	await house.startFanout();
	await until("live again", async () => await page.locator("#connection").textContent() === "live");
	await until("nothing runs", async () => await page.locator(".live-part .card").count() === 0);
	ok(true, "a session that has left what runs has no card that stands still");
}

await test(async (open) => {
	const house = await begin(open, 6);
	const page = await (await house.browser({ viewport: { width: 1440, height: 1140 } })).newPage(), { complaints } = watch(page, house);

	await page.goto(`${house.url}/#/%`);
	await until("the wall", async () => await page.locator(".card").count() === 6);
	ok(true, "an address that is none is the wall");
	await signals(house, page);
	await halves(house, page);
	await lostLink(house, page);
	await missing(house, page);
	await outOfSight(house, page);
	await alarms(house, page);
	await devicesStay(house, page);
	is(complaints.join("\n"), "", "the browser has nothing to complain about");
	await gone(house, page);
});
