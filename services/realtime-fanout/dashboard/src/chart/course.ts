// One or two whole sessions: SpO2 above, pulse below, on one time axis.
import uPlot from "uplot";
import { LIFT } from "../rules";
import { color, font, paintUnder, scaled, type Under } from "./paint";

// Columns: time, then SpO2 (or pulse) of each session.
export type Columns = (number | null)[][];

export interface Course {
	spo2: Columns;
	pulse: Columns;
	names: string[];             // of the sessions
	under: Under;
	tell: (x: number) => string; // a place on the time axis in words
}

const LOWEST = 72;
const DASHES = [undefined, [7, 4]];
const lines = ["--spo2", "--second"], pulses = ["--pulse", "--second"];

function series(names: string[], scale: string, strokes: string[]): uPlot.Series[] {
	return [{}, ...names.map((label, i): uPlot.Series => {
		const dash = DASHES[i];

		return { label, scale, stroke: color(strokes[i] ?? "--ink"), width: 2, points: { show: false }, ...(dash ? { dash } : {}) };
	})];
}

function least(u: uPlot): number {
	let low = LOWEST;

	for (const column of u.data.slice(1)) for (const v of column) if (typeof v === "number" && v < low) low = v;
	return low;
}

function options(course: Course, scale: "spo2" | "pulse", width: number, height: number, told: (u: uPlot) => void): uPlot.Options {
	const isSpo2 = scale === "spo2";

	return {
		width, height, padding: [8, 12, 0, 0], legend: { show: false },
		cursor: { sync: { key: "course" }, y: false, drag: { x: true, y: false }, points: { size: 7 } },
		scales: {
			x: { time: false },
			spo2: { range: (u) => [least(u) - 1, 105] },  // over 100 the phases have their names
			pulse: { range: (_u, min, max) => [Math.min(40, min ?? 40), Math.max(120, max ?? 120)] },
		},
		series: series(course.names, scale, isSpo2 ? lines : pulses),
		axes: [
			{ stroke: color("--soft"), font: font(), size: 24 * scaled(), space: 80 * scaled(), ticks: { show: false },
				incrs: [30, 60, 120, 300, 600, 1200, 1800, 3600], values: (_u, at) => at.map(course.tell),
				grid: { show: false } },
			{ scale, stroke: color(isSpo2 ? "--spo2" : "--pulse"), font: font(), size: 40 * scaled(), ticks: { show: false },
				grid: { stroke: color("--line"), width: 1 }, ...(isSpo2 ? { splits: () => [75, LIFT, 90, 95, 100] } : {}) },
		],
		hooks: { drawClear: [(u) => paintUnder(u, course.under, isSpo2)], setCursor: [told] },
	};
}

export class CourseChart {
	private plots: uPlot[] = [];
	private course: Course | undefined;
	private readonly watcher: ResizeObserver;

	constructor(private readonly spo2: HTMLElement, private readonly pulse: HTMLElement, private readonly readout: HTMLElement) {
		this.watcher = new ResizeObserver(() => {
			this.plots.forEach((p, i) => {
				const where = [this.spo2, this.pulse][i];

				if (where && where.clientWidth && where.clientWidth !== p.width)
					p.setSize({ width: where.clientWidth, height: where.clientHeight });
			});
		});
		this.watcher.observe(spo2);
	}

	show(course: Course): void {
		const old = this.course;

		this.course = course;
		if (old && this.plots.length && old.names.join() === course.names.join()) {
			Object.assign(old.under, course.under);
			course.under = old.under;
			const whole = this.isWhole();

			this.plots.forEach((p, i) => p.setData((i ? course.pulse : course.spo2) as uPlot.AlignedData, whole));
			return;
		}
		this.paintAgain();
	}

	paintAgain(): void {
		const course = this.course;

		this.forget();
		if (!course || !this.spo2.clientWidth) return;
		for (const [scale, where] of [["spo2", this.spo2], ["pulse", this.pulse]] as const)
			this.plots.push(new uPlot(options(course, scale, where.clientWidth, where.clientHeight, (u) => this.told(u)),
				course[scale] as uPlot.AlignedData, where));
	}

	// NaN: all of it.
	zoom(from: number, to: number): void {
		const x = this.course?.spo2[0] ?? [], min = Number.isNaN(from) ? x[0] ?? 0 : from;
		const max = Number.isNaN(to) ? x.at(-1) ?? 1 : to;

		for (const p of this.plots) p.setScale("x", { min, max });
	}

	close(): void {
		this.watcher.disconnect();
		this.forget();
	}

	private isWhole(): boolean {
		const p = this.plots[0], x = p?.data[0];

		return !p || !x?.length || (p.scales["x"]?.min === x[0] && p.scales["x"]?.max === x.at(-1));
	}

	private forget(): void {
		for (const p of this.plots) p.destroy();
		this.plots = [];
	}

	private told(u: uPlot): void {
		const i = u.cursor.idx, course = this.course;

		if (i === null || i === undefined || !course || u !== this.plots[0]) return;
		const values = course.names.map((name, n) => {
			const spo2 = course.spo2[n + 1]?.[i], pulse = course.pulse[n + 1]?.[i];

			return `${course.names.length > 1 ? name + " " : ""}SpO2 ${spo2 ?? "–"} %, pulse ${pulse ?? "–"}`;
		});

		this.readout.textContent = `${course.tell(course.spo2[0]?.[i] ?? 0)} · ${values.join(" · ")}`;
	}
}
