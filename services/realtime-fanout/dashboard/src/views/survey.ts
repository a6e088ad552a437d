// What the person feels: before, during and after a session.  Made to be handed over: large, one
// thing below the other, words for every step.
import { api, Problem } from "../api";
import { h, setHidden } from "../dom";
import { plain, upper } from "../words";
import { head } from "./parts";
import type { House, View } from "./view";

const SCALES: Record<string, [question: string, worst: string, best: string]> = {
	clarity: ["How clear is your mind?", "foggy", "very clear"],
	energy: ["How much energy have you?", "none", "full of it"],
	stress: ["How do you feel about stress?", "tense", "at ease"],
	stress_perception: ["How do you feel about stress?", "tense", "at ease"],
	overall_rating: ["How was the session?", "bad", "very good"],
};
const KINDS: Record<string, { title: string; scales: string[]; set?: [name: string, question: string, words: string[]] }> = {
	pre: { title: "Before the session", scales: ["clarity", "energy", "stress"] },
	intra: { title: "During the session", scales: ["clarity", "energy", "stress_perception"],
		set: ["sensations", "What do you feel?", ["zen", "euphoria", "neck_tension", "tingling", "lightheaded", "sleepy",
			"muscle_fatigue", "trembling", "none"]] },
	post: { title: "After the session", scales: ["clarity", "energy", "stress", "overall_rating"],
		set: ["post_symptoms", "What did you feel?", ["light_headed", "tingling", "warm", "relaxed", "energized", "clear_minded",
			"euphoric", "breathless", "headache", "nausea", "none"]] },
};
const MOST_NOTES = 500;

function scale(name: string): HTMLElement {
	const [question, worst, best] = SCALES[name] ?? [name, "worst", "best"];

	return h("fieldset", { class: "scale" }, h("legend", {}, question),
		h("div", { class: "steps" }, ...[1, 2, 3, 4, 5].map((n) => h("label", {},
			h("input", { type: "radio", name, value: n, "aria-label": n === 1 ? `1, ${worst}` : n === 5 ? `5, ${best}` : String(n) }), h("span", {}, String(n))))),
		h("div", { class: "ends", "aria-hidden": "true" }, h("span", {}, worst), h("span", {}, best)));
}

export class SurveyView implements View {
	readonly element = h("div", { class: "narrow" });
	readonly title = "Survey";
	private readonly form = h("form", { novalidate: true, onsubmit: (e) => {
		e.preventDefault();
		void this.send();
	} });
	private readonly wrong = h("p", { class: "wrong", role: "alert", hidden: true });
	private sent = false;

	constructor(private readonly house: House, private readonly kind: string, private readonly id: string) {
		const about = KINDS[kind];

		if (!about) {
			this.element.append(head(this.title), h("p", { class: "nothing" }, "There is no such survey."));
			return;
		}
		this.form.append(...about.scales.map(scale));
		if (about.set) this.form.append(this.choices(...about.set));
		if (kind === "post")
			this.form.append(h("div", { class: "field" }, h("label", { for: "notes" }, "Anything to note?"),
				h("textarea", { id: "notes", name: "notes_post", rows: 3, maxlength: MOST_NOTES })));
		this.form.append(this.wrong, h("div", { class: "answers" }, h("button", { class: "strong big" }, "Keep the answers"),
			h("a", { class: "button big", href: this.back() }, "Skip")));
		this.element.append(head(about.title), h("p", { class: "soft" }, "1 is the worst and 5 the best. What is left out stays out."), this.form);
	}

	private back(): string {
		return this.kind === "post" ? "#/" : `#/session/${this.id}`;
	}

	private choices(name: string, question: string, words: string[]): HTMLElement {
		const all = words.map((word) => h("input", { type: "checkbox", name, value: word, onchange: (e) => {
			const changed = e.target as HTMLInputElement;

			// none excludes the others
			if (changed.checked) for (const other of all) if (other !== changed && (word === "none" || other.value === "none")) other.checked = false;
		} }));

		return h("fieldset", { class: "choices" }, h("legend", {}, question),
			...all.map((input) => h("label", {}, input, h("span", {}, upper(plain(input.value))))));
	}

	private answers(): Record<string, unknown> {
		const data = new FormData(this.form), answers: Record<string, unknown> = { kind: this.kind };
		const set = KINDS[this.kind]?.set?.[0];

		for (const name of Object.keys(SCALES)) if (data.get(name)) answers[name] = Number(data.get(name));
		if (set && data.getAll(set).length) answers[set] = data.getAll(set);
		if (String(data.get("notes_post") ?? "").trim()) answers["notes_post"] = String(data.get("notes_post")).trim();
		return answers;
	}

	// An answer during the session belongs to its cycle, and to the values of this moment.
	private moment(): Record<string, unknown> {
		const s = this.house.store.sessions.get(this.id), d = s && this.house.store.device(s.session.device_id);
		const now = d && this.house.store.isCurrent(d) ? d.sample : undefined;

		return { phase_number: s?.session.current_cycle ?? 1, ...(typeof now?.spo2 === "number" ? { spo2_value: now.spo2 } : {}),
			...(typeof now?.heart_rate === "number" ? { hr_value: now.heart_rate } : {}) };
	}

	private async send(): Promise<void> {
		const answers = this.answers();

		if (this.sent) return;
		if (Object.keys(answers).length === 1) return this.say("Answer at least one question, or skip.");
		this.sent = true;
		try {
			await api.survey(this.id, this.kind === "intra" ? { ...answers, ...this.moment() } : answers);
			this.house.say("The answers are kept.");
			if (this.element.isConnected) this.house.go(this.back());   // else somebody has gone on
		} catch (e) {
			this.sent = false;
			this.say(e instanceof Problem ? `Not kept: ${e.message}` : "Not kept.");
		}
	}

	private say(text: string): void {
		this.wrong.textContent = text;
		setHidden(this.wrong, false);
	}
}
