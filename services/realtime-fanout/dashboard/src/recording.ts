// The course of one session: what the cloud has of it, and what came live since.  It reaches the
// cloud later than it is seen, and a page is open longer than the five minutes that the store keeps.
import type { Reading } from "./api";
import type { Span } from "./chart/paint";
import type { Rows } from "./columns";
import { noPoints, type Points } from "./points";

const AGAIN_MS = 300_000;    // so late may come what the oximeter kept in its memory
const MOST_LIVE = 20_000;    // of a cloud that stays away

const momentOf = (r: Reading): number => Date.parse(r.timestamp);

export class Recording {
	readings: Reading[] = [];
	spans: Span[] = [];      // phases as the readings tell them
	private kept = noPoints();
	private live = noPoints();

	// From when on the cloud is asked again.
	get since(): string {
		const last = this.readings.at(-1);

		return last ? new Date(momentOf(last) - AGAIN_MS).toISOString() : "";
	}

	get endS(): number {
		return this.live[0].at(-1) ?? this.kept[0].at(-1) ?? 0;
	}

	// `from` "": all that the cloud has.
	take(from: string, readings: Reading[]): void {
		this.readings = from ? [...this.readings.filter((r) => momentOf(r) < Date.parse(from)), ...readings] : readings;
		this.kept = [this.readings.map((r) => momentOf(r) / 1000), this.readings.map((r) => r.spo2), this.readings.map((r) => r.heart_rate)];
		this.spans = spansOf(this.readings);
		this.takeLive(this.live, 0, Infinity);
	}

	// What the store has of the last minutes, as far as it belongs to the session.
	takeLive(points: Points, fromS: number, toS: number): void {
		const first = points[0][0] ?? Infinity, keptS = this.kept[0].at(-1) ?? 0;
		const before = this.live[0].map((t) => t > keptS && t < first);
		const now = points[0].map((t) => t > keptS && t >= fromS && t <= toS);

		this.live = this.live.map((column, n) => [...column.filter((_v, i) => before[i]),
			...points[n as 0 | 1 | 2].filter((_v, i) => now[i])].slice(-MOST_LIVE)) as Points;
	}

	rows(): Rows {
		return this.kept.map((column, n) => [...column, ...this.live[n as 0 | 1 | 2]]) as Rows;
	}
}

// A new one where phase or cycle change.
function spansOf(readings: Reading[]): Span[] {
	const spans: Span[] = [];

	for (const r of readings) {
		const at = momentOf(r) / 1000, last = spans.at(-1);

		if (last) last.to = at;
		if (!last || last.phase !== r.phase_type || last.cycle !== r.cycle_number)
			spans.push({ from: at, to: at, phase: r.phase_type, cycle: r.cycle_number });
	}
	return spans;
}
