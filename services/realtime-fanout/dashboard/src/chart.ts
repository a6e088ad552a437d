// The last minutes of one device: SpO2 and pulse on one time axis.
import uPlot from "uplot";
import { CHART_S, type Points } from "./store";

const HEIGHT = 132;

const color = (name: string): string =>
	getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function lowest(values: (number | null | undefined)[], least: number): number {
	let low = least;

	for (const v of values) if (typeof v === "number" && v < low) low = v;
	return low;
}

function axis(scale: string, side: 1 | 3, stroke: string, grid: boolean): uPlot.Axis {
	return { scale, side, stroke: color(stroke), size: 34, gap: 2, font: "11px system-ui, sans-serif",
		space: 26, ticks: { show: false },
		grid: { show: grid, stroke: color("--line"), width: 1 } };
}

function options(width: number): uPlot.Options {
	const line = (label: string, scale: string, stroke: string, dash?: number[]): uPlot.Series => ({
		label, scale, stroke: color(stroke), width: 2, points: { show: false }, spanGaps: false,
		...(dash ? { dash } : {}) });

	return {
		width, height: HEIGHT, legend: { show: false }, cursor: { show: false },
		padding: [6, 0, 0, 0],
		scales: {
			x: { time: true, range: (_u, _min, max) => [max - CHART_S, max] },
			spo2: { range: (u) => [Math.floor(lowest((u.data[1] ?? []) as (number | null)[], 82) / 5) * 5 - 2, 100.5] },
			pulse: { range: (_u, min, max) => [Math.min(40, min ?? 40), Math.max(130, max ?? 130)] },
		},
		series: [{}, line("SpO2", "spo2", "--spo2"), line("Pulse", "pulse", "--pulse", [5, 3])],
		axes: [
			{ stroke: color("--soft"), font: "11px system-ui, sans-serif", size: 22, space: 70,
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
			if (this.plot && this.plot.width !== where.clientWidth && where.clientWidth > 0)
				this.plot.setSize({ width: where.clientWidth, height: HEIGHT });
		});
		this.watcher.observe(where);
	}

	show(points: Points): void {
		if (!this.where.clientWidth) return;
		if (this.plot) this.plot.setData(points);
		else this.plot = new uPlot(options(this.where.clientWidth), points, this.where);
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
