// Columns of a chart out of readings.  Pure.

// null: no value, and no line leads over it; undefined: a row that another column needs.
export type Column = (number | null | undefined)[];
export type Rows = [times: number[], ...columns: Column[]];
export interface Stretch { from: number; to: number }

const LEAST_BREAK_S = 5;
const BREAK_STEPS = 3;

// From which step on something is missing: one oximeter tells a value a second, another one in four.
export function breakOf(times: number[]): number {
	const steps = times.slice(1).map((t, i) => t - (times[i] ?? t)).sort((a, b) => a - b);

	return Math.max(LEAST_BREAK_S, BREAK_STEPS * (steps[steps.length >> 1] ?? 0));
}

export function breaksIn(times: number[]): Stretch[] {
	const most = breakOf(times), found: Stretch[] = [];

	times.forEach((to, i) => {
		const from = times[i - 1] ?? to;

		if (to - from > most) found.push({ from, to });
	});
	return found;
}

// A row of nulls in each break.
export function broken([times, ...columns]: Rows, breaks: Stretch[]): Rows {
	const at: number[] = [], others = columns.map((): Column => []);
	let next = 0;

	times.forEach((t, i) => {
		const gap = breaks[next];

		if (gap && t >= gap.to) {
			next++;
			at.push((gap.from + gap.to) / 2);
			for (const column of others) column.push(null);
		}
		at.push(t);
		columns.forEach((column, n) => others[n]?.push(column[i]));
	});
	return [at, ...others];
}

// What a column has at a row: of a row that only another column needs, the value before it, unless
// it has none after it.
export function valueAt(column: Column, row: number): number | null | undefined {
	let before = row, after = row;

	while (before >= 0 && column[before] === undefined) before--;
	while (after < column.length && column[after] === undefined) after++;
	return after < column.length ? column[before] : undefined;
}
