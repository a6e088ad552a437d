// Two sessions over the same time since their start.
import { api, type Reading, type SessionDetail } from "../api";
import { CourseChart, type Columns } from "../chart/course";
import { h } from "../dom";
import { duration, moment } from "../time";
import { figureRows } from "./figures";
import { chartParts } from "./session";
import { head, panel, table, trouble, waiting } from "./parts";
import type { House, View } from "./view";

const STEP_S = 1;

// One row a second: the last value of each session in it.
export function align(all: { startMs: number; readings: Reading[] }[], of: (r: Reading) => number | null): Columns {
	const seconds = all.map(({ startMs, readings }) => {
		const column: (number | null)[] = [];

		for (const r of readings) {
			const at = Math.floor((Date.parse(r.timestamp) - startMs) / 1000 / STEP_S);

			if (at >= 0) column[at] = of(r);
		}
		return column;
	});
	const n = Math.max(...seconds.map((c) => c.length));

	return [Array.from({ length: n }, (_x, i) => i * STEP_S), ...seconds.map((c) => Array.from({ length: n }, (_x, i) => c[i] ?? null))];
}

export class Compare implements View {
	readonly element = h("div");
	readonly title = "Compare two sessions";
	private readonly body = h("div", { class: "stack" });
	private readonly parts = chartParts();
	private readonly chart = new CourseChart(this.parts.spo2, this.parts.pulse, this.parts.readout);

	constructor(private readonly house: House, a: string, b: string) {
		this.element.append(head("Compare two sessions", h("a", { class: "button", href: "#/history" }, "Other sessions")), this.body);
		this.body.append(waiting());
		void this.load([a, b]);
	}

	repaint(): void {
		this.chart.paintAgain();
	}

	close(): void {
		this.chart.close();
	}

	private async load(ids: string[]): Promise<void> {
		try {
			const [found, values] = await Promise.all([Promise.all(ids.map((id) => api.session(id))), Promise.all(ids.map((id) => api.readings(id)))]);

			const all = found.map((detail, i) => ({ detail, startMs: Date.parse(detail.start_time), readings: values[i] ?? [] }))
				.sort((a, b) => a.startMs - b.startMs);

			this.show(all.map(({ detail }) => detail), all);
		} catch (e) {
			this.body.replaceChildren(trouble(e));
		}
	}

	private show(details: SessionDetail[], all: { startMs: number; readings: Reading[] }[]): void {
		const names = details.map((d, i) => `${"AB"[i]}: ${this.house.people.name(d.user_id)}, ${moment(Date.parse(d.start_time))}`);
		const rows = figureRows(details);

		this.body.replaceChildren(
			h("ul", { class: "keys" }, ...names.map((name, i) => h("li", {}, h("span", { class: `stroke stroke-${i}`, "aria-hidden": "true" }),
				h("a", { href: `#/session/${details[i]?.id}` }, name)))),
			this.parts.element,
			panel("Figures", table("Figures of both sessions", ["Figure", "A", "B", "B less A"], rows, [false, true, true, true])));
		this.chart.show({ names: ["A", "B"], spo2: align(all, (r) => r.spo2), pulse: align(all, (r) => r.heart_rate),
			under: { spans: [], marks: [], gaps: [], subtype: null, words: false }, tell: duration });
	}
}
