// What the cloud knows of one session: its figures, what happened in it, what was felt, where it is.
import type { SessionDetail } from "../api";
import { h, icon, type Child } from "../dom";
import { moment, timeWithSeconds } from "../time";
import { decimal, eventWord, gapWord, plain, statusWord, upper } from "../words";
import { figureRows, phaseTables } from "./figures";
import { Changing, facts, panel, table, waiting } from "./parts";

export class Detail {
	private readonly figures = new Changing();
	private readonly phases = new Changing();
	private readonly happened = new Changing();
	private readonly felt = new Changing();
	private readonly kept = new Changing();
	readonly element = h("div", { class: "stack" }, waiting());

	// values: readings that are there
	show(d: SessionDetail, values: number): void {
		const rows = figureRows([d]), phases = phaseTables(d);

		if (!this.figures.element.isConnected)
			this.element.replaceChildren(this.figures.element, this.phases.element,
				h("div", { class: "columns" }, this.happened.element, this.felt.element, this.kept.element));
		this.figures.show(rows, () => [panel("Figures", facts(rows.map(([name = "", value = ""]): [string, string] => [name, value])))]);
		this.phases.show(phases, () => [phases.length > 0 && panel("Phases", ...phases.map(({ title, heads, numbers, rows: cells }) => table(title, heads, cells, numbers)))]);
		this.happened.show([d.session_adaptive_events, d.gaps], () => [happened(d)]);
		this.felt.show([d.session_survey, d.intra_session_responses], () => [felt(d)]);
		const about = aboutIt(d, values);

		this.kept.show(about, () => [panel("About it", facts(about))]);
	}

	// Instead of all that.
	say(what: HTMLElement): void {
		if (this.element.textContent !== what.textContent) this.element.replaceChildren(what);
	}
}

function happened(d: SessionDetail): HTMLElement {
	const rows: [number, string][] = [...d.session_adaptive_events.map((e): [number, string] => [Date.parse(e.event_timestamp),
		`${eventWord(e.event_type)}${e.spo2_value === null ? "" : ` at ${e.spo2_value} %`}`]),
	...d.gaps.map((g): [number, string] => [Date.parse(g.from_time), `Values missing until ${timeWithSeconds(Date.parse(g.to_time))}: ${gapWord(g.reason)}`])];

	rows.sort((a, b) => a[0] - b[0]);
	return panel("Events", rows.length ? h("ul", { class: "events" }, ...rows.map(([at, text]) =>
		h("li", {}, h("time", {}, timeWithSeconds(at)), h("span", {}, text)))) : h("p", { class: "soft" }, "None."));
}

function felt(d: SessionDetail): HTMLElement {
	const s = d.session_survey, step = (v: number | null | undefined): string => typeof v === "number" ? `${v} of 5` : "";
	const answers: Child[] = [
		s && table("Before and after", ["Question", "Before", "After"], [["Clarity", step(s.clarity_pre), step(s.clarity_post)], ["Energy", step(s.energy_pre), step(s.energy_post)],
			["Stress", step(s.stress_pre), step(s.stress_post)], ["Session", "", step(s.overall_rating)]]),
		s?.post_symptoms?.length ? h("p", {}, `After: ${s.post_symptoms.map(plain).join(", ")}`) : null,
		s?.notes_post ? h("blockquote", {}, s.notes_post) : null,
		...d.intra_session_responses.map((r) => h("p", {}, `Cycle ${r.phase_number}: clarity ${r.clarity ?? "–"}, energy ${r.energy ?? "–"}, stress ${r.stress_perception ?? r.stress ?? "–"}`,
			r.sensations?.length ? `; ${r.sensations.map(plain).join(", ")}` : ""))];

	return panel("Surveys", ...(s || d.intra_session_responses.length ? answers : [h("p", { class: "soft" }, "None was answered.")]),
		h("p", { class: "asks" }, h("a", { class: "button", href: `#/survey/post/${d.id}` }, icon("survey"), "After the session")));
}

function aboutIt(d: SessionDetail, values: number): [string, string][] {
	const p = d.progression;

	return [["State", upper(statusWord(d.status))], ["Kind", upper(d.session_subtype ?? "training")],
		["Plan", d.total_cycles ? `${d.total_cycles} cycles of ${d.hypoxic_duration ?? "?"} s and ${d.hyperoxic_duration ?? "?"} s` : ""],
		["Oximeter", d.device_id ?? ""], ["Gateway", d.gateway ?? ""], ["Values", decimal(values, 0)],
		["In the cloud", d.last_sync_at ? moment(Date.parse(d.last_sync_at)) : d.sync_status ?? ""],
		["Data", d.data_source === "mock" ? "Simulated: of no person" : d.data_source ?? ""],
		["Next time", p ? `Level ${p.recommended_altitude_level}${p.performance ? `, ${p.performance.toLowerCase()}` : ""}` : ""], ["Because", p?.reason ?? ""]];
}
