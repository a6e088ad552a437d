// What a coach can do to a running session.
import { api, Problem } from "../api";
import { h, icon, setHidden, setText, type IconName } from "../dom";
import { nextSteps, progressOf, type Step } from "../plan";
import type { SessionState } from "../store";
import { phaseWord } from "../words";
import { confirm } from "./confirm";
import type { House } from "./view";

export class Controls {
	readonly element: HTMLElement;
	private readonly buttons = new Map<string, HTMLButtonElement>();
	private busy = false;

	constructor(private readonly house: House, private readonly id: string, readonly where: "card" | "session") {
		const add = (name: string, sign: IconName, text: string, act: () => void): HTMLButtonElement => {
			const b = h("button", { type: "button", class: `act act-${name}`, onclick: act }, icon(sign), h("span", {}, text));

			this.buttons.set(name, b);
			return b;
		};

		this.element = h("div", { class: `controls controls-${where}`, role: "group", "aria-label": "This session" },
			add("lift", "lift", "Mask lift", () => void this.lift()),
			add("pause", "pause", "Pause", () => void this.pause()),
			add("resume", "play", "Go on", () => void this.resume()),
			add("next", "next", "Next", () => void this.next(0)),
			add("other", "next", "Next", () => void this.next(1)),
			add("stop", "stop", "Stop", () => void this.stop()));
	}

	update(): void {
		const s = this.state();

		setHidden(this.element, !s || s.endedMs !== undefined);
		if (!s || s.endedMs !== undefined) return;
		const [step, other] = stepsOf(s), { elapsed, planned, paused } = progressOf(s.session, this.house.store.nowMs());

		this.show("lift", s.session.current_phase === "ALTITUDE", "Mask lift");
		this.show("pause", ["ALTITUDE", "RECOVERY", "TRANSITION"].includes(s.session.current_phase ?? ""), "Pause");
		this.show("resume", paused, "Go on");
		this.show("next", !paused, !step ? "" : s.session.current_phase ? stepWord(step) : `Begin ${stepWord(step).toLowerCase()}`);
		this.show("other", !paused && other !== undefined, other ? stepWord(other) : "");
		this.show("stop", true, "Stop");
		this.buttons.get("next")?.classList.toggle("due", (elapsed ?? 0) >= (planned ?? Infinity) || !s.session.current_phase);
		for (const b of this.buttons.values()) b.setAttribute("aria-disabled", String(this.busy));
	}

	private state(): SessionState | undefined {
		return this.house.store.sessions.get(this.id);
	}

	private show(name: string, there: boolean, text: string): void {
		const b = this.buttons.get(name), words = b?.lastElementChild, s = this.state();

		if (!b || !words || !s) return;
		setHidden(b, !there);
		setText(words, text);
		b.setAttribute("aria-label", `${text}: ${this.house.people.name(s.session.user_id)}`);
	}

	// One at a time: who presses twice means it once.
	private async act(what: () => Promise<string>): Promise<void> {
		if (this.busy) return;
		this.busy = true;
		this.update();
		try {
			this.house.say(await what());
		} catch (e) {
			this.house.say(e instanceof Problem ? `Not done: ${e.message}` : "Not done.");
		}
		this.busy = false;
		this.update();
	}

	// With its value, unless that is not what is now.
	private lift(): Promise<void> {
		const s = this.state(), d = s && this.house.store.device(s.session.device_id);
		const now = d && this.house.isLive() && this.house.store.isCurrent(d) && !d.sample?.invalid ? d.sample?.spo2 : undefined;

		return this.act(async () => {
			await api.event(this.id, { event_type: "mask_lift",
				...(s?.session.current_cycle ? { altitude_phase_number: s.session.current_cycle } : {}),
				...(typeof now === "number" ? { spo2_value: Math.round(now) } : {}) });
			return "Mask lift is noted.";
		});
	}

	private pause(): Promise<void> {
		return this.act(async () => {
			await api.phase(this.id, { phase: "PAUSED" });
			return "The session is paused.";
		});
	}

	private resume(): Promise<void> {
		const s = this.state();

		return this.act(async () => {
			await api.phase(this.id, { phase: s?.session.paused_phase || "ALTITUDE",
				...(s?.session.current_cycle ? { cycle: s.session.current_cycle } : {}) });
			return "The session goes on.";
		});
	}

	private async next(which: 0 | 1): Promise<void> {
		const s = this.state(), step = s && stepsOf(s)[which];

		if (!s || !step) return;
		if (step.last) return this.stop();
		await this.act(async () => {
			await api.phase(this.id, { phase: step.phase, cycle: step.cycle,
				...(s.session.current_phase === "RECOVERY" ? { recovery_trigger: "manual" } : {}) });
			return `${phaseWord(step.phase)} has begun.`;
		});
	}

	private async stop(): Promise<void> {
		const s = this.state();

		if (!s) return;
		const how = await confirm(`End the session of ${this.house.people.name(s.session.user_id)}?`, "What was recorded stays.",
			[{ value: "completed", text: "End: completed" }, { value: "terminated", text: "End: broken off" }, { value: "", text: "Go on" }]);

		if (!how) return;
		await this.act(async () => {
			await api.stop(this.id, how);
			this.house.go(`#/survey/post/${this.id}`);
			return "The session has ended.";
		});
	}
}

const stepWord = (step: Step): string => step.last ? "Finish" : phaseWord(step.phase);

// With the phase before a transition, when it was seen: not one from before a hole in what was.
const stepsOf = (s: SessionState): Step[] =>
	nextSteps(s.session, s.phases.findLast(({ phase }) => phase === null || phase === "ALTITUDE" || phase === "RECOVERY"));
