// One or two whole sessions: SpO2 above, pulse below, on one time axis.
import uPlot from "uplot";
import { valueAt, type Column, type Rows } from "../columns";
import { LIFT, LIFT_TWICE, MASK_OFF } from "../rules";
import { color, font, paintUnder, scaled, type Under } from "./paint";

export interface Course {
	spo2: Rows;                  // of each session
	pulse: Rows;
	names: string[];             // of the sessions
	under: Under;
	axis: (x: number) => string; // a moment in words, as short as the axis wants it
	tell: (x: number) => string;
}

const LOWEST = 72;
const LEAST_S = 10;      // is always in sight
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

// now: the course as it is whenever something is drawn
function options(now: () => Course, scale: "spo2" | "pulse", width: number, height: number, told: (u: uPlot) => void): uPlot.Options {
	const isSpo2 = scale === "spo2";

	return {
		width, height, padding: [8, 12, 0, 0], legend: { show: false },
		cursor: { sync: { key: "course" }, y: false, drag: { x: true, y: false }, points: { size: 7 } },
		scales: {
			x: { time: false },
			spo2: { range: (u) => [least(u) - 1, 105] },  // over 100 the phases have their names
			pulse: { range: (_u, min, max) => [Math.min(40, min ?? 40), Math.max(120, max ?? 120)] },
		},
		series: series(now().names, scale, isSpo2 ? lines : pulses),
		axes: [
			{ stroke: color("--soft"), font: font(), size: 24 * scaled(), space: 80 * scaled(), ticks: { show: false },
				incrs: [30, 60, 120, 300, 600, 1200, 1800, 3600], values: (_u, at) => at.map(now().axis),
				grid: { show: false } },
			{ scale, stroke: color(isSpo2 ? "--spo2" : "--pulse"), font: font(), size: 40 * scaled(), ticks: { show: false },
				grid: { stroke: color("--line"), width: 1 }, ...(isSpo2 ? { splits: () => [MASK_OFF, LIFT_TWICE, LIFT, 90, 95, 100] } : {}) },
		],
		hooks: { drawClear: [(u) => paintUnder(u, now().under, isSpo2)], setCursor: [told] },
	};
}

// The row whose moment is nearest.
function nearest(times: number[], x: number): number {
	const after = times.findIndex((t) => t >= x), at = after < 0 ? times.length - 1 : after;
	const before = Math.max(0, at - 1);

	return x - (times[before] ?? x) < (times[at] ?? x) - x ? before : at;
}

export class CourseChart {
	private plots: uPlot[] = [];
	private course: Course | undefined;
	private at: number | undefined;    // the moment that is read
	private readonly watcher: ResizeObserver;

	// told: another place is read, at `x` of the time axis
	constructor(private readonly spo2: HTMLElement, private readonly pulse: HTMLElement,
		private readonly told: (text: string, x: number) => void) {
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
			const whole = this.isWhole(old);

			this.plots.forEach((p, i) => p.batch(() => {
				p.setData((i ? course.pulse : course.spo2) as uPlot.AlignedData, whole);
				if (!whole) p.redraw();
			}));
			if (this.at !== undefined && document.activeElement === this.spo2) this.read(this.at);
			return;
		}
		this.paintAgain();
	}

	paintAgain(): void {
		const course = this.course;

		this.forget();
		if (!course || !this.spo2.clientWidth) return;
		for (const [scale, where] of [["spo2", this.spo2], ["pulse", this.pulse]] as const)
			this.plots.push(new uPlot(options(() => this.course ?? course, scale, where.clientWidth, where.clientHeight, (u) => this.tell(u)),
				course[scale] as uPlot.AlignedData, where));
	}

	get ends(): [number, number] {
		const times = this.course?.spo2[0] ?? [];

		return [times[0] ?? 0, times.at(-1) ?? 1];
	}

	zoom(min: number, max: number): void {
		for (const p of this.plots) p.batch(() => p.setScale("x", { min, max }));
	}

	zoomOut(): void {
		this.zoom(...this.ends);
	}

	// Around what is read, or the middle of what is in sight; `by` 0.5: half of it is left.
	magnify(by: number): void {
		const [least, most] = this.ends, [min, max] = this.inSight(), length = Math.min(most - least, Math.max(LEAST_S, (max - min) * by));
		const middle = this.at !== undefined && this.at >= min && this.at <= max ? this.at : (min + max) / 2;
		const from = Math.max(least, Math.min(most - length, middle - length / 2));

		this.zoom(from, from + length);
	}

	// Reads the value next to a moment, and moves what is in sight there.
	read(x: number): void {
		const times = this.course?.spo2[0] ?? [], at = times[nearest(times, x)], [min, max] = this.inSight();

		if (at === undefined) return;
		const off = at < min ? at - min : at > max ? at - max : 0;

		if (off) this.zoom(min + off, max + off);
		for (const p of this.plots) p.setCursor({ left: p.valToPos(at, "x"), top: 0 });
	}

	// `rows` on, or `seconds`; where nothing is read yet, from the first in sight.
	move(rows: number, seconds = 0): void {
		const times = this.course?.spo2[0] ?? [];
		const row = this.at === undefined ? undefined : Math.max(0, Math.min(times.length - 1, nearest(times, this.at) + rows));
		const x = row === undefined ? this.inSight()[0] : times[row];

		if (x !== undefined) this.read(x + seconds);
	}

	close(): void {
		this.watcher.disconnect();
		this.forget();
	}

	private inSight(): [number, number] {
		const { min, max } = this.plots[0]?.scales["x"] ?? {};

		return [min ?? this.ends[0], max ?? this.ends[1]];
	}

	private isWhole(course: Course): boolean {
		const times = course.spo2[0], [min, max] = this.inSight();

		return !times.length || (min === times[0] && max === times.at(-1));
	}

	private forget(): void {
		for (const p of this.plots) p.destroy();
		this.plots = [];
	}

	private tell(u: uPlot): void {
		const i = u.cursor.idx, course = this.course;

		if (i === null || i === undefined || !course || u !== this.plots[0]) return;
		const x = course.spo2[0][i] ?? 0, values = course.names.map((name, n) => {
			const spo2 = valueAt(course.spo2[n + 1] as Column, i), pulse = valueAt(course.pulse[n + 1] as Column, i);

			return `${course.names.length > 1 ? name + " " : ""}SpO2 ${spo2 ?? "–"} %, pulse ${pulse ?? "–"}`;
		});

		this.at = x;
		this.told(`${course.tell(x)} · ${values.join(" · ")}`, x);
	}
}
