// Where a session stands in its plan.  Pure.
import type { Session } from "./frames";

export interface Progress {
	phase: string | null;        // of a pause: the phase it interrupts
	paused: boolean;
	elapsed: number | undefined; // s of that phase, pauses not counted
	planned: number | undefined;
}

export function plannedOf(session: Session, phase: string | null): number | undefined {
	if (phase === "ALTITUDE") return session.hypoxic_duration ?? undefined;
	if (phase === "RECOVERY") return session.hyperoxic_duration ?? undefined;
	return undefined;
}

export function progressOf(session: Session, nowMs: number): Progress {
	const paused = session.current_phase === "PAUSED";
	const phase = paused ? session.paused_phase || null : session.current_phase;
	const done = (session.phase_done_us ?? 0) / 1e6;
	const since = session.phase_us === null ? undefined : (nowMs - session.phase_us / 1000) / 1000;

	return { phase, paused, planned: plannedOf(session, phase),
		elapsed: paused ? done : since === undefined ? undefined : Math.max(0, since) + done };
}

// How far each planned phase is: 0 to 1, altitude and recovery of each cycle in turn.
export function ribbonOf(session: Session, nowMs: number): { phase: string; length: number; done: number }[] {
	const { phase, elapsed, planned } = progressOf(session, nowMs), cycle = session.current_cycle ?? 1;
	const all: { phase: string; length: number; done: number }[] = [];

	for (let c = 1; c <= Math.min(session.total_cycles ?? 0, 20); c++)
		for (const each of ["ALTITUDE", "RECOVERY"]) {
			const length = plannedOf(session, each) ?? 0;
			const isNow = c === cycle && each === phase;
			const isOver = c < cycle || (c === cycle && each === "ALTITUDE" && phase === "RECOVERY");

			all.push({ phase: each, length,
				done: isOver ? 1 : isNow && planned && elapsed !== undefined ? Math.min(1, elapsed / planned) : 0 });
		}
	return all;
}

export interface Step { phase: string; cycle: number; last: boolean }

// What comes after a phase.
function after(phase: string | null, cycle: number, cycles: number): Step {
	if (phase === "ALTITUDE") return { phase: "RECOVERY", cycle, last: false };
	if (phase === "RECOVERY") return { phase: "ALTITUDE", cycle: cycle + 1, last: cycle >= cycles };
	return { phase: "ALTITUDE", cycle, last: false };
}

// What can come next, the likelier first.  `before`: the phase before a transition; who has not seen
// that one cannot know which of both it leads to.
export function nextSteps(session: Session, before?: { phase: string | null; cycle: number | null }): Step[] {
	const cycle = session.current_cycle ?? 1, cycles = session.total_cycles ?? Infinity;
	const phase = session.current_phase === "PAUSED" ? session.paused_phase ?? null : session.current_phase;

	if (phase !== "TRANSITION") return [after(phase, cycle, cycles)];
	if (before?.phase) return [after(before.phase, before.cycle ?? cycle, cycles)];
	return [after("ALTITUDE", cycle, cycles), after("RECOVERY", cycle, cycles)];
}
