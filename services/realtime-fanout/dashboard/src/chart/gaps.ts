// Where no line may be drawn: values further apart than one of them is current.
import type uPlot from "uplot";
import { CURRENT_MS } from "../store";

const MOST_S = CURRENT_MS / 1000;

export function stretchesWithout(times: ArrayLike<number>): { from: number; to: number }[] {
	const found: { from: number; to: number }[] = [];

	for (let i = 1; i < times.length; i++) {
		const from = times[i - 1] ?? 0, to = times[i] ?? 0;

		if (to - from > MOST_S) found.push({ from, to });
	}
	return found;
}

// Added to uPlot's own, which are of nulls: in order, none within another.
export function gaps(u: uPlot, _series: number, _from: number, _to: number, ofNulls: uPlot.Series.Gaps): uPlot.Series.Gaps {
	const x = (at: number): number => u.valToPos(at, "x", true);
	const all = [...ofNulls, ...stretchesWithout(u.data[0]).map(({ from, to }): [number, number] => [x(from), x(to)])];
	let end = -Infinity;

	all.sort((a, b) => a[0] - b[0]);
	for (const gap of all) gap[1] = end = Math.max(end, gap[1]);
	return all;
}
