// The figures of a session and of its phases, as http-api tells them, in words and units.
import type { PhaseRow, SessionDetail } from "../api";
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
const from = (name: string): ((d: SessionDetail) => Value) => (d) => d.figures?.[name];

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

export const PHASE_HEADS = ["Phase", "Length", "Level", "Mean SpO2", "Lowest", "Target", "In zone", "Below 83", "To 95 %", "Mask lifts", "Highest pulse", "Ended by"];
export const PHASE_NUMBERS = [false, true, true, true, true, true, true, true, true, true, true, false];

export function phaseRow(p: PhaseRow): Child[] {
	return [`${phaseWord(p.phase_type)} ${p.phase_number}`, shown(p.duration_seconds, duration), shown(p.altitude_level, whole),
		shown(p.avg_spo2, percent), shown(p.min_spo2, percent), p.target_min_spo2 === null ? "–" : `${p.target_min_spo2}–${p.target_max_spo2}`,
		shown(p.time_in_therapeutic_zone, duration), shown(p.time_below_83, seconds), shown(p.time_to_95_percent_seconds, seconds),
		p.phase_type === "ALTITUDE" ? shown(p.mask_lift_count, whole) : "–", shown(p.peak_heart_rate, beats), triggerWord(p.recovery_trigger) || "–"];
}
