// Moments and lengths of time as people read them, in the time zone of who looks.

export const zoneName = Intl.DateTimeFormat().resolvedOptions().timeZone;

const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit" });
const clockSeconds = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const day = new Intl.DateTimeFormat(undefined, { weekday: "short", day: "numeric", month: "short", year: "numeric" });

export const timeOfDay = (ms: number): string => clock.format(ms);
export const timeWithSeconds = (ms: number): string => clockSeconds.format(ms);
export const dayOf = (ms: number): string => day.format(ms);
export const moment = (ms: number): string => `${dayOf(ms)}, ${timeOfDay(ms)}`;

const two = (n: number): string => String(n).padStart(2, "0");

// 4:05, 1:04:05
export function duration(seconds: number): string {
	const s = Math.max(0, Math.floor(seconds)), minutes = Math.floor(s / 60);

	return minutes < 60 ? `${minutes}:${two(s % 60)}` : `${Math.floor(minutes / 60)}:${two(minutes % 60)}:${two(s % 60)}`;
}

export function age(ms: number): string {
	const s = Math.max(0, Math.floor(ms / 1000));

	if (s < 60) return `${s} s`;
	if (s < 3600) return `${Math.floor(s / 60)} min`;
	return s < 172_800 ? `${Math.floor(s / 3600)} h` : `${Math.floor(s / 86_400)} days`;
}
