// What realtime-fanout sends.  Names are those of proto/messages.def; times are us since 1970.

export interface Sample {
	device_id: string;
	device_seq: number;
	session_id: string | null;
	phase?: string | null;
	taken_us: number;
	spo2: number | null;
	heart_rate: number | null;
	invalid: string | null;
	perfusion_index?: number | null;
	signal_strength?: number | null;
	status?: number | null;
	battery?: number | null;
	data_source: string;
	age_ms?: number;
}

export interface Session {
	id: string;
	user_id: string;
	device_id: string;
	status: string | null;
	start_us: number;
	end_us: number | null;
	session_subtype: string | null;
	current_phase: string | null;
	current_cycle: number | null;
	phase_us: number | null;
	paused_phase?: string | null;       // PAUSED: what it interrupts
	phase_done_us?: number | null;      // what of the phase was over before its last pause
	total_cycles: number | null;
	hypoxic_duration: number | null;
	hyperoxic_duration: number | null;
	starting_altitude_level: number | null;
	current_altitude_level: number | null;
	total_mask_lifts: number;
	total_readings: number;
	avg_spo2: number | null;
	min_spo2: number | null;
	data_source: string;
	synced?: number;
	synced_age_ms?: number;
}

export interface Device {
	device_id: string;
	name: string | null;
	kind?: string | null;
	state: string | null;
	since_us?: number | null;
	rssi: number | null;
	battery: number | null;
	data_source: string;
	sample?: Sample;
	points?: [number[], (number | null)[], (number | null)[]];
}

export interface Process {
	process: string;
	instance: number;
	state: string;
	why: string | null;
}

// One that stands, in a snapshot; or as it is told: level "info" is its end.
export interface Alert { name: string; level: string; text: string; at_us: number }

export interface SessionEvent {
	session_id: string;
	event_type: string | null;
	event_us: number | null;
	spo2_value: number | null;
}

interface Numbered { seq: number }

export type Frame =
	| (Numbered & { type: "snapshot"; run: string; seen?: string; now_us: number; pending: number;
		sessions: Session[]; devices: Device[]; processes: Process[]; alerts: Alert[] })
	| (Numbered & { type: "resumed"; run: string; from: "ring" | "store" })
	| (Numbered & { type: "sample" } & Sample)
	| (Numbered & { type: "recalled" } & Sample)
	| (Numbered & { type: "session" } & Session)
	| (Numbered & { type: "device" } & Device)
	| (Numbered & { type: "process" } & Process)
	| (Numbered & { type: "synced"; session_id: string; readings: number; pending: number })
	| (Numbered & { type: "alert" } & Alert)
	| (Numbered & { type: "event" } & SessionEvent)
	| (Numbered & { type: "survey"; session_id: string; kind: string })
	| (Numbered & { type: "hole"; of: "device"; device_id: string; from: number; to: number })
	| (Numbered & { type: "hole"; of: "live"; lost: number })
	| (Numbered & { type: "hole"; of: "frames"; from: number | null; to: number | null; from_us?: number; why: string })
	| (Numbered & { type: "time"; now_us: number })   // also a sign of life
	| (Numbered & { type: "bye"; why: string })
	| (Numbered & { type: "gap" | "phase_stats" | "progression" });
