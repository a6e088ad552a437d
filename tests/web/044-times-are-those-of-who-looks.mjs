// Two who look from two cities see the same session, each in their own time; also a session in whose
// midst the clocks are set.
import { drawnOn, recordCanvas } from "./canvas.mjs";
import { pastId, pastSession, readCourse } from "./past.mjs";
import { is, ok, test, until } from "./house.mjs";

const PERSON = "8f14e45f-ceea-467f-9e2b-1c0f8d3a5b77";
// 30 minutes each; summer time begins and ends in the midst of the second and the third in Berlin
const STARTS = ["2026-07-14T12:10:00Z", "2026-03-29T00:45:00Z", "2025-10-26T00:45:00Z"].map((text) => Date.parse(text));
const SHOWN = {
	"Europe/Berlin": [["Tue, 14 Jul 2026, 14:10", "14:10", "14:35"], ["Sun, 29 Mar 2026, 01:45", "01:45", "03:10"], ["Sun, 26 Oct 2025, 02:45", "02:45", "02:10"]],
	"America/New_York": [["Tue, 14 Jul 2026, 08:10", "08:10", "08:35"], ["Sat, 28 Mar 2026, 20:45", "20:45", "21:10"], ["Sat, 25 Oct 2025, 20:45", "20:45", "21:10"]],
	"Australia/Adelaide": [["Tue, 14 Jul 2026, 21:40", "21:40", "22:05"], ["Sun, 29 Mar 2026, 11:15", "11:15", "11:40"], ["Sun, 26 Oct 2025, 11:15", "11:15", "11:40"]],
};

async function looks(house, timezoneId) {
	const page = await (await house.browser({ viewport: { width: 1280, height: 1000 }, locale: "en-GB", timezoneId })).newPage();
	const clock = new Intl.DateTimeFormat("en-GB", { timeZone: timezoneId, hour: "2-digit", minute: "2-digit", second: "2-digit" });
	await recordCanvas(page);
	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	ok((await page.locator("footer").textContent()).includes(`Times are those of ${timezoneId}.`), `${timezoneId}: whose time it is is said`);
	await page.goto(`${house.url}/#/history`);
	await until("the sessions", async () => await page.locator("tbody tr").count() === 3);
	is((await page.locator("tbody th").allTextContents()).join("; "), SHOWN[timezoneId].map(([start]) => start).join("; "), "the past is in it");
	is((await page.locator("tbody td:nth-child(3)").allTextContents()).join(), "30:00,30:00,30:00", "each took half an hour, whatever clocks did");
	for (const [n, [start, first, later]] of SHOWN[timezoneId].entries()) {
		await page.goto(`${house.url}/#/session/${pastId(n)}`);
		await until("the session", async () => (await page.locator("main").textContent()).includes(start) && await page.locator(".course canvas").count() === 2);
		const api = await page.evaluate((id) => fetch(`/api/sessions/${id}`).then((a) => a.json()), pastId(n));
		const happened = [...api.session_adaptive_events.map((e) => e.event_timestamp), ...api.gaps.map((g) => g.from_time)].map((t) => Date.parse(t)).sort((a, b) => a - b);
		is((await page.locator(".events time").allTextContents()).join(), happened.map((t) => clock.format(t)).join(), `${start}: so is what happened`);
		const words = [...await readCourse(page)];
		ok(words.every(([s, text]) => text.startsWith(`${clock.format(STARTS[n] + s * 1000)} ·`)), "and what the course is read by", words.map(([, text]) => text).join("\n"));
		const axis = (await drawnOn(page, ".course-spo2 canvas")).filter((d) => d.op === "text" && /^\d\d:\d\d$/.test(d.text)).map((d) => d.text);
		ok(axis[0] === first && axis.includes(later), `from ${first} over ${later} on the axis`, axis.join());
	}
}

await test(async (open) => {
	const house = await open({ www: false });
	await house.startAll();
	house.sql(STARTS.map((startMs, n) => pastSession({ person: PERSON, n, startMs, skill: 0.1 })).join("\n"));
	for (const zone of Object.keys(SHOWN)) await looks(house, zone);
});
