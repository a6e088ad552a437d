// One session, running or over: its whole course, what happened in it, and its figures.
import { api, Problem, type Reading, type SessionDetail } from "../api";
import { CourseChart, type Columns, type Course } from "../chart/course";
import type { Span } from "../chart/paint";
import { h, icon, setHidden } from "../dom";
import type { SessionState } from "../store";
import { moment, timeOfDay, timeWithSeconds } from "../time";
import { decimal, eventWord, gapWord, plain, statusWord, upper } from "../words";
import { Card } from "./card";
import { askFor } from "./confirm";
import { figureRows, PHASE_HEADS, PHASE_NUMBERS, phaseRow } from "./figures";
import { facts, head, panel, table, trouble, waiting } from "./parts";
import type { House, View } from "./view";

export function chartParts(): { element: HTMLElement; spo2: HTMLElement; pulse: HTMLElement; readout: HTMLElement; zooms: HTMLElement } {
	const spo2 = h("div", { class: "course course-spo2" }), pulse = h("div", { class: "course course-pulse" });
	const readout = h("p", { class: "readout" }, "Point at a line to read it; draw over a part to see it larger, twice to see all again."), zooms = h("div", { class: "zooms", role: "group", "aria-label": "Part of the session" });
	const element = h("section", { class: "panel course-part", "aria-label": "Course" }, zooms,
		h("h2", {}, "SpO", h("sub", {}, "2"), h("span", { class: "unit" }, " %")), spo2,
		h("h2", {}, "Pulse", h("span", { class: "unit" }, " /min")), pulse, readout);

	spo2.setAttribute("role", "img");
	pulse.setAttribute("role", "img");
	spo2.setAttribute("aria-label", "SpO2 over time; the figures of each phase are in the table below");
	pulse.setAttribute("aria-label", "Pulse over time; the figures of each phase are in the table below");
	return { element, spo2, pulse, readout, zooms };
}

// Phases as the readings tell them: a new one where phase or cycle change.
export function spansOfReadings(readings: Reading[]): Span[] {
	const spans: Span[] = [];

	for (const r of readings) {
		const at = Date.parse(r.timestamp) / 1000, last = spans.at(-1);

		if (last) last.to = at;
		if (!last || last.phase !== r.phase_type || last.cycle !== r.cycle_number)
			spans.push({ from: at, to: at, phase: r.phase_type, cycle: r.cycle_number });
	}
	return spans;
}

const MOST_NAME = 40;

export class SessionView implements View {
	readonly element = h("div");
	title = "Session";
	private readonly top = h("div");
	private readonly live = h("div", { class: "live-part" });
	private readonly rest = h("div", { class: "stack" });
	private readonly parts = chartParts();
	private readonly chart = new CourseChart(this.parts.spo2, this.parts.pulse, this.parts.readout);
	private card: Card | undefined;
	private detail: SessionDetail | undefined;
	private readings: Reading[] = [];
	private drawnS = 0;
	private wasRunning = false;

	constructor(private readonly house: House, private readonly id: string) {
		this.element.append(this.top, this.live, this.parts.element, this.rest);
		this.rest.append(waiting());
		setHidden(this.parts.element, true);
		void this.load();
	}

	update(): void {
		const s = this.running();

		if (s && !this.card) {
			this.card = new Card(this.house, this.id, (card) => card.update());
			this.live.replaceChildren(h("ul", { class: "cards one" }, this.card.element), this.surveys());
			this.showHead(s);
		}
		this.card?.update();
		if (s) this.showLive(s);
		// what happened at the end is known as soon as it is in the cloud
		if (this.wasRunning && s?.endedMs !== undefined) window.setTimeout(() => void this.load(), 1500);
		this.wasRunning = s !== undefined && s.endedMs === undefined;
	}

	repaint(): void {
		this.card?.repaint();
		this.chart.paintAgain();
	}

	close(): void {
		this.card?.close();
		this.chart.close();
	}

	private running(): SessionState | undefined {
		return this.house.store.sessions.get(this.id);
	}

	private async load(): Promise<void> {
		try {
			[this.detail, this.readings] = await Promise.all([api.session(this.id), api.readings(this.id)]);
			this.showDetail(this.detail);
		} catch (e) {
			if (this.running() && e instanceof Problem)
				this.rest.replaceChildren(h("p", { class: "soft" }, "Its past is not in the cloud yet, or the cloud is away. What happens now is shown above."));
			else this.rest.replaceChildren(trouble(e));
		}
		this.drawnS = 0;
		this.draw();
	}

	private showHead(s: SessionState | undefined): void {
		const user = this.detail?.user_id ?? s?.session.user_id ?? "", start = this.detail ? Date.parse(this.detail.start_time) : (s?.session.start_us ?? 0) / 1000;

		this.title = `${this.house.people.name(user)}, ${moment(start)}`;
		document.title = `${this.title} · IHHT`;
		this.top.replaceChildren(head(this.house.people.name(user), h("button", { type: "button", onclick: () => void this.rename(user) }, icon("person"), "Name"), h("p", { class: "soft" }, moment(start)),
			h("a", { class: "button", href: s && s.endedMs === undefined ? "#/" : "#/history" }, icon("back"), s && s.endedMs === undefined ? "All sessions" : "History")));
	}

	private async rename(user: string): Promise<void> {
		const name = await askFor("What is this person called?", "Kept in this browser only.", this.house.people.given(user), MOST_NAME);

		if (name === null) return;
		this.house.people.call(user, name);
		this.showHead(this.running());
	}

	private surveys(): HTMLElement {
		return h("p", { class: "asks", role: "group", "aria-label": "Surveys" }, ...[["pre", "Before"], ["intra", "How does it feel?"], ["post", "After"]].map(([kind, text]) =>
			h("a", { class: "button", href: `#/survey/${kind}/${this.id}` }, icon("survey"), text ?? "")));
	}

	// ---- the course

	private columns(): { spo2: Columns; pulse: Columns } {
		const at = this.readings.map((r) => Date.parse(r.timestamp) / 1000);
		const spo2 = this.readings.map((r) => r.spo2), pulse = this.readings.map((r) => r.heart_rate);
		const s = this.running(), from = at.at(-1) ?? 0;

		if (s) {
			const points = this.house.store.device(s.session.device_id).points, first = points[0].findIndex((t) => t > from && t >= s.session.start_us / 1e6);

			if (first >= 0) {
				at.push(...points[0].slice(first));
				spo2.push(...points[1].slice(first));
				pulse.push(...points[2].slice(first));
			}
		}
		return { spo2: [at, spo2], pulse: [at, pulse] };
	}

	private spans(endS: number): Span[] {
		const spans = spansOfReadings(this.readings), lastS = spans.at(-1)?.to ?? 0, marks = this.running()?.phases ?? [];

		marks.forEach((mark, i) => {
			const to = marks[i + 1]?.atS ?? endS;

			if (to > lastS) spans.push({ from: Math.max(mark.atS, lastS), to, phase: mark.phase });
		});
		return spans;
	}

	private course(): Course {
		const columns = this.columns(), endS = columns.spo2[0]?.at(-1) ?? 0, detail = this.detail;
		const lifts = [...(detail?.session_adaptive_events ?? []).filter((e) => e.event_type === "mask_lift").map((e) => Date.parse(e.event_timestamp) / 1000),
			...(this.running()?.events ?? []).filter((e) => e.event_type === "mask_lift").map((e) => (e.event_us ?? 0) / 1e6)];

		return { ...columns, names: ["this session"], tell: (x) => endS - (columns.spo2[0]?.[0] ?? 0) < 600 ? timeWithSeconds(x * 1000) : timeOfDay(x * 1000),
			under: { spans: this.spans(endS), subtype: detail?.session_subtype ?? this.running()?.session.session_subtype ?? null, words: true,
				marks: lifts.map((at) => ({ at, text: "Mask lift" })),
				gaps: (detail?.gaps ?? []).map((g) => ({ from: Date.parse(g.from_time) / 1000, to: Date.parse(g.to_time) / 1000 })) } };
	}

	private draw(): void {
		const course = this.course(), n = course.spo2[0]?.length ?? 0;

		setHidden(this.parts.element, n < 2);
		if (n < 2) return;
		this.chart.show(course);
		this.showZooms(course.under.spans);
	}

	private showLive(s: SessionState): void {
		const last = this.house.store.device(s.session.device_id).points[0].at(-1) ?? 0;

		// a whole course once in two seconds is live enough
		if (last - this.drawnS < 2) return;
		this.drawnS = last;
		this.draw();
	}

	private showZooms(spans: Span[]): void {
		const cycles = [...new Set(spans.map((s) => s.cycle).filter((c): c is number => typeof c === "number"))];

		if (this.parts.zooms.children.length === (cycles.length > 1 ? cycles.length + 1 : 0)) return;
		this.parts.zooms.replaceChildren(...(cycles.length > 1 ? [h("button", { type: "button", onclick: () => this.chart.zoom(NaN, NaN) }, "All"),
			...cycles.map((c) => h("button", { type: "button", onclick: () => {
				const of = spans.filter((s) => s.cycle === c);

				this.chart.zoom(of[0]?.from ?? NaN, of.at(-1)?.to ?? NaN);
			} }, `Cycle ${c}`))] : []));
	}

	// ---- what is known of it

	private showDetail(d: SessionDetail): void {
		this.showHead(this.running());
		this.rest.replaceChildren(
			panel("Figures", facts(figureRows([d]).map(([name, value]): [string, string] => [name ?? "", value ?? ""]))),
			d.phase_figures.length ? panel("Phases", table("Figures of each phase", PHASE_HEADS, d.phase_figures.map((p) => phaseRow(p, d)), PHASE_NUMBERS)) : "",
			h("div", { class: "columns" }, this.happened(d), this.felt(d), this.kept(d)));
	}

	private happened(d: SessionDetail): HTMLElement {
		const rows: [number, string][] = [...d.session_adaptive_events.map((e): [number, string] => [Date.parse(e.event_timestamp),
			`${eventWord(e.event_type)}${e.spo2_value === null ? "" : ` at ${e.spo2_value} %`}`]),
		...d.gaps.map((g): [number, string] => [Date.parse(g.from_time), `Values missing until ${timeWithSeconds(Date.parse(g.to_time))}: ${gapWord(g.reason)}`])];

		rows.sort((a, b) => a[0] - b[0]);
		return panel("Events", rows.length ? h("ul", { class: "events" }, ...rows.map(([at, text]) =>
			h("li", {}, h("time", {}, timeWithSeconds(at)), h("span", {}, text)))) : h("p", { class: "soft" }, "None."));
	}

	private felt(d: SessionDetail): HTMLElement {
		const s = d.session_survey, step = (v: number | null | undefined): string => typeof v === "number" ? `${v} of 5` : "";

		return panel("Surveys", s || d.intra_session_responses.length ? h("div", {},
			s ? table("Before and after", ["Question", "Before", "After"], [["Clarity", step(s.clarity_pre), step(s.clarity_post)], ["Energy", step(s.energy_pre), step(s.energy_post)],
				["Stress", step(s.stress_pre), step(s.stress_post)], ["Session", "", step(s.overall_rating)]]) : null,
			s?.post_symptoms?.length ? h("p", {}, `After: ${s.post_symptoms.map(plain).join(", ")}`) : null,
			s?.notes_post ? h("blockquote", {}, s.notes_post) : null,
			...d.intra_session_responses.map((r) => h("p", {}, `Cycle ${r.phase_number}: clarity ${r.clarity ?? "–"}, energy ${r.energy ?? "–"}, stress ${r.stress_perception ?? r.stress ?? "–"}`,
				r.sensations?.length ? `; ${r.sensations.map(plain).join(", ")}` : "")))
			: h("p", { class: "soft" }, "None was answered."),
		h("p", { class: "asks" }, h("a", { class: "button", href: `#/survey/post/${this.id}` }, icon("survey"), "After the session")));
	}

	private kept(d: SessionDetail): HTMLElement {
		const p = d.progression;

		return panel("About it", facts([["State", upper(statusWord(d.status))], ["Kind", upper(d.session_subtype ?? "training")],
			["Plan", d.total_cycles ? `${d.total_cycles} cycles of ${d.hypoxic_duration ?? "?"} s and ${d.hyperoxic_duration ?? "?"} s` : ""],
			["Oximeter", d.device_id ?? ""], ["Gateway", d.gateway ?? ""], ["Values", decimal(this.readings.length, 0)],
			["In the cloud", d.last_sync_at ? moment(Date.parse(d.last_sync_at)) : d.sync_status ?? ""],
			["Data", d.data_source === "mock" ? "Simulated: of no person" : d.data_source ?? ""],
			["Next time", p ? `Level ${p.recommended_altitude_level}${p.performance ? `, ${p.performance.toLowerCase()}` : ""}` : ""], ["Because", p?.reason ?? ""]]));
	}
}
