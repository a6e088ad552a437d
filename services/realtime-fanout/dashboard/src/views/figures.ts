// The figures of a session and of its phases, as http-api tells them, in words and units.
import type { PhaseFigures, SessionDetail } from "../api";
import type { Child } from "../dom";
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
	["… spread over cycles", from("desaturation_consistency"), seconds],
	["Volatility of SpO2", from("avg_volatility_total"), points],
	["… in zone", from("avg_volatility_in_zone"), points], ["… out of zone", from("avg_volatility_out_of_zone"), points],
	["Recovery to 95 %, mean", from("avg_spo2_recovery_time"), seconds],
	["… spread over cycles", from("recovery_consistency"), seconds],
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

export const PHASE_HEADS = ["Phase", "Length", "Level", "Mean SpO2", "Lowest", "Target", "In zone", "To below 90", "Below 83", "Volatility",
	"Mask lifts", "Highest pulse", "To 95 %", "Pulse down, 60 s", "Slope, %/s", "Ended by", "Cycle score"];
export const PHASE_NUMBERS = PHASE_HEADS.map((_head, i) => i > 0 && i !== 15);

// Its targets and what ended it are as the gateway recorded them.
export function phaseRow(p: PhaseFigures, d: SessionDetail): Child[] {
	const recorded = d.session_phase_stats.find((r) => r.phase_type === p.phase_type && r.phase_number === p.cycle_number);
	const of = (name: string, show: (v: number) => string): string => shown(p[name] as Value, show);

	return [`${phaseWord(p.phase_type)} ${p.cycle_number}`, of("duration_seconds", duration), of("altitude_level", whole),
		of("avg_spo2", percent), of("min_spo2", percent), recorded ? `${recorded.target_min_spo2}–${recorded.target_max_spo2}` : "–",
		of("time_in_therapeutic_zone", duration), of("time_to_therapeutic_zone", seconds), of("time_below_83", seconds),
		of("spo2_volatility_total", points), of("mask_lift_count", whole), of("peak_heart_rate", beats),
		of("time_to_95_percent_seconds", seconds), of("hr_recovery_60s", beats), of("spo2_recovery_slope", (v) => decimal(v, 2)),
		triggerWord(recorded?.recovery_trigger ?? null) || "–", of("cycle_adaptation_score", whole)];
}
