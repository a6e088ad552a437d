// What a coach sees on the wall: each running session with its values, what they ask for, what is
// old or invalid, what is lost.
import { card } from "./card.mjs";
import { device, history, sample, session, uuid } from "./feed.mjs";
import { axe, is, ok, picture, shows, test, until, watch } from "./house.mjs";

async function playSix(house) {
	const now = Date.now() * 1000;

	await house.news("session", session(1));
	await house.news("session", session(2, { current_phase: "RECOVERY", current_cycle: 3, phase_us: now - 70e6 }));
	await house.news("session", session(3, { current_phase: "TRANSITION", current_cycle: 1, phase_us: now - 6e6 }));
	await house.news("session", session(4, { current_cycle: 4, phase_us: now - 60e6, current_altitude_level: 8 }));
	await house.news("session", session(5, { current_phase: "RECOVERY", phase_us: now - 20e6 }));
	await house.news("session", session(6, { current_phase: "PAUSED", current_cycle: 1, phase_us: now - 33e6,
		paused_phase: "ALTITUDE", phase_done_us: 147e6 }));
	for (const n of [1, 2, 3, 4, 5]) await house.live("device", device(n));
	await house.live("device", device(6, { state: "lost" }));
	for (const s of [...history(1, 150, 0), ...history(2, 0, 70), ...history(3, 4, 0), ...history(4, 60, 0),
		...history(5, 0, 20), ...history(6, 0, 180)])
		await house.live("sample", s);
	for (const n of [1, 2, 4, 5, 6]) await house.news("synced", { session_id: uuid(`session ${n}`), readings: 300, pending: 42 });
}

await test(async (open) => {
	const house = await open();
	await house.startFanout();
	await house.playFeed();
	await playSix(house);

	const context = await house.browser({ viewport: { width: 1440, height: 1140 }, colorScheme: "light",
		locale: "en-GB", timezoneId: "Europe/Berlin" });
	const page = await context.newPage();
	const { complaints, foreign } = watch(page, house);
	await page.goto(house.url);
	await until("the cards", async () => await page.locator(".card").count() === 6);

	const one = card(page, 1);
	await shows("87 and 91", () => house.live("sample", sample(1, { spo2: 87, heart_rate: 91 })),
		async () => await one.spo2() === "87" && await one.pulse() === "91");
	ok(true, "a value shows at once, with its pulse");
	is(await one.text(".phase"), "Altitude", "the phase is told");
	ok(/Cycle 2 of 5 · level 6/.test(await one.text(".cycle")), "so are cycle, number of cycles and dial");
	ok(/^[34]:[0-9]{2} left$/.test(await one.text(".left")), "and the time left", await one.text(".left"));
	ok(/^in the cloud [0-9]+ s ago$/.test(await one.state("cloud")), "what is synced is told", await one.state("cloud"));
	is(await one.state("signal"), "good signal", "the signal is judged");
	is(await one.state("battery"), "83 %", "the battery is told");
	is(await one.state("link"), "connected", "and the link");
	await until("the banner", () => page.locator("#mock").isVisible());
	ok(true, "simulated data are called so");
	ok(/no medical alarm/.test(await page.locator("footer").textContent()), "that it is no alarm is told");
	ok(/Europe\/Berlin/.test(await page.locator("footer").textContent()), "and whose time it is");
	is(await one.card.locator("canvas").count(), 1, "there is a chart, filled from the snapshot");

	// ---- how it looks
	const values = [[1, 86, 92], [2, 98, 76], [3, 97, 79], [4, 82, 88], [5, 96, 81]];
	const tell = async () => {
		for (const [n, spo2, heart_rate] of values) await house.live("sample", sample(n, { spo2, heart_rate }));
	};
	await tell();
	await until("recorder is up", async () => await card(page, 4).state("recorded") === "recording");
	await shows("values", tell, async () => await card(page, 5).spo2() === "96" && await one.spo2() === "86");
	await axe(page, "the wall, light");
	await tell();
	await picture(page, "live-page");
	await page.emulateMedia({ colorScheme: "dark" });
	await axe(page, "the wall, dark");
	await page.setViewportSize({ width: 390, height: 844 });
	await tell();
	await axe(page, "the wall on a phone, dark");
	await picture(page, "phone");
	await page.setViewportSize({ width: 1920, height: 1080 });
	await page.locator("#size").click();
	is(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), true, "on a wall all sessions share the screen");
	await shows("values", tell, async () => await card(page, 5).spo2() === "96" && await one.spo2() === "86");
	await axe(page, "the wall of a room");
	await picture(page, "wall");
	await page.locator("#size").click();
	await page.emulateMedia({ colorScheme: "light" });
	const start = (Date.now() + 30_000) * 1000;
	await page.setViewportSize({ width: 1440, height: 1140 });

	// ---- what a value asks for: targets and thresholds
	for (const [spo2, words] of [[87, "In target 85–90"], [91, "Above target 85–90"], [84, "Below target 85–90"],
		[83, "Lift mask, one breath"], [80, "Lift mask, two breaths"], [75, "Lift mask, two breaths"], [74, "Mask off now"],
		[86, "In target 85–90"]]) {
		await shows(`${spo2} %: ${words}`, () => house.live("sample", sample(1, { spo2 })),
			async () => await one.text(".advice") === words && await one.spo2() === String(spo2));
		ok(true, `${spo2} % in altitude: ${words}`);
	}
	await shows("recovery", () => house.live("sample", sample(2, { spo2: 93 })), async () => await card(page, 2).text(".advice") === "Coming up to 95");
	ok(true, "93 % in recovery is on its way up");
	await shows("pause", () => house.live("sample", sample(6, { spo2: 70 })), async () => await card(page, 6).spo2() === "70");
	is(await card(page, 6).text(".advice"), "", "in a pause a value asks for nothing");
	is(await card(page, 6).text(".left"), "4:33 left", "and its time stands still");

	// fifteen seconds after a lift the next one is a first one again
	for (const [after, spo2, words] of [[1, 80, "Lift mask, one breath"], [5, 80, "Lift mask, two breaths"], [19, 80, "Lift mask, two breaths"],
		[21, 80, "Lift mask, one breath"], [22, 84, "Below target 85–90"]]) {
		await shows(`${spo2} % after ${after} s: ${words}`,
			() => house.live("sample", sample(1, { spo2, heart_rate: 60 + after, taken_us: start + after * 1e6 })), async () => await one.pulse() === String(60 + after) && await one.text(".advice") === words);
		ok(true, `${spo2} % after ${after} s: ${words}`);
	}

	// ---- what is not so
	await shows("no finger", () => house.live("sample", sample(1, { spo2: null, heart_rate: null, invalid: "no_finger" })), async () => /No finger/.test(await one.text(".advice")));
	is(await one.spo2(), "–", "an invalid value is no number, and says why");
	ok(/^no signal/.test(await one.state("signal")), "and there is no signal");

	await house.say("skip live sample 1");
	const jump = sample(1);
	await house.live("sample", { ...sample(1), spo2: 90, seq: jump.seq + 3 });
	await until("the hole", async () => /3 values not shown/.test(await one.state("link")));
	ok(true, "values that never came are told");

	await house.live("device", device(2, { state: "lost" }));
	await until("link", async () => /connection lost/.test(await card(page, 2).state("link")));
	ok(true, "a lost sensor is told");

	await until("age", async () => (await card(page, 3).card.getAttribute("class")).includes("old"));
	is(await card(page, 3).spo2(), "–", "a value older than 5 s is not what is now");
	ok(/Last 97 %, 79 \/min, [0-9]+ s ago/.test(await card(page, 3).text(".last")), "it is told as the last one", await card(page, 3).text(".last"));

	await house.news("session", session(4, { status: "completed", end_us: Date.now() * 1000, avg_spo2: 91.25, min_spo2: 83 }));
	await until("the end", async () => await card(page, 4).text(".phase") === "Session completed");
	ok(/91\.[23] %/.test(await card(page, 4).text(".left")), "an ended session says how it was", await card(page, 4).text(".left"));

	await shows("the other", () => house.live("sample", sample(9, { spo2: 95 })), async () => /5a:00:00:00:00:09: 95 %/.test(await page.locator(".others").textContent()));
	ok(true, "a device without a session is shown apart");

	await house.news("alert", { name: "disk", level: "warn", text: "The disk is used to 85 %.", at_us: Date.now() * 1000 });
	await until("the alert", async () => /85 %/.test(await page.locator("#alerts").textContent()));
	ok(true, "an alert stands on every view");
	await house.news("alert", { name: "disk", level: "info", text: "over", at_us: Date.now() * 1000 });
	await until("its end", async () => !await page.locator("#alerts").isVisible());
	ok(true, "until it is over");

	await page.locator("#theme").focus();
	await page.keyboard.press("Enter");
	await page.keyboard.press("Enter");
	is(await page.evaluate(() => document.documentElement.dataset.theme), "dark", "the theme can be chosen");

	is(foreign.join(" "), "", "nothing is loaded from elsewhere");
	is(complaints.join("\n"), "", "the browser has nothing to complain about");
	is(await house.stop("realtime-fanout"), 0, "realtime-fanout stops when asked, with a watcher there");
});
