// All running sessions at one glance.
import { h, setHidden, setText } from "../dom";
import { invalidWord, linkWord } from "../words";
import { Card } from "./card";
import type { House, View } from "./view";

const BUDGET_MS = 8;         // of a frame: the page answers to a finger meanwhile
const OTHERS_FOR_MS = 60_000;

export class Wall implements View {
	readonly element = h("div", { class: "wall-view" });
	readonly title = "Live";
	private readonly list = h("ul", { class: "cards", id: "sessions", tabindex: "-1", "aria-label": "Running sessions" });
	private readonly nothing = h("p", { class: "nothing" }, "No session is running.",
		h("span", {}, "One that is started, here or in the app, appears by itself."));
	private readonly others = h("ul", { class: "others" });
	private readonly othersPart = h("section", { "aria-label": "Devices without a session" },
		h("h2", {}, "Devices without a session ", h("small", {}, "shown, not recorded")), this.others);
	private readonly cards = new Map<string, Card>();
	private readonly queue = new Set<Card>();
	private drawing = false;
	private placing = 0;
	private fitted = "";

	constructor(private readonly house: House) {
		this.element.append(h("h1", { class: "hidden" }, "Running sessions"), this.list, this.nothing, this.othersPart);
	}

	update(): void {
		const { store } = this.house;
		const order = [...store.sessions.values()].sort((a, b) =>
			a.session.start_us - b.session.start_us || (a.session.id < b.session.id ? -1 : 1));

		for (const [id, card] of this.cards)
			if (!store.sessions.has(id)) {
				card.close();
				this.queue.delete(card);
				this.cards.delete(id);
			}
		this.fit(order.length);
		this.placeAll(order.map(({ session }) => session.id));
		setHidden(this.nothing, order.length > 0 || !this.house.isLive());
		this.showOthers();
	}

	// Only those of whom there is news; for those out of sight once a second is enough.
	updateOnly(devices: Set<string>): void {
		for (const card of this.cards.values()) {
			const s = this.house.store.sessions.get(card.id);

			if (s && card.inSight && devices.has(s.session.device_id)) this.queue.add(card);
		}
		this.soon();
	}

	repaint(): void {
		for (const card of this.cards.values()) card.repaint();
	}

	close(): void {
		cancelAnimationFrame(this.placing);
		for (const card of this.cards.values()) card.close();
		this.cards.clear();
		this.queue.clear();
	}

	// New cards cost most: what is over the budget waits for the next frame.
	private placeAll(ids: string[]): void {
		const end = performance.now() + BUDGET_MS;

		cancelAnimationFrame(this.placing);
		for (const [i, id] of ids.entries()) {
			if (!this.cards.has(id) && performance.now() > end) {
				this.placing = requestAnimationFrame(() => this.placeAll(ids.filter((each) => this.house.store.sessions.has(each))));
				return;
			}
			this.place(id, i);
		}
	}

	private place(id: string, i: number): void {
		let card = this.cards.get(id);

		if (!card) this.cards.set(id, card = new Card(this.house, id, (each) => this.draw(each)));
		if (this.list.children[i] !== card.element) this.list.insertBefore(card.element, this.list.children[i] ?? null);
		this.draw(card);
	}

	private draw(card: Card): void {
		this.queue.add(card);
		this.soon();
	}

	// On a wall all cards share the screen: columns that make no card slender and leave no corner empty.
	private fit(n: number): void {
		const now = `${n} ${innerWidth} ${innerHeight} ${document.documentElement.className}`;

		if (now === this.fitted) return;
		this.fitted = now;
		const wide = this.list.clientWidth || 1, high = this.list.clientHeight || 1;
		let best = 1, least = Infinity;

		for (let columns = 1; columns <= Math.max(1, n); columns++) {
			const rows = Math.ceil(n / columns), shape = (wide / columns) / (high / rows);
			const off = Math.abs(Math.log(shape / 1.2)) + 3 * (columns * rows - n) / n;

			if (off < least) [least, best] = [off, columns];
		}
		this.list.style.setProperty("--columns", String(best));
		this.list.style.setProperty("--rows", String(Math.ceil(n / best)));
	}

	private soon(): void {
		if (this.drawing || !this.queue.size) return;
		this.drawing = true;
		requestAnimationFrame(() => void this.drawSome(performance.now() + BUDGET_MS));
	}

	private async drawSome(end: number): Promise<void> {
		for (const card of this.queue) {
			this.queue.delete(card);
			card.update();
			await null;  // uPlot draws in a microtask: it counts, too
			if (performance.now() > end) break;
		}
		this.drawing = false;
		this.soon();
	}

	private showOthers(): void {
		const { store } = this.house, inSession = new Set([...store.sessions.values()].map((s) => s.session.device_id));
		const others = [...store.devices.values()].filter((d) => !inSession.has(d.device.device_id)
			&& d.sample && store.ageMs(d) < OTHERS_FOR_MS).slice(0, 40);

		setHidden(this.othersPart, !others.length);
		while (this.others.children.length > others.length) this.others.lastElementChild?.remove();
		others.forEach((d, i) => {
			const item = this.others.children[i] ?? this.others.appendChild(h("li"));
			const value = d.sample?.invalid ? invalidWord(d.sample.invalid) : !store.isCurrent(d) ? "no current value"
				: `${d.sample?.spo2 ?? "–"} %, ${d.sample?.heart_rate ?? "–"} /min`;

			setText(item, `${d.device.name ?? d.device.device_id}: ${value} (${linkWord(d.device.state)})`);
		});
	}
}
