// What a coach sees: each running session with its values, what is old or invalid, what is lost.
// SCREENSHOT=FILE keeps a picture.
import { device, deviceId, history, sample, session, uuid } from "./feed.mjs";
import { is, ok, ROOT, test, until } from "./house.mjs";

const news = (house, type, body) => house.say(`news ${type} ${JSON.stringify(body)}`);
const live = (house, type, body) => house.say(`live ${type} ${JSON.stringify(body)}`);

async function playSix(house) {
	const now = Date.now() * 1000;

	await news(house, "session", session(1));
	await news(house, "session", session(2, { current_phase: "RECOVERY", current_cycle: 3, phase_us: now - 70e6 }));
	await news(house, "session", session(3, { current_phase: "TRANSITION", current_cycle: 1, phase_us: now - 6e6 }));
	await news(house, "session", session(4, { current_cycle: 4, phase_us: now - 60e6, current_altitude_level: 8 }));
	await news(house, "session", session(5, { current_phase: "RECOVERY", phase_us: now - 20e6 }));
	await news(house, "session", session(6, { current_phase: "PAUSED", current_cycle: 1, phase_us: now - 33e6 }));
	for (const n of [1, 2, 3, 4, 5]) await live(house, "device", device(n));
	await live(house, "device", device(6, { state: "lost" }));
	for (const s of [...history(1, 150, 0), ...history(2, 0, 70), ...history(3, 4, 0), ...history(4, 60, 0),
		...history(5, 0, 20), ...history(6, 0, 180)])
		await live(house, "sample", s);
	for (const n of [1, 2, 4, 5, 6]) await news(house, "synced", { session_id: uuid(`session ${n}`), readings: 300, pending: 42 });
}

function parts(page, n) {
	const card = page.locator(".card", { hasText: `Person ${uuid(n).slice(0, 6)}` });

	return { card, text: async (name) => (await card.locator(`[data-is="${name}"]`).textContent()).trim() };
}

await test(async (open) => {
	const house = await open();
	await house.startFanout();
	house.startFeed();
	await house.say("wait live ");
	await house.say("wait news session/");
	await playSix(house);

	const context = await house.browser({ viewport: { width: 1440, height: 1140 }, colorScheme: "light",
		locale: "en-GB", timezoneId: "Europe/Berlin" });
	const page = await context.newPage();
	const complaints = [], foreign = [];
	page.on("console", (m) => m.type() === "error" && complaints.push(m.text()));
	page.on("pageerror", (e) => complaints.push(e.message));
	page.on("request", (r) => new URL(r.url()).host !== new URL(house.url).host && foreign.push(r.url()));
	await page.goto(house.url);
	await until("the cards", async () => await page.locator(".card").count() === 6);

	const one = parts(page, 1);
	await live(house, "sample", sample(1, { spo2: 87, heart_rate: 91 }));
	await until("the new value", async () => await one.text("spo2") === "87");
	is(await one.text("pulse"), "91", "a value shows at once, with its pulse");
	is(await one.text("phase"), "Altitude", "the phase is told");
	ok(/Cycle 2 of 5/.test(await one.text("cycle")), "so are cycle and number of cycles");
	ok(/^4:[0-9]{2} left$/.test(await one.text("left")), "and the time left", await one.text("left"));
	ok(/in the cloud/.test(await one.text("cloud")), "what is synced is told");
	ok(await page.locator("#mock").isVisible(), "simulated data are called so");
	ok(/no medical alarm/.test(await page.locator("footer").textContent()), "that it is no alarm is told");
	is(await one.card.locator("canvas").count(), 1, "there is a chart, filled from the snapshot");

	for (let i = 0; i < 3; i++)
		for (const [n, spo2, pulse] of [[1, 86, 92], [2, 98, 76], [3, 97, 79], [4, 89, 88]])
			await live(house, "sample", sample(n, { spo2, heart_rate: pulse, taken_us: Date.now() * 1000 + i }));
	await live(house, "sample", sample(5, { spo2: null, heart_rate: null, perfusion_index: null, invalid: "artefact" }));
	await until("recorder is up", async () => await parts(page, 4).text("recorded") === "recording");
	await page.screenshot({ path: process.env.SCREENSHOT ?? `${ROOT}build/live-page.png` });

	await live(house, "sample", sample(1, { spo2: null, heart_rate: null, invalid: "no_finger" }));
	await until("no finger", async () => /no finger/.test(await one.text("why")));
	is(await one.text("spo2"), "–", "an invalid value is no number, and says why");

	await house.say("skip live sample 1");
	const jump = sample(1);
	await live(house, "sample", { ...sample(1), spo2: 90, seq: jump.seq + 3 });
	await until("the hole", async () => /3 values not shown/.test(await one.text("link")));
	ok(true, "values that never came are told");

	await live(house, "device", device(2, { state: "lost" }));
	await until("link", async () => /connection lost/.test(await parts(page, 2).text("link")));
	ok(true, "a lost sensor is told");

	await until("age", async () => (await parts(page, 3).card.getAttribute("class")).includes("old"), 10);
	ok(/last value, [5-9] s ago/.test(await parts(page, 3).text("why")), "a value older than 5 s is not what is now",
		await parts(page, 3).text("why"));

	await news(house, "session", session(4, { status: "completed", end_us: Date.now() * 1000, avg_spo2: 91.25, min_spo2: 83 }));
	await until("the end", async () => await parts(page, 4).text("phase") === "Session completed");
	ok(/91\.[23] %/.test(await parts(page, 4).text("left")), "an ended session says how it was", await parts(page, 4).text("left"));

	await live(house, "sample", sample(9, { spo2: 95 }));
	await until("the other", async () => /5a:00:00:00:00:09: 95 %/.test(await page.locator("#others").textContent()));
	ok(true, "a device without a session is shown apart");

	await page.keyboard.press("Tab");
	await page.keyboard.press("Enter");
	is(await page.evaluate(() => document.activeElement.id), "sessions", "the keyboard gets to the sessions");
	await page.locator("#theme").focus();
	await page.keyboard.press("Enter");
	await page.keyboard.press("Enter");
	is(await page.evaluate(() => document.documentElement.dataset.theme), "dark", "and changes the theme");

	is(foreign.join(" "), "", "nothing is loaded from elsewhere");
	is(complaints.join("\n"), "", "the browser has nothing to complain about");
	is(await house.stop("realtime-fanout"), 0, "realtime-fanout stops when asked, with a watcher there");
});
