// What is so now, from the frames; knows nothing of the page.
import type { Device, Frame, Process, Sample, Session } from "./frames";

export const CHART_S = 300;
const ENDED_FOR_MS = 60_000;   // an ended session stays in sight this long

export type Points = [number[], (number | null)[], (number | null)[]];

export interface DeviceState {
	device: Device;
	sample: Sample | undefined;
	heardMs: number;           // performance.now() when the sample came
	points: Points;
	lost: number;              // values that never came here
}

export interface SessionState {
	session: Session;
	synced: number;
	syncedMs: number | undefined;
	endedMs: number | undefined;
}

export class Store {
	readonly sessions = new Map<string, SessionState>();
	readonly devices = new Map<string, DeviceState>();
	readonly processes = new Map<string, Process>();
	readonly changed = new Set<string>();   // devices
	notice = "";
	noticeMs = 0;
	pending = 0;
	aheadMs = 0;                            // the server's clock, against ours

	device(id: string): DeviceState {
		let state = this.devices.get(id);

		if (!state) {
			state = { device: { device_id: id, name: null, state: null, rssi: null, battery: null,
				data_source: "unknown" }, sample: undefined, heardMs: 0, points: [[], [], []], lost: 0 };
			this.devices.set(id, state);
		}
		this.changed.add(id);
		return state;
	}

	take(frame: Frame): void {
		switch (frame.type) {
		case "snapshot":
			this.takeSnapshot(frame);
			break;
		case "sample":
			this.takeSample(frame, 0);
			break;
		case "session":
			this.takeSession(frame);
			break;
		case "device":
			this.device(frame.device_id).device = frame;
			break;
		case "process":
			this.processes.set(`${frame.process}-${frame.instance}`, frame);
			break;
		case "synced":
			this.takeSynced(frame.session_id, frame.readings, frame.pending);
			break;
		case "alert":
			this.say(frame.level === "info" ? "" : `${frame.name}: ${frame.text}`);
			break;
		case "hole":
			this.takeHole(frame);
			break;
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

	private takeSnapshot(frame: Extract<Frame, { type: "snapshot" }>): void {
		const ended = [...this.sessions.values()].filter((s) => s.endedMs !== undefined);
		const before = new Map(this.devices);

		this.aheadMs = frame.now_us / 1000 - Date.now();
		this.pending = frame.pending;
		this.sessions.clear();
		this.devices.clear();
		this.processes.clear();
		for (const s of ended) this.sessions.set(s.session.id, s);
		for (const p of frame.processes) this.processes.set(`${p.process}-${p.instance}`, p);
		for (const s of frame.sessions)
			this.sessions.set(s.id, { session: s, synced: s.synced ?? 0, endedMs: undefined,
				syncedMs: s.synced_age_ms === undefined ? undefined
					: performance.now() - s.synced_age_ms });
		for (const d of frame.devices) {
			const state = this.device(d.device_id);

			state.device = d;
			state.lost = before.get(d.device_id)?.lost ?? 0;
			state.points = d.points ?? before.get(d.device_id)?.points ?? state.points;
			if (d.sample) this.takeSample(d.sample, d.sample.age_ms ?? 0);
		}
		for (const id of before.keys()) this.changed.add(id);
	}

	private takeSample(sample: Sample, ageMs: number): void {
		const state = this.device(sample.device_id);
		const [times, spo2, pulse] = state.points;
		const at = Math.floor(sample.taken_us / 1e6), last = times.at(-1);

		state.sample = sample;
		state.heardMs = performance.now() - ageMs;
		if (last !== undefined && at < last) state.points = [[at], [sample.spo2], [sample.heart_rate]];
		if (last !== undefined && at <= last) return;
		times.push(at);
		spo2.push(sample.spo2);
		pulse.push(sample.heart_rate);
		while (times.length > 1 && at - (times[0] ?? 0) > CHART_S)
			for (const column of state.points) column.shift();
	}

	private takeSession(session: Session): void {
		const known = this.sessions.get(session.id);

		this.changed.add(session.device_id);
		if (session.status === "active")
			this.sessions.set(session.id, { session, synced: known?.synced ?? 0,
				syncedMs: known?.syncedMs, endedMs: undefined });
		else if (known) {
			known.session = session;
			known.endedMs ??= performance.now();
		}
	}

	private takeSynced(id: string, readings: number, pending: number): void {
		const s = this.sessions.get(id);

		this.pending = pending;
		if (!s) return;
		s.synced += readings;
		s.syncedMs = performance.now();
		this.changed.add(s.session.device_id);
	}

	private takeHole(frame: Extract<Frame, { type: "hole" }>): void {
		if (frame.of === "device")
			this.device(frame.device_id).lost += frame.to - frame.from + 1;
		else if (frame.of === "frames" && frame.why === "slow")
			this.say("This page was too slow and has skipped to now. What was skipped is recorded all the same.");
	}
}
