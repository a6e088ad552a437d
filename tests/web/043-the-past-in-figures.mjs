// Each figure that a past session's page and the comparison show is the one that http-api has;
// History by person, by state and further back.  All of it on a phone, too.
import { pastId, pastSession } from "./past.mjs";
import { axe, axeLightAndDark, is, ok, test, until, watch } from "./house.mjs";

const PEOPLE = ["1", "2"].map((n) => `8f14e45f-ceea-467f-9e2b-1c0f8d3a5b7${n}`), DAY_MS = 86_400_000;

const number = (v, digits) => v.toLocaleString("en-GB", { minimumFractionDigits: digits, maximumFractionDigits: digits });
const UNITS = {
	percent: (v) => `${number(v, 1)} %`, whole: (v) => number(v, 0), points: (v) => number(v, 1), seconds: (v) => `${number(v, 0)} s`,
	share: (v) => `${number(v * 100, 0)} %`, beats: (v) => `${number(v, 0)} /min`, slope: (v) => number(v, 2),
	clock: (v) => `${Math.floor(v / 60)}:${String(Math.floor(v % 60)).padStart(2, "0")}`,
};
const shown = (v, unit) => typeof v === "number" ? UNITS[unit](v) : "–";

const SESSION = {
	"Length": ["length", "clock"], "Mean SpO2": ["avg_spo2", "percent"], "Lowest SpO2": ["min_spo2", "percent"], "Highest SpO2": ["max_spo2", "percent"],
	"Mean pulse": ["avg_heart_rate", "beats"], "Highest pulse": ["max_heart_rate", "beats"], "Mask lifts": ["total_mask_lifts", "whole"],
	"Level at the end": ["current_altitude_level", "whole"], "Time in zone 85–90 %": ["total_time_in_zone", "clock"],
	"Share of altitude in zone": ["therapeutic_efficiency_score", "share"], "Time below 83 %": ["total_time_below_83", "clock"],
	"Time to below 90 %, mean": ["avg_desaturation_rate", "seconds"], "Time to below 90 %, least": ["min_desaturation_rate", "seconds"],
	"Time to below 90 %, greatest": ["max_desaturation_rate", "seconds"], "Time to below 90 %, spread over cycles": ["desaturation_consistency", "seconds"],
	"Volatility of SpO2": ["avg_volatility_total", "points"], "Volatility of SpO2, in zone": ["avg_volatility_in_zone", "points"],
	"Volatility of SpO2, out of zone": ["avg_volatility_out_of_zone", "points"], "Recovery to 95 %, mean": ["avg_spo2_recovery_time", "seconds"],
	"Recovery to 95 %, least": ["min_spo2_recovery_time", "seconds"], "Recovery to 95 %, greatest": ["max_spo2_recovery_time", "seconds"],
	"Recovery to 95 %, spread over cycles": ["recovery_consistency", "seconds"], "Pulse down after 60 s, mean": ["avg_hr_recovery", "beats"],
	"SpO2 10 s after a lift": ["avg_mask_lift_recovery_10s", "points"], "SpO2 15 s after a lift": ["avg_mask_lift_recovery_15s", "points"],
	"Stability score": ["hypoxic_stability_score", "whole"], "Score of the first cycle": ["first_cycle_score", "whole"],
	"Score of the last cycle": ["last_cycle_score", "whole"], "Improvement within": ["intra_session_improvement", "whole"],
	"Adaptation index": ["session_adaptation_index", "points"],
};
const BOTH = { "Length": ["duration_seconds", "clock"], "Mean SpO2": ["avg_spo2", "percent"], "Lowest": ["min_spo2", "percent"], "Highest": ["max_spo2", "percent"],
	"Volatility": ["spo2_volatility_total", "points"], "Highest pulse": ["peak_heart_rate", "beats"], "Pulse at its end": ["hr_at_phase_end", "beats"] };
const PHASES = {
	ALTITUDE: { ...BOTH, "Level": ["altitude_level", "whole"], "In zone": ["time_in_therapeutic_zone", "clock"], "Share in zone": ["therapeutic_efficiency_score", "share"],
		"To below 90": ["time_to_therapeutic_zone", "seconds"], "Below 83": ["time_below_83", "seconds"], "Volatility in zone": ["spo2_volatility_in_zone", "points"],
		"Volatility out of zone": ["spo2_volatility_out_of_zone", "points"], "Mask lifts": ["mask_lift_count", "whole"], "Cycle score": ["cycle_adaptation_score", "whole"] },
	RECOVERY: { ...BOTH, "To 95 %": ["time_to_95_percent_seconds", "seconds"], "95 % and above": ["time_above_95_percent_seconds", "seconds"],
		"Slope, %/s": ["spo2_recovery_slope", "slope"], "Pulse down, 60 s": ["hr_recovery_60s", "beats"] },
};
const RECORDED = { ALTITUDE: { Target: "85–90" }, RECOVERY: { Target: "95–100", "Ended by": "time was over" } };

const detailOf = (page, id) => page.evaluate((path) => fetch(path).then((a) => a.json()), `/api/sessions/${id}`);
const valueOf = (d, name) => name === "length" ? (Date.parse(d.end_time) - Date.parse(d.start_time)) / 1000 : d.session_figures[name] ?? d[name];

// Rows of a table by what its heads call them.
const tableOf = (page, label) => page.getByRole("region", { name: label }).evaluate((region) => {
	const heads = [...region.querySelectorAll("thead th")].map((e) => e.textContent);

	return [...region.querySelectorAll("tbody tr")].map((tr) => Object.fromEntries([...tr.children].map((cell, i) => [heads[i], cell.textContent])));
});

async function figures(page, house) {
	await page.goto(`${house.url}/#/session/${pastId(1)}`);
	await until("the figures", async () => /Altitude phases|Altitude 1/.test(await page.locator("main").textContent()));
	const d = await detailOf(page, pastId(1));
	const names = await page.locator(".panel:has(h2:text('Figures')) dt").allTextContents();
	const cells = await page.locator(".panel:has(h2:text('Figures')) dd").allTextContents();
	for (const [label, [name, unit]] of Object.entries(SESSION)) is(cells[names.indexOf(label)], shown(valueOf(d, name), unit), `${label} is ${name}`);
	is(names.filter((name) => !SESSION[name]).join(), "", "the page has no figure that is not looked at here");

	for (const [phase, columns] of Object.entries(PHASES)) {
		const title = phase === "ALTITUDE" ? "Altitude" : "Recovery", rows = await tableOf(page, `${title} phases`);
		const of = d.phase_figures.filter((p) => p.phase_type === phase);

		is(rows.map((r) => r.Phase).join(), of.map((p) => `${title} ${p.cycle_number}`).join(), `${title}: a row for each phase`);
		for (const [head, [name, unit]] of Object.entries(columns))
			is(rows.map((r) => r[head.replace(/^Volatility (in|out)/, "… $1")]).join("; "), of.map((p) => shown(p[name], unit)).join("; "), `${title}: ${head} is ${name}`);
		for (const [head, words] of Object.entries(RECORDED[phase])) ok(rows.every((r) => r[head] === words), `${title}: ${head} is as recorded`);
		is(Object.keys(rows[0]).length, Object.keys(columns).length + Object.keys(RECORDED[phase]).length + 1, `${title}: no other column`);
	}
}

async function comparison(page, house) {
	await page.goto(`${house.url}/#/compare/${pastId(2)}/${pastId(1)}`);
	await until("both", async () => await page.locator(".course canvas").count() === 2);
	const rows = await tableOf(page, "Figures of both sessions"), [a, b] = [await detailOf(page, pastId(1)), await detailOf(page, pastId(2))];
	const wrong = rows.filter((r) => {
		const [name, unit] = SESSION[r.Figure], [x, y] = [a, b].map((d) => valueOf(d, name));
		const less = typeof x === "number" && typeof y === "number" ? `${y > x ? "+" : y < x ? "−" : "±"}${shown(Math.abs(y - x), unit)}` : "–";

		return r.A !== shown(x, unit) || r.B !== shown(y, unit) || r["B less A"] !== less;
	});
	is(JSON.stringify(wrong), "[]", "comparison: A is the earlier one, each figure is that of http-api, and the difference theirs");
	ok(["+", "−", "±"].every((sign) => rows.some((r) => r["B less A"].startsWith(sign))), "with its sign", JSON.stringify(rows));
}

async function history(page, house) {
	const rows = () => page.locator("tbody tr").count(), person = page.getByLabel("Person"), state = page.getByLabel("State");
	const column = (n) => page.locator(`tbody td:nth-child(${n})`).allTextContents();

	await page.goto(`${house.url}/#/history`);
	await until("a page", async () => await rows() === 30);
	await page.getByRole("button", { name: "Older sessions" }).click();
	await until("all", async () => await rows() === 42);
	is(await page.getByRole("button", { name: "Older sessions" }).count(), 0, "older sessions come until there are no more");
	is(new Set(await page.locator("tbody th a").evaluateAll((all) => all.map((a) => a.href))).size, 42, "each once");
	await person.selectOption(PEOPLE[1]);
	await until("hers", async () => await rows() === 14);
	ok((await column(2)).every((who) => who.includes(PEOPLE[1].slice(0, 6))), "History of one person has that person's sessions");
	await state.selectOption("abandoned");
	await until("those", async () => await rows() === 4);
	ok((await column(8)).every((what) => /abandoned/.test(what)), "and in one state those in it");
	await person.selectOption("");
	await until("everybody's", async () => await rows() === 17);
	await state.selectOption("terminated");
	await until("none", async () => /No session/.test(await page.locator("main").textContent()));
	await axeLightAndDark(page, "an empty history");
	await state.selectOption("");
	await until("a page again", async () => await rows() === 30);
	ok(true, "filters can be taken back");
}

async function onAPhone(page, house) {
	const all = [["history", "tbody tr"], [`session/${pastId(1)}`, ".course canvas"], [`compare/${pastId(1)}/${pastId(2)}`, ".course canvas"], ["devices", "tbody tr"], ["health", "tbody tr"],
		["start", "select"], ...["pre", "intra", "post"].map((kind) => [`survey/${kind}/${pastId(1)}`, "fieldset"])];

	await page.setViewportSize({ width: 360, height: 740 });
	for (const [hash, what] of all) {
		await page.goto(`${house.url}/#/${hash}`);
		await until(what, async () => await page.locator(what).count() > 0);
		ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), `a phone need not scroll sideways: ${hash.split("/")[0]}`);
		await axe(page, `on a phone: ${hash.split("/").slice(0, 2).join(" ")}`);
	}
	await page.goto(`${house.url}/#/session/${pastId(1)}`);
	const table = page.getByRole("region", { name: "Altitude phases" }), first = table.locator("tbody th").first();
	await first.scrollIntoViewIfNeeded();
	const at = (await first.boundingBox()).x;
	await table.evaluate((e) => { e.scrollLeft = e.scrollWidth; });
	is((await first.boundingBox()).x, at, "in a wide table the phase stays in sight");
}

await test(async (open) => {
	const house = await open({ www: false });
	await house.startAll();
	const page = await (await house.browser({ viewport: { width: 1280, height: 1000 }, colorScheme: "light", locale: "en-GB" })).newPage(), { complaints } = watch(page, house);
	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	await page.goto(`${house.url}/#/history`);
	await until("nothing", async () => /No session yet/.test(await page.locator("main").textContent()));
	ok(true, "before the first session History says so");

	const states = Array.from({ length: 40 }, (_x, i) => `('${PEOPLE[i % 3 ? 0 : 1]}', '${pastId(100 + i)}', 'IHHT_${i}_bare', 'studio', 'O2Ring 1007', '${i % 3 === 1 ? "abandoned" : i % 12 ? "completed" : "abandoned"}',
		now() - interval '${20 + i} days', now() - interval '${20 + i} days' + interval '5 minutes', 'bluetooth', 1, 'completed')`);
	house.sql(`${pastSession({ person: PEOPLE[0], n: 1, startMs: Date.now() - 6 * DAY_MS, skill: 0.1 })}${pastSession({ person: PEOPLE[0], n: 2, startMs: Date.now() - 3 * DAY_MS, skill: 0.8 })}
INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, end_time, data_source, hlc, sync_status) VALUES ${states.join(",\n")};`);
	await page.reload();
	await figures(page, house);
	await comparison(page, house);
	await history(page, house);
	await onAPhone(page, house);
	is(complaints.join("\n"), "", "the browser has nothing to complain about");
});
