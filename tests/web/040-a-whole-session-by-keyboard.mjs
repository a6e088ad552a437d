// A coach with nothing but a keyboard, and all of the pipeline behind: signing in, a session from its
// start over both surveys, a pause and a mask lift to its end, what is left of it, and what still
// works when the cloud is away.  axe looks at every view.
import { pastId, pastSession } from "./past.mjs";
import { axeLightAndDark, is, ok, picture, test, until, watch } from "./house.mjs";

const DAY_MS = 86_400_000;
const PERSON = "8f14e45f-ceea-467f-9e2b-1c0f8d3a5b77";

// Tab until what is named has the focus; what it is called is what a screen reader would say.
async function walkTo(page, name) {
	for (let i = 0; i < 120; i++) {
		await page.keyboard.press("Tab");
		const found = await page.evaluate((source) => {
			const e = document.activeElement, label = e.getAttribute("aria-label") ?? e.labels?.[0]?.textContent ?? e.textContent;

			return new RegExp(source).test(label.trim());
		}, name.source);
		if (found) return;
	}
	throw new Error(`the keyboard does not get to ${name}`);
}

async function press(page, name, key = "Enter") {
	await walkTo(page, name);
	await page.keyboard.press(key);
}

const hash = (page) => new URL(page.url()).hash;
const at = (page, part) => until(part, () => hash(page).startsWith(part));

async function signsIn(house) {
	const page = await (await house.browser()).newPage();

	await page.goto(house.url);
	await at(page, "#/signin");
	ok(true, "who brings no token is asked to sign in");
	await axeLightAndDark(page, "sign in");
	await page.getByLabel("Token").fill("not a token");
	await page.getByRole("button", { name: "Sign in" }).click();
	await until("why not", async () => (await page.locator(".wrong").textContent()) !== "");
	ok(true, "a token that is none is refused, and why is said");
	await page.getByLabel("Token").fill(new URL(house.link).hash.replace("#token=", ""));
	await page.getByRole("button", { name: "Sign in" }).click();
	await until("in", async () => await page.locator("#connection").textContent() === "live");
	await until("as whom", async () => /admin/.test(await page.locator("#role").textContent()));
	ok(true, "a good one lets in, and says as whom");
	await page.getByRole("button", { name: "Sign out" }).click();
	await at(page, "#/signin");
	ok(true, "and out again");
}

async function begins(page, person = PERSON) {
	await press(page, /^Start session$/);
	await at(page, "#/start");
	await until("an oximeter", () => page.evaluate(() => [...document.querySelectorAll("select")].some((s) => /connected/.test(s.textContent))));
	await walkTo(page, /^Person$/);
	await page.keyboard.type("Some");
	await walkTo(page, /^The person's id$/);
	await page.keyboard.type(person);
	await walkTo(page, /^Oximeter$/);
	await page.keyboard.press("ArrowDown");
}

// Each form says what it wants before it asks anybody.
async function isRefused(page, name, why, where) {
	await press(page, name);
	await until("why", async () => why.test(await page.locator(".wrong").textContent()));
	await axeLightAndDark(page, where);
}

async function phaseIs(page, word) {
	await until(word, async () => (await page.locator(".phase").textContent()).trim() === word);
	ok(true, `${word} is shown`);
}

// A phase has figures when values of it are recorded: a quick hand would leave it without any.
async function isBreathed(page) {
	await page.evaluate(() => new Promise((done) => {
		const events = new EventSource("/events?types=sample"), values = new Map();

		events.onmessage = (event) => {
			const frame = JSON.parse(event.data), n = (values.get(frame.device_id) ?? 0) + 1;

			if (frame.type !== "sample" || typeof frame.spo2 !== "number") return;
			values.set(frame.device_id, n);
			if (n < 3) return;
			events.close();
			done();
		};
	}));
}

async function trains(page) {
	await press(page, /^Begin altitude/);
	await phaseIs(page, "Altitude");
	await isBreathed(page);
	await until("values", async () => Number(await page.locator(".tile.spo2 dd").textContent()) > 50);
	ok(/left$/.test(await page.locator(".left").textContent()), "the time left runs", await page.locator(".left").textContent());
	await press(page, /^Mask lift/);
	await until("noted", async () => /Mask lift is noted/.test(await page.locator("#notice").textContent()));
	ok(true, "a mask lift is noted");
	await press(page, /^Pause/);
	await phaseIs(page, "Paused");
	const left = await page.locator(".left").textContent();
	ok(/left$/.test(left), "a pause keeps what is left", left);
	await press(page, /^Go on/);
	await phaseIs(page, "Altitude");
	await press(page, /^Recovery/);
	await phaseIs(page, "Recovery");
	await isBreathed(page);
	await press(page, /^How does it feel/);
	await at(page, "#/survey/intra");
	await axeLightAndDark(page, "survey");
	await press(page, /^5, very clear|^1, foggy/, "Space");
	await press(page, /^Tingling$/, "Space");
	await press(page, /^Keep the answers/);
	await at(page, "#/session/");
}

async function ends(page) {
	await press(page, /^Stop/);
	await page.getByRole("dialog").waitFor();
	await axeLightAndDark(page, "a question");
	await page.keyboard.press("Escape");
	is(await page.getByRole("dialog").count(), 0, "Escape is the safe answer");
	await press(page, /^Stop/);
	await press(page, /^End: completed/);
	await at(page, "#/survey/post");
	await isRefused(page, /^Keep the answers/, /at least one/, "the survey after, refused");
	await press(page, /^1, foggy/, "Space");
	await page.keyboard.press("ArrowRight");
	await press(page, /^Headache$/, "Space");
	await press(page, /^Anything to note/, "End");
	await page.keyboard.type("Felt good.");
	await press(page, /^Keep the answers/);
	await until("the wall again", () => page.evaluate(() => location.hash === "#/"));
}

async function looksBack(page, house, id) {
	await press(page, /^History$/);
	await until("it is in the cloud", async () => {
		await page.waitForTimeout(500);   // nginx keeps the number of requests in bounds
		const answer = await page.evaluate(async (which) => { const a = await fetch(`/api/sessions/${which}`); return a.ok ? a.json() : null; }, id);
		const s = answer ?? {};

		return s.status === "completed" && s.session_survey?.notes_post && s.session_phase_stats?.length === 2;
	}, 60);
	await page.reload();
	await until("the row", async () => await page.locator("tbody tr").count() >= 1);
	await axeLightAndDark(page, "history");
	await page.goto(`${house.url}/#/session/${id}`);
	await until("the detail", async () => /Felt good/.test(await page.locator("main").textContent()));
	const text = await page.locator("main").textContent();
	ok(/Clarity.*2 of 5/.test(text), "the survey after is there");
	ok(/Cycle 1: clarity/.test(text) && /tingling/.test(text), "so is the one within");
	ok(/Mask lift at [0-9]+ %/.test(text), "and the mask lift, with its value");
	ok(/Altitude 1/.test(text) && /Recovery 1/.test(text), "the phases have their figures");
	ok(/Time in zone 85–90 %/.test(text) && /Stability score90/.test(text), "so has the session", text.slice(0, 600));
	await until("the chart", async () => await page.locator(".course canvas").count() === 2);
	await axeLightAndDark(page, "a session");
}

// A long one, of days ago: its course, zoomed by its buttons.
async function looksAtThePast(page, house) {
	await page.goto(`${house.url}/#/session/${pastId(1)}`);
	await until("the detail", async () => /Calmer than last time/.test(await page.locator("main").textContent()));
	const text = await page.locator("main").textContent();
	ok(/Values missing until .*connection lost/.test(text), "what is missing is told, and why");
	is(await page.locator(".panel:has(h2:text('Phases')) tbody tr").count(), 8, "four cycles are eight phases");
	const lifts = await page.locator(".events li", { hasText: "Mask lift" }).count();
	ok(lifts > 0 && text.includes(`Mask lifts${lifts}`), "each mask lift is an event", `${lifts}`);
	await until("the chart", async () => await page.locator(".course canvas").count() === 2);
	await press(page, /^Name$/);
	await axeLightAndDark(page, "a question for a name");
	await page.keyboard.type("Anna");
	await page.keyboard.press("Enter");
	await until("the name", async () => await page.locator("h1").textContent() === "Anna");
	ok(true, "a person can be given a name, in this browser");
	const whole = await page.locator(".course-spo2 canvas").screenshot();
	await page.setViewportSize({ width: 1440, height: 1500 });
	await picture(page, "session");
	await page.setViewportSize({ width: 1280, height: 900 });
	await press(page, /^Cycle 2$/);
	await until("zoomed", async () => !whole.equals(await page.locator(".course-spo2 canvas").screenshot()));
	ok(true, "a cycle can be looked at by itself");
}

async function compares(page, house) {
	await page.goto(`${house.url}/#/history`);
	await until("three rows", async () => await page.locator("tbody tr").count() === 3);
	await walkTo(page, /^Compare (?!two)/);
	await press(page, /^Compare (?!two)/, "Space");
	await press(page, /^Compare (?!two)/, "Space");
	await page.locator("main").focus();
	await press(page, /^Compare two$/);
	await at(page, "#/compare/");
	await until("both", async () => await page.locator(".course canvas").count() === 2);
	ok([1, 2].every((n) => hash(page).includes(pastId(n))) && /B less A/.test(await page.locator("main").textContent()), "two sessions stand side by side");
	await axeLightAndDark(page, "comparison");
	await picture(page, "compare");
}

async function withoutCloud(page, house) {
	await house.supervise("stop", "postgres");
	await page.goto(`${house.url}/#/history`);
	await until("away", async () => /The past is not at hand/.test(await page.locator("main").textContent()), 60);
	ok(true, "with the cloud away History says so");
	await axeLightAndDark(page, "the past, away");
	await page.goto(`${house.url}/#/`);
	await begins(page, PERSON.replace("8f", "9f"));
	await press(page, /^Start$/);
	await at(page, "#/survey/pre/");
	await press(page, /^Skip/);
	await at(page, "#/session/");
	await press(page, /^Begin altitude/);
	await phaseIs(page, "Altitude");
	await until("values", async () => Number(await page.locator(".tile.spo2 dd").textContent()) > 50);
	ok(true, "and a session starts, runs and is seen all the same");
}

await test(async (open) => {
	const house = await open({ www: false });

	await house.startAll();
	house.sql(pastSession({ person: PERSON, n: 1, startMs: Date.now() - 6 * DAY_MS, skill: 0.1 }) +
		pastSession({ person: PERSON, n: 2, startMs: Date.now() - 3 * DAY_MS, skill: 0.8 }));
	await signsIn(house);
	const page = await (await house.browser({ viewport: { width: 1280, height: 900 }, colorScheme: "light", locale: "en-GB",
		timezoneId: "Europe/Berlin" })).newPage();
	const { complaints } = watch(page, house);
	await page.goto(house.link);
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	ok(!page.url().includes("token"), "the link lets in, and its token leaves the address", page.url());

	await axeLightAndDark(page, "a wall without a session");
	await page.goto(`${house.url}/#/session/${pastId(9)}`);
	await until("there is none", async () => await page.locator("main [role=alert]").count() === 1);
	await axeLightAndDark(page, "a session that is none");
	await page.goto(`${house.url}/#/start`);
	await isRefused(page, /^Start$/, /whose session/, "a start, refused");
	await begins(page);
	await axeLightAndDark(page, "start");
	await press(page, /^Start$/);
	await at(page, "#/survey/pre/");
	const id = hash(page).split("/").at(-1);
	await isRefused(page, /^Keep the answers/, /at least one/, "the survey before, refused");
	await press(page, /^1, foggy/, "Space");
	await page.keyboard.press("ArrowRight");
	await press(page, /^Keep the answers/);
	await at(page, "#/session/");
	await trains(page);
	await ends(page);
	await looksBack(page, house, id);

	await looksAtThePast(page, house);
	await compares(page, house);

	await press(page, /^Devices$/);
	await until("devices", async () => await page.locator("tbody tr").count() === 2);
	await axeLightAndDark(page, "devices");
	await press(page, /^Health$/);
	await until("processes", async () => await page.locator("tbody tr").count() >= 6);
	await axeLightAndDark(page, "health");
	is(complaints.filter((c) => !/404/.test(c)).join("\n"), "", "the browser has nothing to complain about but the session that is none");
	await withoutCloud(page, house);
});
