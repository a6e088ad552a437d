// The form for a new session suggests dial and kind from the chosen person's own sessions; simulated ones
// count only for a simulated oximeter, and of whom nothing is known gets nobody else's.
import { pastSession } from "./past.mjs";
import { is, test, until, watch } from "./house.mjs";

const DAY_MS = 86_400_000;
const [RESTED, FRESH] = ["8f14e45f-ceea-467f-9e2b-1c0f8d3a5b77", "9a14e45f-ceea-467f-9e2b-1c0f8d3a5b78"];

await test(async (open) => {
	const house = await open({ www: false });

	await house.startAll();
	house.sql(pastSession({ person: RESTED, n: 1, startMs: Date.now() - 40.5 * DAY_MS, level: 9, cycles: 1 }) +
		pastSession({ person: FRESH, n: 2, startMs: Date.now() - 2.5 * DAY_MS, level: 4, cycles: 1 }));
	const page = await (await house.browser()).newPage(), { complaints } = watch(page, house);
	const dial = async () => `${await page.getByLabel("Dial").inputValue()} ${await page.getByLabel("Kind").inputValue()}`;
	const hint = () => page.locator("form [role=status]").textContent();
	const ended = [];
	for (const how of ["requestfinished", "requestfailed"]) page.on(how, (r) => r.url().includes("/progression") && ended.push(r.url()));
	const choose = (label, value) => page.getByLabel(label, { exact: true }).selectOption(value);

	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	await page.goto(`${house.url}/#/start`);
	await until("both people", async () => await page.locator(`option[value="${FRESH}"]`).count() === 1 && await page.locator("option", { hasText: "connected" }).count() > 0);

	await choose("Person", RESTED);
	await until("an answer", async () => /no session before it/.test(await hint()));
	is(await dial(), "6 calibration", "without a simulated oximeter simulated sessions are none");
	await choose("Oximeter", "mock-001");
	await until("the dial", async () => /last dial 9, 40 days ago/.test(await hint()));
	is(await dial(), "8 calibration", "with one they count: after a long rest a calibration, at a lower dial");
	await choose("Person", FRESH);
	await until("the dial", async () => /last dial 4, 2 days ago/.test(await hint()));
	is(await dial(), "4 training", "the next person gets their own dial, and no calibration of the last one's");

	await choose("Person", RESTED);
	await until("the dial", async () => await dial() === "8 calibration");
	await house.supervise("stop", "postgres");
	ended.length = 0;
	await choose("Person", FRESH);
	await until("an answer, or none", () => ended.length > 0);
	is(await hint(), "", "with the cloud away nothing is suggested");
	is(await dial(), "6 training", "and the plan's dial stands, not the last person's");
	is(complaints.filter((c) => !/50[234]/.test(c)).join("\n"), "", "the browser has nothing else to complain about");
});
