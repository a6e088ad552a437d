// What is so now, from the frames; knows nothing of the page.
import type { Alert, Device, Frame, Process, Sample, Session, SessionEvent } from "./frames";
import { addPoint, joinPoints, noPoints, recallPoint, type Points } from "./points";
import { Guide, tenth } from "./rules";
import { timeOfDay } from "./time";

export const CURRENT_MS = 5000;   // an older value is not shown as what is now
const ENDED_FOR_MS = 60_000;      // an ended session stays in sight this long
const MOST_MARKS = 200;

export interface DeviceState {
	device: Device;
	sample: Sample | undefined;
	heardMs: number;           // performance.now() when the sample came
	points: Points;
	guide: Guide | undefined;  // of the running altitude phase
}

export interface PhaseMark { atS: number; phase: string | null; cycle: number | null }

export interface SessionState {
	session: Session;
	synced: number;
	syncedMs: number | undefined;
	endedMs: number | undefined;
	lost: number;              // values of it that never came here
	phases: PhaseMark[];       // as far as they were seen, oldest first
	events: SessionEvent[];
	surveys: Set<string>;      // kinds that were answered while we looked
}

function newDevice(id: string): DeviceState {
	return { device: { device_id: id, name: null, state: null, rssi: null, battery: null, data_source: "unknown" },
		sample: undefined, heardMs: 0, points: noPoints(), guide: undefined };
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
	private aheadMs = 0;                    // the server's clock, against ours
	private toldMs = -Infinity;             // the same, as the last frame said it

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
		case "recalled":  // never what is now
			recallPoint(this.device(frame.device_id).points, frame);
			return;
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
		case "time": return this.takeClock(frame.now_us);
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

	setClock(serverMs: number): void {
		this.aheadMs = this.toldMs = serverMs - Date.now();
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

	// Values come, and yet they look old: they are late, or one of the two clocks was set.
	looksLate(): boolean {
		return [...this.devices.values()].some((d) => d.sample && performance.now() - d.heardMs <= CURRENT_MS && !this.isCurrent(d));
	}

	// A frame that was long on its way makes old values look new: an earlier time has to be told twice.
	private takeClock(nowUs: number): void {
		const aheadMs = nowUs / 1000 - Date.now();

		this.aheadMs = Math.max(aheadMs, this.toldMs);
		this.toldMs = aheadMs;
	}

	// The one that runs on it.
	sessionOf(device: string): SessionState | undefined {
		return [...this.sessions.values()].find((s) => s.endedMs === undefined && s.session.device_id === device);
	}

	private touch(id: string, change: (s: SessionState) => void): void {
		const s = this.sessions.get(id);

		if (!s) return;
		change(s);
		this.changed.add(s.session.device_id);
	}

	private takeSnapshot(frame: Extract<Frame, { type: "snapshot" }>): void {
		const before = new Map(this.devices), known = new Map(this.sessions);

		this.setClock(frame.now_us / 1000);
		this.pending = frame.pending;
		for (const map of [this.sessions, this.devices, this.processes, this.alerts]) map.clear();
		for (const s of known.values()) if (s.endedMs !== undefined) this.sessions.set(s.session.id, s);
		for (const p of frame.processes) this.processes.set(`${p.process}-${p.instance}`, p);
		for (const a of frame.alerts) this.alerts.set(a.name, a);
		for (const s of frame.sessions) this.addSession(s, known.get(s.id), true);
		for (const d of frame.devices) {
			const state = this.device(d.device_id), was = before.get(d.device_id);

			state.device = d;
			state.points = joinPoints(was?.points ?? noPoints(), d.points ?? noPoints());
			if (d.sample) this.takeSample(d.sample, d.sample.age_ms ?? 0);
			this.guideAgain(state);
		}
		for (const id of before.keys()) this.changed.add(id);
	}

	private addSession(session: Session, was: SessionState | undefined, wasAway = false): void {
		this.sessions.set(session.id, { session, synced: session.synced ?? was?.synced ?? 0, endedMs: undefined, lost: was?.lost ?? 0,
			syncedMs: session.synced_age_ms === undefined ? was?.syncedMs : performance.now() - session.synced_age_ms,
			phases: was?.phases ?? [], events: was?.events ?? [], surveys: was?.surveys ?? new Set() });
		this.markPhase(session, wasAway);
	}

	private markPhase(session: Session, wasAway: boolean): void {
		const phases = this.sessions.get(session.id)?.phases;
		const atS = (session.phase_us ?? session.start_us) / 1e6;

		if (!phases || phases.at(-1)?.atS === atS) return;
		// the clock was set back: what it says now holds
		while ((phases.at(-1)?.atS ?? atS) > atS) phases.pop();
		// who comes back to another phase may have missed some before it
		if (wasAway && phases.length) phases.push({ atS, phase: null, cycle: null });
		phases.push({ atS, phase: session.current_phase, cycle: session.current_cycle });
		phases.splice(0, phases.length - MOST_MARKS);
		const d = this.device(session.device_id);

		d.guide = session.current_phase === "ALTITUDE" ? new Guide() : undefined;
	}

	// The guide of a phase that began before we looked, from the minutes we were given of it.
	private guideAgain(d: DeviceState): void {
		const s = this.sessionOf(d.device.device_id);
		const since = (s?.session.phase_us ?? 0) / 1e6, [times, spo2] = d.points;

		d.guide = s?.session.current_phase === "ALTITUDE" ? new Guide() : undefined;
		times.forEach((at, i) => at >= since && d.guide?.take(at, spo2[i] ?? null));
	}

	private takeSample(sample: Sample, ageMs: number): void {
		const state = this.device(sample.device_id);

		state.sample = { ...sample, spo2: tenth(sample.spo2) };
		state.heardMs = performance.now() - ageMs;
		state.guide?.take(sample.taken_us / 1e6, sample.invalid ? null : state.sample.spo2);
		state.points = addPoint(state.points, sample);
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
		if (frame.of === "device") {
			const s = this.sessionOf(frame.device_id);

			if (s) this.touch(s.session.id, () => s.lost += frame.to - frame.from + 1);
		}
		else if (frame.of === "frames" && frame.why === "slow")
			this.say("This page was too slow and has skipped to now. What was skipped is recorded all the same.");
		else if (frame.of === "frames")
			this.say(`What was shown ${frame.from_us ? `since ${timeOfDay(frame.from_us / 1000)}` : "meanwhile"} is missing here. The session's own page has all that was recorded.`);
	}
}
