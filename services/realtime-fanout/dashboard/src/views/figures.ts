// The figures of a session and of its phases, as http-api tells them, in words and units.
import type { PhaseFigures, PhaseRow, SessionDetail } from "../api";
import { duration } from "../time";
import { decimal, phaseWord, triggerWord } from "../words";
import { lengthOf } from "./history";

type Value = number | null | undefined;
type Figure = [label: string, of: (d: SessionDetail) => Value, show: (v: number) => string];

const percent = (v: number): string => `${decimal(v)} %`;
const whole = (v: number): string => decimal(v, 0);
const seconds = (v: number): string => `${decimal(v, 0)} s`;
const share = (v: number): string => `${decimal(v * 100, 0)} %`;
const beats = (v: number): string => `${decimal(v, 0)} /min`;
const points = (v: number): string => decimal(v);
const from = (name: string): ((d: SessionDetail) => Value) => (d) => d.session_figures[name];

const FIGURES: Figure[] = [
	["Length", (d) => lengthOf(d), duration],
	["Mean SpO2", (d) => d.avg_spo2, percent], ["Lowest SpO2", (d) => d.min_spo2, percent],
	["Highest SpO2", (d) => d.max_spo2, percent],
	["Mean pulse", (d) => d.avg_heart_rate, beats], ["Highest pulse", (d) => d.max_heart_rate, beats],
	["Mask lifts", (d) => d.total_mask_lifts, whole], ["Level at the end", (d) => d.current_altitude_level, whole],
	["Time in zone 85–90 %", from("total_time_in_zone"), duration],
	["Share of altitude in zone", from("therapeutic_efficiency_score"), share],
	["Time below 83 %", from("total_time_below_83"), duration],
	["Time to below 90 %, mean", from("avg_desaturation_rate"), seconds],
	["Time to below 90 %, least", from("min_desaturation_rate"), seconds], ["Time to below 90 %, greatest", from("max_desaturation_rate"), seconds],
	["Time to below 90 %, spread over cycles", from("desaturation_consistency"), seconds],
	["Volatility of SpO2", from("avg_volatility_total"), points],
	["Volatility of SpO2, in zone", from("avg_volatility_in_zone"), points], ["Volatility of SpO2, out of zone", from("avg_volatility_out_of_zone"), points],
	["Recovery to 95 %, mean", from("avg_spo2_recovery_time"), seconds],
	["Recovery to 95 %, least", from("min_spo2_recovery_time"), seconds], ["Recovery to 95 %, greatest", from("max_spo2_recovery_time"), seconds],
	["Recovery to 95 %, spread over cycles", from("recovery_consistency"), seconds],
	["Pulse down after 60 s, mean", from("avg_hr_recovery"), beats],
	["SpO2 10 s after a lift", from("avg_mask_lift_recovery_10s"), points],
	["SpO2 15 s after a lift", from("avg_mask_lift_recovery_15s"), points],
	["Stability score", from("hypoxic_stability_score"), whole],
	["Score of the first cycle", from("first_cycle_score"), whole], ["Score of the last cycle", from("last_cycle_score"), whole],
	["Improvement within", from("intra_session_improvement"), whole],
	["Adaptation index", from("session_adaptation_index"), points],
];

const shown = (v: Value, show: (v: number) => string): string => typeof v === "number" ? show(v) : "–";

// What no session has is left out.
export function figureRows(details: SessionDetail[]): string[][] {
	return FIGURES.filter(([, of]) => details.some((d) => typeof of(d) === "number")).map(([label, of, show]) => {
		const values = details.map(of), [a, b] = values;
		const less = details.length === 2 && typeof a === "number" && typeof b === "number"
			? `${b > a ? "+" : b < a ? "−" : "±"}${show(Math.abs(b - a))}` : "–";

		return [label, ...values.map((v) => shown(v, show)), ...(details.length === 2 ? [less] : [])];
	});
}

// ---- phases

type Column = [head: string, of: string | ((p: PhaseFigures, d: SessionDetail) => string), show?: (v: number) => string];

// Its targets and what ended it are as the gateway recorded them.
const recordOf = (p: PhaseFigures, d: SessionDetail): PhaseRow | undefined =>
	d.session_phase_stats.find((r) => r.phase_type === p.phase_type && r.phase_number === p.cycle_number);

function target(p: PhaseFigures, d: SessionDetail): string {
	const recorded = recordOf(p, d);

	return recorded ? `${recorded.target_min_spo2}–${recorded.target_max_spo2}` : "–";
}

const values: Column[] = [["Length", "duration_seconds", duration], ["Mean SpO2", "avg_spo2", percent], ["Lowest", "min_spo2", percent],
	["Highest", "max_spo2", percent], ["Target", target]];
const pulses: Column[] = [["Highest pulse", "peak_heart_rate", beats], ["Pulse at its end", "hr_at_phase_end", beats]];

const COLUMNS: Record<string, Column[]> = {
	ALTITUDE: [["Level", "altitude_level", whole], ...values, ["In zone", "time_in_therapeutic_zone", duration],
		["Share in zone", "therapeutic_efficiency_score", share], ["To below 90", "time_to_therapeutic_zone", seconds],
		["Below 83", "time_below_83", seconds], ["Volatility", "spo2_volatility_total", points], ["… in zone", "spo2_volatility_in_zone", points],
		["… out of zone", "spo2_volatility_out_of_zone", points], ["Mask lifts", "mask_lift_count", whole], ...pulses,
		["Cycle score", "cycle_adaptation_score", whole]],
	RECOVERY: [...values, ["To 95 %", "time_to_95_percent_seconds", seconds], ["95 % and above", "time_above_95_percent_seconds", seconds],
		["Volatility", "spo2_volatility_total", points], ["Slope, %/s", "spo2_recovery_slope", (v) => decimal(v, 2)], ...pulses,
		["Pulse down, 60 s", "hr_recovery_60s", beats], ["Ended by", (p, d) => triggerWord(recordOf(p, d)?.recovery_trigger ?? null) || "–"]],
};

export interface PhaseTable { title: string; heads: string[]; numbers: boolean[]; rows: string[][] }

// Altitude and recovery have figures of their own: a table for each.
export function phaseTables(d: SessionDetail): PhaseTable[] {
	return Object.entries(COLUMNS).map(([phase, columns]) => ({
		title: `${phaseWord(phase)} phases`, heads: ["Phase", ...columns.map(([head]) => head)],
		numbers: [false, ...columns.map(([, , show]) => show !== undefined)],
		rows: d.phase_figures.filter((p) => p.phase_type === phase).map((p) => [`${phaseWord(phase)} ${p.cycle_number}`,
			...columns.map(([, of, show = whole]) => typeof of === "string" ? shown(p[of] as Value, show) : of(p, d))]),
	})).filter(({ rows }) => rows.length > 0);
}
