// The last minutes of one device, for its chart.  Pure.
import type { Sample } from "./frames";

export const CHART_S = 300;

export type Points = [seconds: number[], spo2: (number | null)[], pulse: (number | null)[]];

export const noPoints = (): Points => [[], [], []];

const secondOf = (sample: Sample): number => Math.floor(sample.taken_us / 1e6);

// A time before the last one: a recording begins again, or the clock was set back.  Then what there
// is moves with it, as it was taken just before.
function turnBack(points: Points, at: number, sample: Sample): Points {
	const back = (points[0].at(-1) ?? at) + 1 - at;

	return sample.data_source === "manual" ? noPoints() : [points[0].map((t) => t - back), points[1], points[2]];
}

export function addPoint(before: Points, sample: Sample): Points {
	const at = secondOf(sample), last = before[0].at(-1);

	if (at === last) return before;
	const points = last !== undefined && at < last ? turnBack(before, at, sample) : before;

	points[0].push(at);
	points[1].push(sample.spo2);
	points[2].push(sample.heart_rate);
	while (at - (points[0][0] ?? at) > CHART_S)
		for (const column of points) column.shift();
	return points;
}

// Out of the oximeter's own memory: fills the line.
export function recallPoint([times, spo2, pulse]: Points, sample: Sample): void {
	const at = secondOf(sample), newest = times.at(-1) ?? at;
	const place = times.findIndex((t) => t >= at);

	if (place < 0 || times[place] === at || newest - at > CHART_S) return;
	times.splice(place, 0, at);
	spo2.splice(place, 0, sample.spo2);
	pulse.splice(place, 0, sample.heart_rate);
}

// What a snapshot has, and before it what was here: a gateway that has just started knows little.
export function joinPoints(here: Points, given: Points): Points {
	const begin = given[0][0], end = given[0].at(-1);

	if (begin === undefined || end === undefined) return here;
	const kept = here[0].map((t) => t < begin && t >= end - CHART_S);
	const part = <T>(column: T[]): T[] => column.filter((_, i) => kept[i]);

	return [[...part(here[0]), ...given[0]], [...part(here[1]), ...given[1]], [...part(here[2]), ...given[2]]];
}
