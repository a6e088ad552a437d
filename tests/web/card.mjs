// What one card on the wall says.
import { uuid } from "./feed.mjs";

export function card(page, n) {
	const found = page.locator(".card", { hasText: `Person ${uuid(n).slice(0, 6)}` });
	const text = async (selector) => (await found.locator(selector).textContent()).trim();

	return { card: found, text, spo2: () => text(".tile.spo2 dd"), pulse: () => text(".tile.pulse dd"),
		state: (name) => text(`.state-${name}`) };
}
