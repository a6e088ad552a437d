// Whoever is chosen for a session gets the dial and the kind that follow from their own sessions,
// nobody those of the one before; simulated sessions count for simulated ones only.
import { device } from "./feed.mjs";
import { pastSession } from "./past.mjs";
import { is, ok, test, until } from "./house.mjs";

const DAY_MS = 86_400_000;
const [LONG_AGO, LATELY, SIMULATED] = ["1", "2", "3"].map((n) => `8f14e45f-ceea-467f-9e2b-1c0f8d3a5b7${n}`);

await test(async (open) => {
	const house = await open({ www: false });
	await house.startAll();
	const sessions = (person, from, days, level, source) => days.map((day, i) =>
		pastSession({ person, n: from + i, startMs: Date.now() - day * DAY_MS, level, source, cycles: 1, altitude: 240, recovery: 120 })).join("\n");
	house.sql(sessions(LONG_AGO, 1, [50], 9, "bluetooth") + sessions(LATELY, 10, [3, 2, 1], 4, "bluetooth") + sessions(SIMULATED, 20, [3, 2, 1], 10, "mock"));
	for (const name of ["ble-ingest", "local-store"]) await house.supervise("stop", name);
	house.startFeed();
	await house.say("wait live ");
	for (const [n, data_source] of [[1, "bluetooth"], [2, "mock"]]) await house.say(`live device ${JSON.stringify(device(n, { data_source, kind: "plx" }))}`);

	const page = await (await house.browser({ locale: "en-GB" })).newPage();
	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	await page.goto(`${house.url}/#/start`);
	const person = page.getByLabel("Person", { exact: true }), oximeter = page.getByLabel("Oximeter"), level = page.getByLabel(/^Dial/), kind = page.getByLabel("Kind");
	const hint = page.getByRole("status").filter({ hasText: "is suggested" });
	const form = async () => `${await level.inputValue()} ${await kind.inputValue()}`;
	const next = (who, mock) => page.evaluate((path) => fetch(path).then((a) => a.json()), `/api/people/${who}/progression?include_mock=${mock}`);
	const follows = async (who, mock) => {
		const { recommended_altitude_level: dial, recalibrate } = await next(who, mock), want = `${dial} ${recalibrate ? "calibration" : "training"}`;

		await until(`${want} for ${who}`, async () => await form() === want && (await hint.textContent()).startsWith(`Level ${dial} `));
		return want;
	};

	const offered = async (select, values) => (await Promise.all(values.map((value) => select.locator(`option[value="${value}"]`).count()))).every((n) => n === 1);
	await until("the people and the oximeters", async () => await offered(person, [LONG_AGO, LATELY, SIMULATED]) && await offered(oximeter, [1, 2].map((n) => device(n).device_id)));
	await oximeter.selectOption(device(1).device_id);
	await person.selectOption(LONG_AGO);
	const first = await follows(LONG_AGO, false);
	ok(/calibration/.test(first), "who trained long ago is to calibrate", first);
	await person.selectOption(LATELY);
	const second = await follows(LATELY, false);
	ok(/training/.test(second) && first[0] !== second[0], "who is chosen instead trains, with a dial of their own", second);

	await person.selectOption(SIMULATED);
	const real = await follows(SIMULATED, false);
	await oximeter.selectOption(device(2).device_id);
	const mock = await follows(SIMULATED, true);
	ok(real !== mock, "simulated sessions count for a simulated session only", `${real}, ${mock}`);

	await oximeter.selectOption(device(1).device_id);
	await person.selectOption(LONG_AGO);
	await follows(LONG_AGO, false);
	await house.supervise("stop", "postgres");
	await person.selectOption(LATELY);
	is(await form(), "6 training", "with the cloud away nobody gets the dial of somebody else: the plan's stands there");
	await until("no hint", async () => await hint.count() === 0);
	ok(true, "and nothing is suggested");
});
