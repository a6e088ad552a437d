// The last minutes of one device: SpO2 and pulse on one time axis.
import uPlot from "uplot";
import { CHART_S, type Points } from "./store";
import { timeOfDay } from "./words";

const LEAST_S = 60;   // a new chart is not stretched further

const color = (name: string): string =>
	getComputedStyle(document.documentElement).getPropertyValue(name).trim();

// As the page's own type: it is larger on a wall.
const scaled = (): number => parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
const font = (): string => `${Math.round(11 * scaled())}px system-ui, sans-serif`;

function lowest(values: (number | null | undefined)[], least: number): number {
	let low = least;

	for (const v of values) if (typeof v === "number" && v < low) low = v;
	return low;
}

function axis(scale: string, side: 1 | 3, stroke: string, grid: boolean): uPlot.Axis {
	return { scale, side, stroke: color(stroke), size: 34 * scaled(), gap: 2, font: font(),
		space: 26, ticks: { show: false },
		grid: { show: grid, stroke: color("--line"), width: 1 } };
}

function options(width: number, height: number): uPlot.Options {
	const line = (label: string, scale: string, stroke: string, dash?: number[]): uPlot.Series => ({
		label, scale, stroke: color(stroke), width: 2, points: { show: false }, spanGaps: false,
		...(dash ? { dash } : {}) });

	return {
		width, height, legend: { show: false }, cursor: { show: false },
		padding: [6, 0, 0, 0],
		scales: {
			x: { time: true, range: (_u, min, max) => [Math.max(max - CHART_S, Math.min(min, max - LEAST_S)), max] },
			spo2: { range: (u) => [Math.floor(lowest((u.data[1] ?? []) as (number | null)[], 82) / 5) * 5 - 2, 100.5] },
			pulse: { range: (_u, min, max) => [Math.min(40, min ?? 40), Math.max(130, max ?? 130)] },
		},
		series: [{}, line("SpO2", "spo2", "--spo2"), line("Pulse", "pulse", "--pulse", [5, 3])],
		axes: [
			{ stroke: color("--soft"), font: font(), size: 22 * scaled(), space: 70 * scaled(),
				incrs: [60, 120], values: (_u, at) => at.map((s) => timeOfDay(s * 1e6)),
				grid: { show: false }, ticks: { show: false } },
			axis("spo2", 3, "--spo2", true), axis("pulse", 1, "--pulse", false),
		],
	};
}

export class Chart {
	private plot: uPlot | undefined;
	private readonly watcher: ResizeObserver;

	constructor(private readonly where: HTMLElement) {
		this.watcher = new ResizeObserver(() => {
			if (this.plot && where.clientWidth > 0)
				this.plot.setSize({ width: where.clientWidth, height: where.clientHeight });
		});
		this.watcher.observe(where);
	}

	show(points: Points): void {
		if (!this.where.clientWidth) return;
		if (this.plot) this.plot.setData(points);
		else this.plot = new uPlot(options(this.where.clientWidth, this.where.clientHeight), points, this.where);
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
