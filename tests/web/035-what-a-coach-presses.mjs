// What the buttons of a running session ask for: a lift with its value only while that is what is
// now; after a transition both phases, when nobody saw the one before it.
import { card } from "./card.mjs";
import { device, sample, session, uuid } from "./feed.mjs";
import { is, shows, test, until } from "./house.mjs";

await test(async (open) => {
	const house = await open();
	await house.startFanout();
	await house.playFeed();
	const news = (body) => house.news("session", body);
	const tell = (more) => house.live("sample", sample(1, more));
	await news(session(1));
	await news(session(2, { current_phase: "TRANSITION", current_cycle: 2 }));
	for (const n of [1, 2]) await house.live("device", device(n));

	const page = await (await house.browser({ viewport: { width: 1280, height: 1100 } })).newPage(), asked = [];
	// nobody answers here: what is asked counts, and asked again it is the same
	page.on("request", (r) => {
		if (r.method() !== "POST") return;
		const body = r.postDataJSON();

		if (!asked.some((a) => a.request_id === body.request_id)) asked.push({ path: new URL(r.url()).pathname, ...body });
	});
	await page.goto(house.url);
	const [one, two] = [card(page, 1), card(page, 2)];
	const press = async (which, name) => {
		const n = asked.length;

		await until("it can be pressed", async () => await which.card.locator(".act").first().getAttribute("aria-disabled") === "false");
		await which.card.getByRole("button", { name }).click();
		await until("the question", () => asked.length > n);
		return asked[n];
	};

	// ---- a lift
	await shows("81", () => tell({ spo2: 81 }), async () => await one.spo2() === "81");
	let said = {};
	await shows("a lift with a value", () => tell({ spo2: 81 }), async () => {
		said = await press(one, /^Mask lift/);
		return said.spo2_value !== undefined;
	});
	is(said.spo2_value, 81, "a mask lift is noted with the value of that moment");
	is(said.path, `/api/sessions/${uuid("session 1")}/events`, "with its session");
	await tell({ spo2: 79, taken_us: Date.now() * 1000 - 8e6 });
	await until("it is old", async () => /Last 79 %/.test(await one.text(".last")));
	is((await press(one, /^Mask lift/)).spo2_value, undefined, "a value of eight seconds ago is not noted as that of the lift");
	await shows("no finger", () => tell({ spo2: null, heart_rate: null, invalid: "no_finger" }), async () => /finger/.test(await one.text(".advice")));
	is((await press(one, /^Mask lift/)).spo2_value, undefined, "nor one that is none");

	// ---- what comes next
	const steps = (which) => which.card.locator(".act-next:visible, .act-other:visible").allTextContents().then((all) => all.join(", "));
	is(await steps(two), "Recovery, Altitude", "who has not seen what was before a transition is offered both phases");
	is((await press(two, /^Altitude/)).cycle, 3, "altitude would be that of the next cycle");
	const recovery = await press(two, /^Recovery/);
	is(`${recovery.phase} ${recovery.cycle}`, "RECOVERY 2", "recovery that of this one");
	for (const [before, cycle, words] of [["ALTITUDE", 2, "Recovery"], ["RECOVERY", 2, "Altitude"], ["RECOVERY", 5, "Finish"]]) {
		await news(session(2, { current_phase: before, current_cycle: cycle, phase_us: Date.now() * 1000 }));
		await until(before, async () => (await two.text(".phase")).toUpperCase() === before);
		await news(session(2, { current_phase: "TRANSITION", current_cycle: cycle, phase_us: Date.now() * 1000 }));
		await until("the transition", async () => await two.text(".phase") === "Transition");
		is(await steps(two), words, `after ${before.toLowerCase()} ${cycle} of 5 it is known`);
	}

	// ---- a hole in what was seen
	await news(session(2, { current_phase: "ALTITUDE", current_cycle: 3, phase_us: Date.now() * 1000 }));
	await until("altitude", async () => await two.text(".phase") === "Altitude");
	await house.stop("realtime-fanout", "SIGKILL");
	await news(session(2, { current_phase: "RECOVERY", current_cycle: 3, phase_us: Date.now() * 1000 }));
	await news(session(2, { current_phase: "TRANSITION", current_cycle: 3, phase_us: Date.now() * 1000 }));
	await house.startFanout();
	await until("the transition", async () => await two.text(".phase") === "Transition");
	is(await steps(two), "Recovery, Altitude", "who was away meanwhile does not take what was seen last for the phase before it");
});
