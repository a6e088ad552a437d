// What the charts of the past draw and how they are read: phases shaded, target zones, the lines of
// 83, 80 and 75, a mark for each lift, breaks; two sessions on one axis, however often they have a
// value; by pointer, by button and by keyboard.
import { drawnOn, recordCanvas } from "./canvas.mjs";
import { lineOf, runsOf } from "./chart.mjs";
import { pastId, pastSession, readCourse } from "./past.mjs";
import { is, ok, test, until, watch } from "./house.mjs";

const PERSON = "8f14e45f-ceea-467f-9e2b-1c0f8d3a5b77", DAY_MS = 86_400_000;
const SPO2 = ".course-spo2 canvas", PULSE = ".course-pulse canvas";
const near = (a, b, by = 2) => Math.abs(a - b) <= by;

async function opens(page, house, hash) {
	await page.goto(`${house.url}/#/${hash}`);
	await until("the charts", async () => await page.locator(".course canvas").count() === 2);
	await until("drawn", async () => (await drawnOn(page, SPO2)).some((d) => d.op === "text" && d.text === "83"));
}

const answerOf = (page, path) => page.evaluate((where) => fetch(`/api/${where}`).then((a) => a.json()), path);

// Where a value is, from the labels of the axis.
function scaleOf(drawn) {
	const at = (text) => drawn.find((d) => d.op === "text" && d.text === text).y, [y100, y90] = [at("100"), at("90")];

	return (value) => y100 + (100 - value) * (y90 - y100) / 10;
}

async function shades(page, house) {
	await opens(page, house, `session/${pastId(1)}`);
	const detail = await answerOf(page, `sessions/${pastId(1)}`), drawn = await drawnOn(page, SPO2), y = scaleOf(drawn);
	const rects = (fill) => drawn.filter((d) => d.op === "rect" && d.fill === fill).sort((a, b) => a.x - b.x);
	const phases = [...rects("--fill-altitude"), ...rects("--fill-recovery")].sort((a, b) => a.x - b.x);

	is(phases.map((r) => r.fill.slice(7, 10)).join(" "), "alt rec alt rec alt rec alt rec", "each phase is shaded, altitude and recovery in turn");
	const second = phases[0].w / 300;
	ok(phases.every((r, i) => near(r.w, second * (i % 2 ? 150 : 300), 3) && r.h === phases[0].h), "as long as it was", JSON.stringify(phases.map((r) => r.w)));
	const words = drawn.filter((d) => d.op === "text").map((d) => d.text);
	ok([1, 2, 3, 4].every((c) => words.includes(`Altitude ${c}`) && words.includes(`Recovery ${c}`)), "and named", words.join());

	const zones = rects("--fill-zone");
	ok(zones.length === 8 && zones.every((r, i) => near(r.y, y(i % 2 ? 100 : 90)) && near(r.y + r.h, y(i % 2 ? 95 : 85))), "the target is 85 to 90 at altitude, 95 to 100 in recovery",
		JSON.stringify(zones));
	const lines = drawn.filter((d) => d.op === "stroke" && ["--line-lift", "--line-off"].includes(d.stroke));
	for (const [value, stroke] of [[83, "--line-lift"], [80, "--line-lift"], [75, "--line-off"]]) {
		const of = lines.filter((l) => l.stroke === stroke && l.path.every(([, at]) => near(at, y(value))));

		ok(of.length === 4 && of.every((l, i) => near(l.path[0][0], phases[2 * i].x, 3) && near(l.path[1][0], phases[2 * i].x + phases[2 * i].w, 3)),
			`each altitude phase has its line at ${value}`, JSON.stringify(lines));
	}
	is(new Set(lines.map((l) => l.dash.join())).size, 3, "and each of the three its dashes");

	const lifts = detail.session_adaptive_events.map((e) => (Date.parse(e.event_timestamp) - Date.parse(detail.start_time)) / 1000);
	const marks = drawn.filter((d) => d.op === "fill" && d.fill === "--ink" && d.path.length === 3).map((d) => d.path[0][0]).sort((a, b) => a - b);
	ok(lifts.length > 1 && marks.length === lifts.length && marks.every((x, i) => near(x, phases[0].x + lifts[i] * second, 3)), "a mark stands at each mask lift", `${marks} ${lifts}`);
	const hatches = drawn.filter((d) => d.op === "stroke" && d.stroke === "--edge" && d.path.length > 3).map((d) => Math.max(...d.path.map(([x]) => x)));
	ok(hatches.length > 0, "nine missing seconds are hatched");
	const runs = runsOf(await lineOf(page.locator(".course-spo2")));
	ok(runs.length === 2 && near(runs[0][1], 169 * second, 3) && near(runs[1][0], 179 * second, 3), "and no line leads over them", JSON.stringify(runs));
	const below = await drawnOn(page, PULSE);
	ok(below.filter((d) => d.op === "rect" && /^--fill-(alt|rec)/.test(d.fill)).length === 8 && !below.some((d) => d.stroke === "--line-lift"), "below the pulse lie the same phases, and no line of SpO2");
}

async function reads(page) {
	const { readings } = await answerOf(page, `sessions/${pastId(1)}/readings?limit=10000`), { start_time: start } = await answerOf(page, `sessions/${pastId(1)}`);
	const bySecond = new Map(readings.map((r) => [Math.round((Date.parse(r.timestamp) - Date.parse(start)) / 1000), `SpO2 ${r.spo2} %, pulse ${r.heart_rate}`]));
	const seen = [...await readCourse(page)], wrong = seen.filter(([s, words]) => !words.endsWith(bySecond.get(s)));
	const slider = page.getByRole("slider"), now = async () => Number(await slider.getAttribute("aria-valuenow"));
	const wide = async () => (await drawnOn(page, SPO2)).filter((d) => d.op === "rect" && d.fill === "--fill-altitude").map((r) => r.w);
	const press = async (keys) => { for (const key of keys.split(" ")) await page.keyboard.press(key); };

	ok(seen.length > 30 && !wrong.length, "the keyboard reads the course minute by minute", JSON.stringify(wrong));
	is(await page.locator(".readout").textContent(), await slider.getAttribute("aria-valuetext"), "a screen reader is told what stands below the chart");
	await press("Home ArrowRight ArrowRight ArrowLeft");
	is(await now(), 1, "arrows go from value to value");
	await press("PageUp PageUp");
	is(await now(), 121, "pages a minute");
	const [before] = await wide();
	await press("+ +");
	ok(near((await wide())[0] / before, 4, 0.1), "+ shows a quarter of it four times as wide", `${before} ${await wide()}`);
	await press("End");
	is(await now(), readings.length + 9 - 1, "what is read beyond comes into sight");
	const words = (await drawnOn(page, SPO2)).map((d) => d.text);
	ok(words.includes("Recovery 4") && !words.includes("Recovery 1"), "with what lies there");
	await press("0");
	ok((await wide()).length === 4 && near((await wide())[0], before), "0 is all of it again");
	await page.getByRole("button", { name: "Larger" }).click();
	ok(near((await wide()).at(-1) / before, 2, 0.1), "buttons do the same");
	await page.getByRole("button", { name: "Cycle 2" }).click();
	is((await wide()).length, 1, "and show one cycle");
	await page.getByRole("button", { name: "All", exact: true }).click();
	is((await wide()).length, 4, "or all");
}

// Beside a short one, in whose time both lines would lie one over the other.
async function compares(page, house, n, what, isBroken) {
	await opens(page, house, `compare/${pastId(n)}/${pastId(4)}`);
	const line = await lineOf(page.locator(".course-spo2")), alone = runsOf(line).filter(([, to]) => to > 350), second = line.length / 1799;
	ok(alone.length === 1 && alone[0][1] - alone[0][0] > 700, `${what} make one line`, JSON.stringify(alone));
	is(line.slice(Math.ceil(171 * second), Math.floor(178 * second)).every((y) => y === null), isBroken, isBroken ? "what it lacks and the other one has is broken" : "nine seconds are no break for it");
	const words = [...await readCourse(page)].map(([, text]) => text), both = /A SpO2 \d+ %, pulse \d+ · B SpO2 \d+ %, pulse \d+$/;
	ok(words.slice(0, 8).every((text) => both.test(text)), "while both last both are read", words.slice(0, 8).join("\n"));
	ok(words.length > 30 && words.slice(8, -1).every((text) => /A SpO2 \d+ %.*B SpO2 – %/.test(text)), "after its end nothing of the other one", words.slice(8).join("\n"));
}

await test(async (open) => {
	const house = await open({ www: false });
	await house.startAll();
	const session = (n, more = {}) => pastSession({ person: PERSON, n, startMs: Date.now() - (10 - n) * DAY_MS, skill: 0.2 * n, ...more });
	house.sql(session(1, { skill: 0.1 }) + session(2, { step: 4 }) + session(3, { jitter: 0.9 }) + session(4, { cycles: 1, whole: true }));
	const page = await (await house.browser({ viewport: { width: 1280, height: 1000 }, colorScheme: "light", locale: "en-GB" })).newPage();
	const { complaints } = watch(page, house);
	await recordCanvas(page);
	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	await shades(page, house);
	await reads(page);
	await compares(page, house, 2, "values each four seconds", false);
	await compares(page, house, 3, "values that come early or late", true);
	is(complaints.join("\n"), "", "the browser has nothing to complain about");
});
