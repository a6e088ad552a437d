// Who has to take the mask off, above every view: read out at once, each person by themselves.
import { h, setText } from "../dom";
import { adviceWord } from "../words";
import { adviceOf } from "./advice";
import type { House } from "./view";

export class Alarms {
	private readonly shown = new Map<string, HTMLElement>();

	constructor(private readonly house: House, private readonly where: HTMLElement) {}

	update(): void {
		const off = new Map([...this.house.store.sessions].filter(([, s]) => adviceOf(this.house, s) === "mask_off"));

		for (const [id, e] of this.shown)
			if (!off.has(id)) {
				e.remove();
				this.shown.delete(id);
			}
		for (const [id, { session }] of off) this.show(id, this.house.people.name(session.user_id));
	}

	private show(id: string, name: string): void {
		const text = `${adviceWord("mask_off", undefined, false)}: ${name}`, e = this.shown.get(id);

		if (e?.firstElementChild) return setText(e.firstElementChild, text);
		this.shown.set(id, this.where.appendChild(h("p", { class: "banner alarm" }, h("a", { href: `#/session/${id}` }, text))));
	}
}
