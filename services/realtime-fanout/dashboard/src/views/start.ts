// A new session: who, with which oximeter, by which plan.
import { api, Problem } from "../api";
import { h, setHidden, setText } from "../dom";
import { linkWord } from "../words";
import { duration } from "../time";
import { field, head } from "./parts";
import type { House, View } from "./view";

const PLANS: Record<string, [cycles: number, altitude: number, recovery: number, level: number]> = {
	"Usual": [3, 420, 180, 6], "Beginner": [3, 180, 120, 3], "Standard": [5, 300, 120, 5],
	"Advanced": [7, 420, 180, 7], "Recovery": [3, 240, 180, 2], "Performance": [6, 360, 150, 8],
};
const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

export class Start implements View {
	readonly element = h("div", { class: "narrow" });
	readonly title = "Start a session";
	private readonly person = h("select", { onchange: () => {
		this.showOther();
		void this.suggest();
	} });
	private readonly other = h("input", { type: "text", autocomplete: "off", spellcheck: "false", placeholder: "00000000-0000-0000-0000-000000000000" });
	private readonly otherField = field("The person's id", this.other, "A UUID, as the app and the cloud have it.");
	private readonly device = h("select", { onchange: () => void this.suggest() });
	private readonly plan = h("select", { onchange: () => this.takePlan() }, ...Object.keys(PLANS).map((name) => h("option", { value: name }, name)));
	private readonly cycles = this.number(1, 20);
	private readonly altitude = this.number(10, 7200);
	private readonly recovery = this.number(10, 7200);
	private readonly level = this.number(0, 11);
	private readonly kind = h("select", {}, h("option", { value: "training" }, "Training: 85–90 %"), h("option", { value: "calibration" }, "Calibration: 88–93 %"));
	private readonly length = h("p", { class: "soft" });
	private readonly hint = h("p", { class: "soft", role: "status" });
	private readonly wrong = h("p", { class: "wrong", role: "alert", hidden: true });
	private readonly known = new Set<string>();
	private asked = "";   // for whom a dial was suggested
	private busy = false;

	constructor(private readonly house: House) {
		this.element.append(head("Start a session"), h("form", { novalidate: true, onsubmit: (e) => {
			e.preventDefault();
			void this.begin();
		} },
		field("Person", this.person), this.otherField, field("Oximeter", this.device), field("Plan", this.plan),
		h("div", { class: "row" }, field("Cycles", this.cycles), field("Altitude, s", this.altitude), field("Recovery, s", this.recovery)),
		this.length, h("div", { class: "row" }, field("Dial, level 0 to 11", this.level), field("Kind", this.kind)), this.hint, this.wrong,
		h("div", { class: "answers" }, h("button", { class: "strong big" }, "Start"), h("a", { class: "button big", href: "#/" }, "Not now"))));
		this.takePlan();
		this.update();
		this.showOther();
		void this.findPeople();
	}

	update(): void {
		const { store, people } = this.house, busy = new Set([...store.sessions.values()].filter((s) => s.endedMs === undefined).map((s) => s.session.device_id));

		for (const s of store.sessions.values()) this.known.add(s.session.user_id);
		this.fill(this.person, [...[...this.known].map((id): [string, string] => [id, people.name(id)]), ["other", "Somebody else"]], "Choose a person");
		this.fill(this.device, [...store.devices.values()].filter((d) => !busy.has(d.device.device_id) && !["seen", "stranger"].includes(d.device.state ?? ""))
			.map((d) => [d.device.device_id, `${d.device.name || d.device.device_id} (${linkWord(d.device.state)})`]), "Choose an oximeter");
		this.showOther();
	}

	// Only when something is different: an open list must not close under a finger.
	private fill(select: HTMLSelectElement, options: [string, string][], none: string): void {
		const now = JSON.stringify(options), chosen = select.value;

		if (select.dataset["has"] === now) return;
		select.dataset["has"] = now;
		select.replaceChildren(h("option", { value: "" }, none), ...options.map(([value, text]) => h("option", { value }, text)));
		if (options.some(([value]) => value === chosen)) select.value = chosen;
	}

	private number(min: number, max: number): HTMLInputElement {
		return h("input", { type: "number", min, max, inputmode: "numeric", required: true, oninput: () => this.tellLength() });
	}

	private takePlan(): void {
		const plan = PLANS[this.plan.value];

		[this.cycles, this.altitude, this.recovery, this.level].forEach((input, i) => input.value = String(plan?.[i] ?? ""));
		this.tellLength();
	}

	private tellLength(): void {
		setText(this.length, `Takes ${duration(Number(this.cycles.value) * (Number(this.altitude.value) + Number(this.recovery.value)))} without pauses.`);
	}

	private showOther(): void {
		setHidden(this.otherField, this.person.value !== "other");
	}

	private async findPeople(): Promise<void> {
		const past = await api.people().catch(() => undefined);

		for (const s of past?.people ?? []) this.known.add(s.user_id);
		this.update();
	}

	// The dial that follows from the person's sessions; who knows better says otherwise.  What somebody
	// else has got is taken back first.  Simulated sessions count for simulated ones only.
	private async suggest(): Promise<void> {
		const who = this.person.value, mock = this.house.store.devices.get(this.device.value)?.device.data_source === "mock";
		const asked = `${who} ${mock}`;

		if (asked === this.asked) return;
		this.asked = asked;
		this.level.value = String(PLANS[this.plan.value]?.[3] ?? "");
		this.kind.value = "training";
		setText(this.hint, "");
		const next = UUID.test(who) ? await api.nextLevel(who, mock).catch(() => undefined) : undefined;

		if (!next || asked !== this.asked) return;
		setText(this.hint, `Level ${next.recommended_altitude_level} is suggested, confidence ${next.confidence}: ${next.reason}`);
		this.level.value = String(next.recommended_altitude_level);
		if (next.recalibrate) this.kind.value = "calibration";
	}

	private async begin(): Promise<void> {
		const isOther = this.person.value === "other", user = (isOther ? this.other.value.trim() : this.person.value).toLowerCase();
		const bad = [this.cycles, this.altitude, this.recovery, this.level].find((input) => !input.checkValidity());

		if (!UUID.test(user)) return this.refuse("Say whose session it is.", isOther ? this.other : this.person);
		if (!this.device.value) return this.refuse(this.device.options.length > 1 ? "Say which oximeter is on the finger." : "No oximeter is free: switch one on and wait until it is connected.", this.device);
		if (bad) return this.refuse(`${bad.labels?.[0]?.textContent ?? "A number"}: ${bad.validationMessage}`, bad);
		if (this.busy) return;
		this.busy = true;
		try {
			const done = await api.start({ user_id: user, device_id: this.device.value, session_subtype: this.kind.value,
				total_cycles: Number(this.cycles.value), hypoxic_duration: Number(this.altitude.value),
				hyperoxic_duration: Number(this.recovery.value), starting_altitude_level: Number(this.level.value) });

			this.house.say("The session has started and is recorded.");
			this.house.go(`#/survey/pre/${done.session_id}`);
		} catch (e) {
			this.refuse(e instanceof Problem ? e.message : "Not started.", this.person);
		}
		this.busy = false;
	}

	private refuse(text: string, at: HTMLElement): void {
		this.wrong.textContent = text;
		setHidden(this.wrong, false);
		at.focus();
	}
}
