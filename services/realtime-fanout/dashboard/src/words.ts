// Codes of the pipeline in words.
import type { Sample } from "./frames";
import type { Advice, Zone } from "./rules";

const PHASES: Record<string, string> = {
	ALTITUDE: "Altitude", TRANSITION: "Transition", RECOVERY: "Recovery", COMPLETED: "Completed",
	PAUSED: "Paused", WARMUP: "Warm-up",
};
const INVALID: Record<string, string> = {
	no_finger: "No finger in the sensor", searching: "Searching for a pulse",
	low_signal: "Signal too weak", artefact: "Disturbed by movement", sensor_fault: "Sensor fault",
	unavailable: "No value from the device", out_of_range: "Value out of range",
};
const LINKS: Record<string, string> = {
	searching: "searching", connecting: "connecting", streaming: "connected", silent: "silent",
	lost: "connection lost", off: "off", seen: "in range, not ours", refused: "refuses pairing",
	stranger: "not an oximeter",
};
const STATUS: Record<string, string> = {
	active: "running", completed: "completed", abandoned: "abandoned", force_ended: "ended by force",
	terminated: "terminated",
};
const EVENTS: Record<string, string> = {
	mask_lift: "Mask lift", dial_adjustment: "Dial changed", recovery_complete: "Recovery complete",
	altitude_phase_complete: "Altitude phase complete",
};
const GAPS: Record<string, string> = {
	link_lost: "connection lost", device_silent: "device silent", spool_full: "recorder was full",
	source_gap: "not in the recording", clock_step: "clock was set",
};
const TRIGGERS: Record<string, string> = {
	spo2_stabilized: "SpO2 was stable", time_limit: "time was over", manual: "by hand",
};

export const phaseWord = (phase: string | null | undefined): string => PHASES[phase ?? ""] ?? "No phase yet";
export const invalidWord = (code: string): string => INVALID[code] ?? code;
export const linkWord = (state: string | null): string => LINKS[state ?? ""] ?? "state unknown";
export const statusWord = (status: string | null): string => STATUS[status ?? ""] ?? "over";
export const eventWord = (type: string | null): string => EVENTS[type ?? ""] ?? "Event";
export const gapWord = (reason: string | null): string => GAPS[reason ?? ""] ?? "values missing";
export const triggerWord = (trigger: string | null): string => TRIGGERS[trigger ?? ""] ?? "";

// "neck_tension" as "neck tension"
export const plain = (code: string): string => code.replaceAll("_", " ");
export const upper = (text: string): string => text.slice(0, 1).toUpperCase() + text.slice(1);

export function adviceWord(advice: Advice, zone: Zone | undefined, recovering: boolean): string {
	const range = zone ? `${zone.min}–${zone.max}` : "";

	switch (advice) {
	case "mask_off": return "Mask off now";
	case "lift_twice": return "Lift mask, two breaths";
	case "lift": return "Lift mask, one breath";
	case "below": return recovering ? `Coming up to ${zone?.min}` : `Below target ${range}`;
	case "above": return `Above target ${range}`;
	case "in": return `In target ${range}`;
	case "none": return "";
	}
}

export type Quality = "good" | "fair" | "weak" | "none" | "unknown";

// Bits of the PLX device-and-sensor status that speak of the signal: inadequate, poor, low
// perfusion, erratic, non-pulsatile, interference.
const POOR_STATUS = [3, 4, 5, 6, 7, 10];

// Perfusion: below 0.4 % oximeters begin to err, from 1 % on they are at ease.
export function qualityOf(sample: Sample | undefined): Quality {
	if (!sample) return "unknown";
	if (sample.invalid) return "none";
	const { status, perfusion_index: perfusion } = sample;

	if (typeof status === "number" && POOR_STATUS.some((bit) => Math.floor(status / 2 ** (16 + bit)) % 2)) return "weak";
	if (typeof perfusion === "number") return perfusion < 0.4 ? "weak" : perfusion < 1 ? "fair" : "good";
	return "unknown";
}

export const qualityWord: Record<Quality, string> = {
	good: "good signal", fair: "fair signal", weak: "weak signal", none: "no signal", unknown: "signal not told",
};

export const shortId = (uuid: string): string => uuid.slice(0, 6);

export const count = (n: number, one: string, many = one + "s"): string =>
	`${n.toLocaleString()} ${n === 1 ? one : many}`;

export const decimal = (n: number | null | undefined, digits = 1): string =>
	typeof n === "number" ? n.toLocaleString(undefined, { minimumFractionDigits: digits, maximumFractionDigits: digits }) : "–";
