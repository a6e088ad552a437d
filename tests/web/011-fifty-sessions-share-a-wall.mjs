// The screen of a room with fifty sessions on it: each with its name, values, advice, phase, time and
// chart, and nothing that is bad is hidden to make room.
import { card } from "./card.mjs";
import { device, sample, session } from "./feed.mjs";
import { axe, is, ok, picture, shows, test, until, watch } from "./house.mjs";

const N = 50, LOST = 7, LOW = 23;
const all = Array.from({ length: N }, (_, i) => i + 1);

// What of a card cannot be read: not there, outside of the card, or under something.
const hidden = (found, selectors) => found.evaluate((e, parts) => parts.filter((part) => {
	const box = e.querySelector("article").getBoundingClientRect(), piece = e.querySelector(part), own = piece?.getBoundingClientRect();

	if (!own?.width || own.left < box.left || own.right > box.right + 0.5 || own.top < box.top || own.bottom > box.bottom + 0.5) return true;
	return [0.1, 0.5, 0.9].some((share) => !piece.contains(document.elementFromPoint(own.left + own.width * share, own.top + own.height / 2)));
}), selectors);

await test(async (open) => {
	const house = await open();
	await house.startFanout();
	await house.playFeed();
	const spo2 = (n) => n === LOW ? 79 : 84 + n % 9;
	const tell = async () => {
		for (const n of all) await house.live("sample", sample(n, { spo2: spo2(n), heart_rate: 70 + n % 30 }));
	};

	for (const n of all) {
		await house.news("session", session(n, { current_phase: n % 3 ? "ALTITUDE" : "RECOVERY", phase_us: (Date.now() - 9000 * n) * 1000 }));
		await house.live("device", device(n, { battery: 80, state: n === LOST ? "lost" : "streaming" }));
		for (let s = 120; s > 0; s -= 2)
			await house.live("sample", sample(n, { spo2: 90 + Math.round(6 * Math.sin((s + 7 * n) / 12)), taken_us: (Date.now() - s * 1000) * 1000 }));
	}
	const page = await (await house.browser({ viewport: { width: 1920, height: 1080 }, colorScheme: "dark" })).newPage();
	const { complaints } = watch(page, house);
	await page.goto(house.url);
	await until("the cards", async () => await page.locator(".card").count() === N);
	await page.locator("#size").click();
	await shows("the last of them", tell, async () => await card(page, N).spo2() === String(spo2(N)) && await card(page, LOW).spo2() === "79");
	await until("all charts", async () => await page.locator(".card canvas").count() === N);
	ok(true, "each has its chart");
	is(await page.evaluate(() => document.documentElement.scrollHeight <= innerHeight), true, "all share the screen");

	const unreadable = [];
	for (const n of all) unreadable.push(...(await hidden(card(page, n).card, [".person", ".phase", ".left", ".tile.spo2 dd", ".tile.pulse dd", ".advice", ".chart"])).map((part) => `${n} ${part}`));
	is(unreadable.join(", "), "", "each has its name, phase, time, values, advice and chart in full sight");

	is((await hidden(card(page, LOST).card, [".state-link"])).join(), "", "a lost sensor is in sight");
	is(await card(page, LOST).state("link"), "connection lost", "in words");
	await tell();
	await picture(page, "wall-fifty");
	await axe(page, "a wall of fifty");
	await house.news("alert", { name: "cannot_store", level: "critical", text: "The disk is full.", at_us: Date.now() * 1000 });
	await until("it is told", async () => await card(page, N).state("recorded") === "cannot record");
	const unseen = [];
	for (const n of all) unseen.push(...await hidden(card(page, n).card, [".state-recorded"]));
	is(unseen.length, 0, "that nothing is recorded is in sight on every card");
	is((await hidden(card(page, LOST).card, [".state-link", ".state-recorded"])).join(), "", "two that are bad stand beside each other");
	is(complaints.join("\n"), "", "the browser has nothing to complain about");
});
