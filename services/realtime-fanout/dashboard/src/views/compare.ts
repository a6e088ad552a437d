// Two sessions over the same time since their start.
import uPlot from "uplot";
import { api, type Reading, type SessionDetail } from "../api";
import { breaksIn, broken, type Rows } from "../columns";
import { h } from "../dom";
import { duration, moment } from "../time";
import { CoursePart } from "./course";
import { figureRows } from "./figures";
import { head, panel, table, trouble, waiting } from "./parts";
import type { House, View } from "./view";

interface Run { detail: SessionDetail; readings: Reading[] }

// One row a second since its start: the last value in it.
function rowsOf({ detail, readings }: Run, of: (r: Reading) => number | null): Rows {
	const startMs = Date.parse(detail.start_time), last = new Map<number, number | null>();

	for (const r of readings) last.set(Math.floor((Date.parse(r.timestamp) - startMs) / 1000), of(r));
	const times = [...last.keys()].filter((t) => t >= 0);

	return broken([times, times.map((t) => last.get(t))], breaksIn(times));
}

// On one time axis.  A break of the one is a break over all rows that the other has in it.
function side(runs: Run[], of: (r: Reading) => number | null): Rows {
	const tables = runs.map((run) => rowsOf(run, of) as uPlot.AlignedData);

	return uPlot.join(tables, tables.map(() => [0, 2])) as Rows;
}

export class Compare implements View {
	readonly element = h("div");
	readonly title = "Compare two sessions";
	private readonly body = h("div", { class: "stack" });
	private readonly course = new CoursePart();

	constructor(private readonly house: House, a: string, b: string) {
		this.element.append(head("Compare two sessions", h("a", { class: "button", href: "#/history" }, "Other sessions")), this.body);
		this.body.append(waiting());
		void this.load([a, b]);
	}

	repaint(): void {
		this.course.repaint();
	}

	close(): void {
		this.course.close();
	}

	private async load(ids: string[]): Promise<void> {
		try {
			const found = await Promise.all(ids.map(async (id): Promise<Run> => {
				const [detail, readings] = await Promise.all([api.session(id), api.readings(id)]);

				return { detail, readings };
			}));

			this.show(found.sort((a, b) => Date.parse(a.detail.start_time) - Date.parse(b.detail.start_time)));
		} catch (e) {
			this.body.replaceChildren(trouble(e));
		}
	}

	private show(runs: Run[]): void {
		const details = runs.map(({ detail }) => detail);
		const names = details.map((d, i) => `${"AB"[i]}: ${this.house.people.name(d.user_id)}, ${moment(Date.parse(d.start_time))}`);
		const rows = figureRows(details);

		this.body.replaceChildren(
			h("ul", { class: "keys" }, ...names.map((name, i) => h("li", {}, h("span", { class: `stroke stroke-${i}`, "aria-hidden": "true" }),
				h("a", { href: `#/session/${details[i]?.id}` }, name)))),
			this.course.element,
			panel("Figures", table("Figures of both sessions", ["Figure", "A", "B", "B less A"], rows, [false, true, true, true])));
		this.course.show({ names: ["A", "B"], spo2: side(runs, (r) => r.spo2), pulse: side(runs, (r) => r.heart_rate),
			under: { spans: [], marks: [], gaps: [], subtype: null, words: false }, tell: duration, axis: duration });
	}
}
