// What is so now, from the frames; knows nothing of the page.
import type { Alert, Device, Frame, Process, Sample, Session, SessionEvent } from "./frames";
import { Guide } from "./rules";
import { timeOfDay } from "./time";

export const CHART_S = 300;
export const CURRENT_MS = 5000;   // an older value is not shown as what is now
const ENDED_FOR_MS = 60_000;      // an ended session stays in sight this long
const MOST_MARKS = 200;

export type Points = [number[], (number | null)[], (number | null)[]];

export interface DeviceState {
	device: Device;
	sample: Sample | undefined;
	heardMs: number;           // performance.now() when the sample came
	points: Points;
	guide: Guide | undefined;  // of the running altitude phase
	lost: number;              // values that never came here
}

export interface PhaseMark { atS: number; phase: string | null; cycle: number | null }

export interface SessionState {
	session: Session;
	synced: number;
	syncedMs: number | undefined;
	endedMs: number | undefined;
	phases: PhaseMark[];       // as far as they were seen, oldest first
	events: SessionEvent[];
	surveys: Set<string>;      // kinds that were answered while we looked
}

const noPoints = (): Points => [[], [], []];

function newDevice(id: string): DeviceState {
	return { device: { device_id: id, name: null, state: null, rssi: null, battery: null, data_source: "unknown" },
		sample: undefined, heardMs: 0, points: noPoints(), guide: undefined, lost: 0 };
}

export class Store {
	readonly sessions = new Map<string, SessionState>();
	readonly devices = new Map<string, DeviceState>();
	readonly processes = new Map<string, Process>();
	readonly alerts = new Map<string, Alert>();
	readonly changed = new Set<string>();   // devices
	notice = "";
	noticeMs = -Infinity;
	pending = 0;
	aheadMs = 0;                            // the server's clock, against ours

	device(id: string): DeviceState {
		let state = this.devices.get(id);

		if (!state) this.devices.set(id, state = newDevice(id));
		this.changed.add(id);
		return state;
	}

	take(frame: Frame): void {
		switch (frame.type) {
		case "snapshot": return this.takeSnapshot(frame);
		case "sample": return this.takeSample(frame, 0);
		case "recalled": return this.takeRecalled(frame);
		case "session": return this.takeSession(frame);
		case "device":
			this.device(frame.device_id).device = frame;
			return;
		case "process":
			this.processes.set(`${frame.process}-${frame.instance}`, frame);
			return;
		case "synced": return this.takeSynced(frame.session_id, frame.readings, frame.pending);
		case "alert": return this.takeAlert(frame);
		case "event":
			this.touch(frame.session_id, (s) => s.events = [...s.events, frame].slice(-MOST_MARKS));
			return;
		case "survey":
			this.touch(frame.session_id, (s) => s.surveys.add(frame.kind));
			return;
		case "hole": return this.takeHole(frame);
		}
	}

	say(text: string): void {
		this.notice = text;
		this.noticeMs = performance.now();
	}

	forgetEnded(): void {
		for (const [id, s] of this.sessions)
			if (s.endedMs !== undefined && performance.now() - s.endedMs > ENDED_FOR_MS) {
				this.sessions.delete(id);
				this.changed.add(s.session.device_id);
			}
	}

	nowMs(): number {
		return Date.now() + this.aheadMs;
	}

	// How old a value is.  What is played from a recording was taken long ago; what the ring had
	// for us after an interruption was taken before it came.
	ageMs(d: DeviceState): number {
		if (!d.sample) return Infinity;
		const here = performance.now() - d.heardMs;

		return d.sample.data_source === "manual" ? here : Math.max(here, this.nowMs() - d.sample.taken_us / 1000);
	}

	isCurrent(d: DeviceState): boolean {
		return this.ageMs(d) <= CURRENT_MS;
	}

	private touch(id: string, change: (s: SessionState) => void): void {
		const s = this.sessions.get(id);

		if (!s) return;
		change(s);
		this.changed.add(s.session.device_id);
	}

	private takeSnapshot(frame: Extract<Frame, { type: "snapshot" }>): void {
		const before = new Map(this.devices), known = new Map(this.sessions);

		this.aheadMs = frame.now_us / 1000 - Date.now();
		this.pending = frame.pending;
		for (const map of [this.sessions, this.devices, this.processes, this.alerts]) map.clear();
		for (const s of known.values()) if (s.endedMs !== undefined) this.sessions.set(s.session.id, s);
		for (const p of frame.processes) this.processes.set(`${p.process}-${p.instance}`, p);
		for (const a of frame.alerts) this.alerts.set(a.name, a);
		for (const s of frame.sessions) this.addSession(s, known.get(s.id));
		for (const d of frame.devices) {
			const state = this.device(d.device_id), was = before.get(d.device_id);

			state.device = d;
			state.lost = was?.lost ?? 0;
			state.points = d.points ?? was?.points ?? state.points;
			if (d.sample) this.takeSample(d.sample, d.sample.age_ms ?? 0);
			this.guideAgain(state);
		}
		for (const id of before.keys()) this.changed.add(id);
	}

	private addSession(session: Session, was: SessionState | undefined): void {
		this.sessions.set(session.id, { session, synced: session.synced ?? was?.synced ?? 0, endedMs: undefined,
			syncedMs: session.synced_age_ms === undefined ? was?.syncedMs : performance.now() - session.synced_age_ms,
			phases: was?.phases ?? [], events: was?.events ?? [], surveys: was?.surveys ?? new Set() });
		this.markPhase(session);
	}

	private markPhase(session: Session): void {
		const phases = this.sessions.get(session.id)?.phases;
		const atS = (session.phase_us ?? session.start_us) / 1e6, last = phases?.at(-1);

		if (!phases || (last && last.atS >= atS)) return;
		phases.push({ atS, phase: session.current_phase, cycle: session.current_cycle });
		if (phases.length > MOST_MARKS) phases.shift();
		const d = this.device(session.device_id);

		d.guide = session.current_phase === "ALTITUDE" ? new Guide() : undefined;
	}

	// The guide of a phase that began before we looked, from the minutes we were given of it.
	private guideAgain(d: DeviceState): void {
		const s = [...this.sessions.values()].find((each) => each.endedMs === undefined &&
			each.session.device_id === d.device.device_id);
		const since = (s?.session.phase_us ?? 0) / 1e6, [times, spo2] = d.points;

		d.guide = s?.session.current_phase === "ALTITUDE" ? new Guide() : undefined;
		times.forEach((at, i) => at >= since && d.guide?.take(at, spo2[i] ?? null));
	}

	private takeSample(sample: Sample, ageMs: number): void {
		const state = this.device(sample.device_id);
		const [times, spo2, pulse] = state.points;
		const at = Math.floor(sample.taken_us / 1e6), last = times.at(-1);

		state.sample = sample;
		state.heardMs = performance.now() - ageMs;
		state.guide?.take(sample.taken_us / 1e6, sample.invalid ? null : sample.spo2);
		if (last !== undefined && at < last) state.points = [[at], [sample.spo2], [sample.heart_rate]];
		if (last !== undefined && at <= last) return;
		times.push(at);
		spo2.push(sample.spo2);
		pulse.push(sample.heart_rate);
		while (times.length > 1 && at - (times[0] ?? 0) > CHART_S)
			for (const column of state.points) column.shift();
	}

	// Out of the oximeter's own memory: fills the line, and is never what is now.
	private takeRecalled(sample: Sample): void {
		const { points: [times, spo2, pulse] } = this.device(sample.device_id);
		const at = Math.floor(sample.taken_us / 1e6), newest = times.at(-1) ?? at;
		const place = times.findIndex((t) => t >= at);

		if (place < 0 || times[place] === at || newest - at > CHART_S) return;
		times.splice(place, 0, at);
		spo2.splice(place, 0, sample.spo2);
		pulse.splice(place, 0, sample.heart_rate);
	}

	private takeSession(session: Session): void {
		const known = this.sessions.get(session.id);

		this.changed.add(session.device_id);
		if (session.status === "active") this.addSession(session, known);
		else if (known) {
			known.session = session;
			known.endedMs ??= performance.now();
		}
	}

	private takeSynced(id: string, readings: number, pending: number): void {
		this.pending = pending;
		this.touch(id, (s) => {
			s.synced += readings;
			s.syncedMs = performance.now();
		});
	}

	private takeAlert(alert: Alert): void {
		if (alert.level === "info") this.alerts.delete(alert.name);
		else this.alerts.set(alert.name, alert);
	}

	private takeHole(frame: Extract<Frame, { type: "hole" }>): void {
		if (frame.of === "device")
			this.device(frame.device_id).lost += frame.to - frame.from + 1;
		else if (frame.of === "frames" && frame.why === "slow")
			this.say("This page was too slow and has skipped to now. What was skipped is recorded all the same.");
		else if (frame.of === "frames")
			this.say(`What was shown ${frame.from_us ? `since ${timeOfDay(frame.from_us / 1000)}` : "meanwhile"} is missing here. The session's own page has all that was recorded.`);
	}
}
