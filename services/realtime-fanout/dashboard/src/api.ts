// Questions and commands to http-api.  A command is done when the gateway has it on disk.
import { asJson, LONG_MS, request, SOON_MS } from "./request";

export class Problem extends Error {
	constructor(readonly status: number, readonly field: string, detail: string) {
		super(detail);
	}

	// Nobody answered, or one in between for somebody who is away.
	get isAway(): boolean {
		return this.status === 0 || this.status >= 502;
	}
}

interface Said { detail?: string; field?: string; problems?: string[] }

async function ask<T>(path: string, body?: object, limitMs?: number): Promise<T> {
	let answer: Response, said: Said;

	try {
		answer = await request(`/api/${path}`, body ? asJson(body) : {}, limitMs);
		said = answer.ok ? await answer.json() : await answer.json().catch(() => ({}));
	} catch (e) {
		throw new Problem(0, "", `The gateway ${(e as Error).name === "TimeoutError" ? "does not answer" : "cannot be reached"}.`);
	}
	// health says 503 with its reasons when all is down
	if (!answer.ok && !said.problems)
		throw new Problem(answer.status, said.field ?? "", said.detail ?? `The gateway answered ${answer.status}.`);
	return said as T;
}

// crypto.randomUUID is only there over https and on localhost; a gateway has a plain address too.
function uuid(): string {
	const b = crypto.getRandomValues(new Uint8Array(16));

	b[6] = (b[6] ?? 0) & 0x0f | 0x40;
	b[8] = (b[8] ?? 0) & 0x3f | 0x80;
	return [...b].map((x) => x.toString(16).padStart(2, "0")).join("")
		.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

// A command that got no answer may have been done: the same request_id asks again and is one.
async function command<T>(path: string, body: object): Promise<T> {
	const named = { ...body, request_id: uuid() };

	try {
		return await ask<T>(path, named);
	} catch (e) {
		if (!(e instanceof Problem && e.isAway)) throw e;
		return await ask<T>(path, named);
	}
}

// ---- what there is

export interface PastSession {
	id: string;
	local_session_id: string;
	user_id: string;
	device_id: string | null;
	gateway: string | null;
	status: string;
	start_time: string;
	end_time: string | null;
	session_subtype: string | null;
	total_cycles: number | null;
	hypoxic_duration: number | null;
	hyperoxic_duration: number | null;
	starting_altitude_level: number | null;
	current_altitude_level: number | null;
	total_mask_lifts: number | null;
	total_readings: number | null;
	avg_spo2: number | null;
	min_spo2: number | null;
	max_spo2: number | null;
	avg_heart_rate: number | null;
	max_heart_rate: number | null;
	data_source: string | null;
	sync_status: string | null;
	last_sync_at: string | null;
}

export interface PhaseRow {
	phase_type: string;
	phase_number: number;
	altitude_level: number | null;
	start_time: string;
	end_time: string | null;
	duration_seconds: number | null;
	min_spo2: number | null;
	max_spo2: number | null;
	avg_spo2: number | null;
	mask_lift_count: number | null;
	target_min_spo2: number | null;
	target_max_spo2: number | null;
	recovery_trigger: string | null;
}

// Computed from the readings; docs/api.md names all figures.
export interface PhaseFigures {
	phase_type: string;
	cycle_number: number;
	start_time: string;
	end_time: string;
	[figure: string]: string | number | null;
}

export interface Person { user_id: string; sessions: number; last_session: string; current_altitude_level: number | null }

export interface NextLevel {
	recommended_altitude_level: number;
	confidence: string;
	recalibrate: boolean | null;
	reason: string;
	sessions_considered: number;
}

export interface EventRow {
	event_type: string | null;
	event_timestamp: string;
	spo2_value: number | null;
	current_altitude_level: number | null;
}

export interface IntraRow {
	phase_number: number;
	clarity: number | null;
	energy: number | null;
	stress_perception: number | null;
	stress: number | null;
	sensations: string[] | null;
	timestamp: string;
}

export interface SurveyRow {
	clarity_pre: number | null; energy_pre: number | null; stress_pre: number | null;
	clarity_post: number | null; energy_post: number | null; stress_post: number | null;
	overall_rating: number | null; notes_post: string | null; post_symptoms: string[] | null;
}

export interface GapRow { from_time: string; to_time: string; lost: number | null; reason: string | null }

export interface Progression {
	current_altitude_level: number;
	recommended_altitude_level: number;
	score: number | null;
	performance: string | null;
	reason: string | null;
}

export interface SessionDetail extends PastSession {
	session_survey: SurveyRow | null;
	intra_session_responses: IntraRow[];
	session_adaptive_events: EventRow[];
	session_phase_stats: PhaseRow[];
	progression: Progression | null;
	gaps: GapRow[];
	phase_figures: PhaseFigures[];
	session_figures: Record<string, number | null>;
}

export interface Reading {
	timestamp: string;
	epoch: number;
	seq: number;
	spo2: number | null;
	heart_rate: number | null;
	invalid: string | null;
	phase_type: string | null;
	cycle_number: number | null;
}

export interface Health {
	status: string;
	postgres: boolean;
	problems: string[];
	processes: { process: string; instance: number; state: string; why: string; age_ms: number; version: string }[];
}

export interface Hop { hop: string; state: "ok" | "note" | "broken" | "hidden"; evidence: string; cure: string }

// What `ihht doctor` says.
export interface Diagnosis { first_broken: string | null; hops: Hop[] }

export interface Done { session_id: string; added: number; text: string }

const MOST_READINGS = 10_000;

export interface SessionFilter { user_id?: string; status?: string; limit?: number; before?: string }

export const api = {
	health: () => ask<Health>("health", undefined, SOON_MS),
	doctor: () => ask<Diagnosis>("doctor", undefined, SOON_MS),

	sessions: (filter: SessionFilter = {}) => {
		const query = new URLSearchParams();

		for (const [name, value] of Object.entries(filter)) if (value) query.set(name, String(value));
		return ask<{ sessions: PastSession[]; next: string | null }>(`sessions?${query}`);
	},

	people: () => ask<{ people: Person[] }>("people?limit=500"),
	nextLevel: (person: string, mock: boolean) => ask<NextLevel>(`people/${person}/progression?include_mock=${mock}`),
	session: (id: string) => ask<SessionDetail>(`sessions/${encodeURIComponent(id)}`),

	// `from`: those of that moment and later.
	async readings(id: string, from = ""): Promise<Reading[]> {
		const all: Reading[] = [];
		let next: string | null = "";

		while (next !== null) {
			const query = new URLSearchParams({ limit: String(MOST_READINGS), ...(from ? { from } : {}), ...(next ? { after: next } : {}) });
			const page: { readings: Reading[]; next: string | null } =
				await ask(`sessions/${encodeURIComponent(id)}/readings?${query}`, undefined, LONG_MS);

			all.push(...page.readings);
			next = page.next;
		}
		return all;
	},

	start: (body: { user_id: string; device_id: string; session_subtype: string; total_cycles: number;
		hypoxic_duration: number; hyperoxic_duration: number; starting_altitude_level: number }) =>
		command<Done>("sessions", body),
	phase: (id: string, body: { phase: string; cycle?: number; altitude_level?: number; recovery_trigger?: string }) =>
		command<Done>(`sessions/${id}/phase`, body),
	stop: (id: string, status: string) => command<Done>(`sessions/${id}/stop`, { status }),
	survey: (id: string, body: object) => command<Done>(`sessions/${id}/surveys`, body),
	event: (id: string, body: object) => command<Done>(`sessions/${id}/events`, body),
};
