// Sessions of before, newest first; two of them can be compared.
import { api, type PastSession } from "../api";
import { h, setText } from "../dom";
import { dayOf, duration, timeOfDay } from "../time";
import { decimal, statusWord } from "../words";
import { field, head, table, trouble, waiting } from "./parts";
import type { House, View } from "./view";

const PAGE = 30;

export function lengthOf(s: PastSession): number | undefined {
	return s.end_time ? (Date.parse(s.end_time) - Date.parse(s.start_time)) / 1000 : undefined;
}

export class History implements View {
	readonly element = h("div");
	readonly title = "History";
	private readonly body = h("div");
	private readonly chosen: string[] = [];
	private readonly button = h("button", { type: "button", class: "strong", onclick: () => this.compare() }, "Compare two");
	private readonly person = h("select", { onchange: () => void this.load() }, h("option", { value: "" }, "Everybody"));
	private readonly status = h("select", { onchange: () => void this.load() }, h("option", { value: "" }, "Any"),
		...["active", "completed", "abandoned", "force_ended", "terminated"].map((s) => h("option", { value: s }, statusWord(s))));
	private sessions: PastSession[] = [];
	private asked = 0;

	constructor(private readonly house: House) {
		this.element.append(head("History", this.button),
			h("div", { class: "filters" }, field("Person", this.person), field("State", this.status)), this.body);
		this.body.append(waiting());
		this.showChosen();
		void this.load();
	}

	private async load(before?: string): Promise<void> {
		const mine = ++this.asked;

		try {
			const page = await api.sessions({ user_id: this.person.value, status: this.status.value, limit: PAGE, ...(before ? { before } : {}) });

			if (mine !== this.asked) return;
			this.sessions = before ? [...this.sessions, ...page.sessions] : page.sessions;
			this.show(page.next);
		} catch (e) {
			if (mine === this.asked) this.body.replaceChildren(trouble(e));
		}
	}

	private show(next: string | null): void {
		const heads = ["Session", "Person", "Length", "Mean SpO2", "Lowest", "Mask lifts", "Level", "State", "Compare"];

		this.offerPeople();
		this.body.replaceChildren(this.sessions.length ? table("Sessions, newest first", heads,
			this.sessions.map((s) => this.row(s)), [false, false, true, true, true, true, true])
			: h("p", { class: "nothing" }, "No session yet.", h("span", {}, "A session is here as soon as its first values are in the cloud.")));
		if (next) this.body.append(h("p", { class: "more" }, h("button", { type: "button", onclick: () => void this.load(next) }, "Older sessions")));
	}

	private row(s: PastSession): (HTMLElement | string)[] {
		const at = Date.parse(s.start_time), seconds = lengthOf(s);
		const name = `${dayOf(at)}, ${timeOfDay(at)}`;

		return [h("a", { href: `#/session/${s.id}` }, name), this.house.people.name(s.user_id),
			seconds === undefined ? "running" : duration(seconds), s.avg_spo2 === null ? "–" : `${decimal(s.avg_spo2)} %`,
			s.min_spo2 === null ? "–" : `${decimal(s.min_spo2, 0)} %`, String(s.total_mask_lifts ?? 0),
			String(s.current_altitude_level ?? "–"), h("span", { class: `chip chip-${s.status}` }, statusWord(s.status), s.data_source === "mock" ? " · simulated" : ""),
			h("label", { class: "pick" }, h("input", { type: "checkbox", "aria-label": `Compare ${name}`,
				checked: this.chosen.includes(s.id), onchange: (e) => this.choose(s.id, e) }))];
	}

	private choose(id: string, event: Event): void {
		const at = this.chosen.indexOf(id);

		if (at >= 0) this.chosen.splice(at, 1);
		else this.chosen.push(id);
		if (this.chosen.length > 2) {
			this.chosen.pop();
			(event.target as HTMLInputElement).checked = false;
			this.house.say("Two sessions can be compared: take one away first.");
		}
		this.showChosen();
	}

	private showChosen(): void {
		this.button.setAttribute("aria-disabled", String(this.chosen.length !== 2));
		setText(this.button, this.chosen.length === 1 ? "Choose one more to compare" : "Compare two");
	}

	private compare(): void {
		if (this.chosen.length === 2) this.house.go(`#/compare/${this.chosen.join("/")}`);
		else this.house.say("Mark two sessions in the last column first.");
	}

	private offerPeople(): void {
		for (const s of this.sessions)
			if (![...this.person.options].some((o) => o.value === s.user_id))
				this.person.append(h("option", { value: s.user_id }, this.house.people.name(s.user_id)));
	}
}
