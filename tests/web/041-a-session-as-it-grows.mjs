// A session's page while it runs: opened before the cloud knows of it, seen through its end without a
// reload, and open for longer than the five minutes that the stream keeps.
import { drawnOn, recordCanvas } from "./canvas.mjs";
import { breaksOf, lineOf, runsOf } from "./chart.mjs";
import { device, session, sample, uuid } from "./feed.mjs";
import { is, ok, test, until, watch } from "./house.mjs";
import { pastId, pastSession, readCourse, runningSession } from "./past.mjs";

const PERSON = "8f14e45f-ceea-467f-9e2b-1c0f8d3a5b77";
const DAY_MS = 86_400_000;
const main = (page) => page.locator("main").textContent();

const tell = (page, path, body) => page.evaluate(async ([where, what]) => {
	const answer = await fetch(`/api/${where}`, { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(what) });

	if (!answer.ok) throw new Error(await answer.text());
	return answer.json();
}, [path, body]);

const anOximeter = (page) => page.evaluate(() => new Promise((done) => {
	const events = new EventSource("/events?types=sample");

	events.onmessage = ({ data }) => {
		const { type, device_id } = JSON.parse(data);

		if (type !== "sample") return;
		events.close();
		done(device_id);
	};
}));

async function fromItsStart(house, page) {
	await house.supervise("stop", "sync-worker:*");
	const { session_id: id } = await tell(page, "sessions", { user_id: PERSON, device_id: await anOximeter(page), total_cycles: 2 });
	await tell(page, `sessions/${id}/phase`, { phase: "ALTITUDE", cycle: 1 });
	await page.goto(`${house.url}/#/session/${id}`);
	await until("not there yet", async () => /not in the cloud yet/.test(await main(page)));
	ok(true, "a session that the cloud does not know yet is told so, and shown live");
	await house.supervise("start", "sync-worker:*");
	await until("its figures", async () => /StateRunning/.test(await main(page)) && /Altitude 1/.test(await main(page)));
	ok(!/not in the cloud yet/.test(await main(page)), "once the cloud has it, its figures are there, without a reload");

	await page.getByRole("button", { name: "Name" }).focus();
	const length = () => page.locator("tr", { hasText: "Altitude 1" }).locator("td").nth(1).textContent(), then = await length();
	await until("it grows", async () => await length() !== then);
	is(await page.evaluate(() => document.activeElement.textContent), "Name", "they go on with it, and the focus stays where it is");

	await house.supervise("stop", "sync-worker:*");
	await tell(page, `sessions/${id}/stop`, { status: "completed" });
	await until("its end", async () => /Session completed/.test(await main(page)));
	ok(/StateRunning/.test(await main(page)), "it ends while the cloud is away");
	await house.supervise("start", "sync-worker:*");
	await until("all of it", async () => /StateCompleted/.test(await main(page)));
	const { total_readings: total } = await page.evaluate((which) => fetch(`/api/sessions/${which}`).then((a) => a.json()), id);
	await until("each value", async () => (await main(page)).includes(`Values${total.toLocaleString()}In the cloud`));
	ok(total > 0, "what was left to come is on the page when it has come", String(total));
}

async function forLong(house, page) {
	const startMs = Math.floor(Date.now() / 1000) * 1000 - 1000_000, startUs = startMs * 1000;
	const value = (s) => ({ spo2: 84 + Math.floor(s / 60) % 12, heart_rate: 60 + Math.floor(s / 60) % 30 });
	const play = async (from, to) => {
		for (let s = from; s < to; s++) await house.say(`live sample ${JSON.stringify(sample(1, { taken_us: startUs + s * 1e6, ...value(s) }))}`);
	};
	const mine = session(1, { start_us: startUs, phase_us: startUs, current_cycle: 1, user_id: PERSON }), id = uuid("session 1");
	const stored = (from, to) => runningSession({ person: PERSON, id, startMs, from, to, value });
	const readable = async () => [...await readCourse(page)].filter(([, words]) => !/–/.test(words));

	for (const name of ["ble-ingest", "local-store", "sync-worker:*", "dedupe-auditor"]) await house.supervise("stop", name);
	house.startFeed();
	await house.say("wait live ");
	await house.say("wait news session/");
	await house.say(`news session ${JSON.stringify(mine)}`);
	await house.say(`live device ${JSON.stringify(device(1))}`);
	house.sql(stored(0, 100));
	await play(100, 600);
	await page.goto(`${house.url}/#/session/${id}`);
	await until("the cloud's part and that of the stream", async () => (await readable()).some(([s]) => s < 100) && (await readable()).some(([s]) => s >= 595));
	const chart = page.locator(".course-spo2"), breaks = breaksOf(await lineOf(chart));
	ok(breaks.length === 1 && breaks[0] > 0.3, "no line leads over three minutes that are not here yet", JSON.stringify(breaks));
	ok((await readable()).every(([s]) => s < 100 || s >= 290), "and nothing is read there");
	const axis = async () => (await drawnOn(page, ".course-spo2 canvas")).flatMap(({ op, text }) => op === "text" && text.includes(":") ? [text] : []).join();
	ok(/^\d\d:\d\d:\d\d/.test(await axis()), "of ten minutes the axis tells seconds", await axis());

	house.sql(stored(100, 600));
	await house.say(`news synced ${JSON.stringify({ session_id: id, readings: 500, pending: 0 })}`);
	await until("what was missing", async () => (await readable()).some(([s]) => s === 240));
	ok(true, "it comes as soon as the cloud has it");

	for (const to of [800, 1000]) {
		await play(to - 200, to);
		await until("the newest", async () => (await readable()).at(-1)[0] === to - 1);
	}
	const wrong = (await readable()).filter(([s, words]) => !words.endsWith(`SpO2 ${value(s).spo2} %, pulse ${value(s).heart_rate}`));
	is(wrong.join("\n"), "", "after a quarter of an hour each minute of it reads as it was");
	is((await readable()).map(([s]) => s).join(), `${Array.from({ length: 17 }, (_x, i) => 60 * i).join()},999`, "none is missing");
	is(runsOf(await lineOf(chart)).length, 1, "in one line");
	ok(/^(\d\d:\d\d,?)+$/.test(await axis()), "of more it tells minutes", await axis());

	// as when the gateway has not heard of it for long
	const asked = page.waitForResponse((r) => r.url().includes(`${id}/readings`));
	await house.say(`news session ${JSON.stringify({ ...mine, status: "completed", end_us: null })}`);
	await until("its end", async () => /Session completed/.test(await main(page)));
	await asked;
	await page.evaluate((which) => fetch(`/api/sessions/${which}`).then((a) => a.text()), id);
	is((await readable()).at(-1)[0], 999, "a session that is over, and nobody knows since when, keeps its last minutes");
}

// Rows that were refused never come: a page does not ask for them for ever.
async function neverWhole(house, page) {
	const id = pastId(1), asked = [], answered = [];

	house.sql(`${pastSession({ person: PERSON, n: 1, startMs: Date.now() - DAY_MS, cycles: 1 })}
		UPDATE sessions SET total_readings = total_readings + 5 WHERE id = '${id}';`);
	await page.clock.install();
	for (const [event, list] of [["request", asked], ["requestfinished", answered]]) page.on(event, (r) => r.url().includes(`${id}/readings`) && list.push(r.url()));
	await page.goto(`${house.url}/#/session/${id}`);
	await until("its course", async () => await page.locator(".course-spo2 canvas").count() === 1 && asked.length === 1);
	await page.clock.fastForward(31_000);
	await until("it is asked for again", () => answered.length === 2);
	await page.evaluate(() => fetch("/api/me").then((a) => a.text()));
	await page.clock.fastForward(31_000);
	await page.evaluate((which) => fetch(`/api/sessions/${which}`).then((a) => a.text()), id);
	is(asked.length, 2, "a session that is over and lacks values is asked for twice, then no more");
}

await test(async (open) => {
	const house = await open({ www: false });
	await house.startAll();
	const page = await (await house.browser({ viewport: { width: 1280, height: 1000 }, locale: "en-GB" })).newPage(), { complaints } = watch(page, house);
	await recordCanvas(page);
	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	await fromItsStart(house, page);
	is(complaints.filter((c) => !/404/.test(c)).join("\n"), "", "the browser has nothing to complain about");
	await neverWhole(house, await page.context().newPage());
	await forLong(house, page);
});
