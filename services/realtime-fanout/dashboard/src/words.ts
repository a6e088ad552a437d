// Codes of the pipeline in words, and numbers as people read them.

const PHASES: Record<string, string> = {
	ALTITUDE: "Altitude", TRANSITION: "Transition", RECOVERY: "Recovery", COMPLETED: "Completed",
	PAUSED: "Paused", WARMUP: "Warm-up",
};
const INVALID: Record<string, string> = {
	no_finger: "no finger in the sensor", searching: "searching for a pulse",
	low_signal: "signal too weak", artefact: "disturbed by movement", sensor_fault: "sensor fault",
	unavailable: "no value from the device", out_of_range: "value out of range",
};
const LINKS: Record<string, string> = {
	searching: "searching", connecting: "connecting", streaming: "connected", silent: "silent",
	lost: "connection lost", off: "off", seen: "in range, not ours", refused: "refuses pairing",
	stranger: "not an oximeter",
};
const STATUS: Record<string, string> = {
	completed: "completed", abandoned: "abandoned", force_ended: "ended by force",
	terminated: "terminated",
};

export const phaseWord = (phase: string | null): string => PHASES[phase ?? ""] ?? "No phase yet";
export const invalidWord = (code: string): string => INVALID[code] ?? code;
export const linkWord = (state: string | null): string => LINKS[state ?? ""] ?? "state unknown";
export const statusWord = (status: string | null): string => STATUS[status ?? ""] ?? "over";

export const shortId = (uuid: string): string => uuid.slice(0, 6);

export function duration(seconds: number): string {
	const s = Math.max(0, Math.floor(seconds));

	if (s < 3600) return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, "0")}`;
	return `${Math.floor(s / 3600)}:${String(Math.floor(s / 60) % 60).padStart(2, "0")}:${String(s % 60).padStart(2, "0")}`;
}

export function age(ms: number): string {
	const s = Math.max(0, Math.floor(ms / 1000));

	return s < 60 ? `${s} s` : s < 3600 ? `${Math.floor(s / 60)} min` : `${Math.floor(s / 3600)} h`;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
export const timeOfDay = (us: number): string => clock.format(us / 1000);

export const count = (n: number, one: string, many = one + "s"): string =>
	`${n.toLocaleString()} ${n === 1 ? one : many}`;
