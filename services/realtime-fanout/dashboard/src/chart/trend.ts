// The last minutes of one device: SpO2 and pulse on one time axis.
import uPlot from "uplot";
import { breaksIn, broken } from "../columns";
import { LIFT } from "../rules";
import { CHART_S, noPoints, type Points } from "../points";
import { timeOfDay } from "../time";
import { color, font, paintUnder, scaled, type Under } from "./paint";

const LEAST = 24;        // px: below that a line says nothing
const BARE = 80;         // px: below that there is no room for words beside the line
const LEAST_S = 60;      // a new chart is not stretched further
const LOWEST = 72;       // both thresholds are always in sight

function lowest(values: (number | null | undefined)[]): number {
	let low = LOWEST;

	for (const v of values) if (typeof v === "number" && v < low) low = v;
	return low;
}

function axis(scale: string, side: 1 | 3, stroke: string, grid: boolean, split?: number[]): uPlot.Axis {
	return { scale, side, stroke: color(stroke), size: 32 * scaled(), gap: 3, font: font(), space: 22,
		ticks: { show: false }, grid: { show: grid, stroke: color("--line"), width: 1 },
		...(split ? { splits: () => split } : {}) };
}

function options(width: number, height: number, under: Under): uPlot.Options {
	const line = (label: string, scale: string, stroke: string, dash?: number[]): uPlot.Series => ({
		label, scale, stroke: color(stroke), width: dash ? 1.5 : 2.25, points: { show: false },
		...(dash ? { dash } : {}) });

	return {
		width, height, legend: { show: false }, cursor: { show: false }, padding: [6, 0, 0, 0],
		scales: {
			x: { time: true, range: (_u, min, max) => [Math.max(max - CHART_S, Math.min(min, max - LEAST_S)), max] },
			spo2: { range: (u) => [lowest((u.data[1] ?? []) as (number | null)[]) - 1, 101] },
			pulse: { range: (_u, min, max) => [Math.min(30, min ?? 40), Math.max(140, max ?? 140)] },
		},
		series: [{}, line("SpO2", "spo2", "--spo2"), line("Pulse", "pulse", "--pulse", [4, 3])],
		axes: height < BARE ? [{ show: false }, { show: false }, { show: false }] : [
			{ stroke: color("--soft"), font: font(), size: 20 * scaled(), space: 70 * scaled(), gap: 2,
				incrs: [60, 120], values: (_u, at) => at.map((s) => timeOfDay(s * 1000)),
				grid: { show: false }, ticks: { show: false } },
			axis("spo2", 3, "--spo2", true, [75, LIFT, 90, 100]), axis("pulse", 1, "--pulse", false, [60, 100, 140]),
		],
		hooks: { drawClear: [(u) => paintUnder(u, under, true)] },
	};
}

export class Trend {
	private plot: uPlot | undefined;
	private points = noPoints();
	private readonly under: Under = { spans: [], marks: [], gaps: [], subtype: null, words: false };
	private readonly watcher: ResizeObserver;

	constructor(private readonly where: HTMLElement) {
		this.watcher = new ResizeObserver(() => {
			const { clientWidth: width, clientHeight: height } = where;

			if (!this.plot || !width || (width === this.plot.width && height === this.plot.height)) return;
			if (height < BARE === this.plot.height < BARE) return this.plot.setSize({ width, height });
			this.forget();
			this.show(this.points, {});
		});
		this.watcher.observe(where);
	}

	show(points: Points, under: Partial<Under>): void {
		if (!this.where.clientWidth || this.where.clientHeight < LEAST) return;
		const gaps = breaksIn(points[0]), rows = broken(points, gaps) as uPlot.AlignedData;

		this.points = points;
		Object.assign(this.under, under, { gaps });
		if (this.plot) this.plot.setData(rows);
		else this.plot = new uPlot(options(this.where.clientWidth, this.where.clientHeight, this.under), rows, this.where);
	}

	forget(): void {
		this.plot?.destroy();
		this.plot = undefined;
	}

	close(): void {
		this.watcher.disconnect();
		this.forget();
	}
}
