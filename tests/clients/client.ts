// client.ts URL TOKEN STEP: a program that knows only the types made from the description.  The
// compiler checks it against them; every answer it gets is checked against its schema.
import Ajv from "ajv/dist/2020.js";
import formats from "ajv-formats";
import { readFileSync } from "node:fs";
import createClient, { type Middleware } from "openapi-fetch";
import type { paths } from "./api.js";

const [url, token, step] = process.argv.slice(2);
const description = JSON.parse(readFileSync(new URL("./openapi.json", import.meta.url), "utf8"));
const ajv = new Ajv.default({ strict: false, allErrors: true });
formats.default(ajv);
ajv.addSchema(description, "api");

let n = 0;
let failed = 0;
function ok(holds: boolean, name: string, detail: unknown = "") {
	console.log(`${holds ? "ok" : "not ok"} ${++n} - ${name}`);
	if (holds) return;
	failed++;
	console.log(`# ${JSON.stringify(detail)}`);
}

const seen = new Set<string>();
const pointer = (s: string) => s.replaceAll("~", "~0").replaceAll("/", "~1");
const check: Middleware = {
	async onResponse({ request, response, schemaPath }) {
		const method = request.method.toLowerCase();
		const responses = description.paths[schemaPath][method].responses;
		const status = responses[response.status] ? `${response.status}` : `${response.status}`[0] + "XX";
		const type = response.headers.get("content-type")?.split(";")[0] ?? "";
		const where = ["paths", schemaPath, method, "responses", status, "content", type, "schema"];

		if (response.status === 304) return;
		seen.add(`${method} ${schemaPath}`);
		const validate = ajv.compile({ $ref: `api#/${where.map((w) => encodeURIComponent(pointer(w))).join("/")}` });
		const body = await response.clone().json();
		if (!validate(body))
			ok(false, `${method} ${schemaPath} ${response.status} is as described`, ajv.errorsText(validate.errors));
	},
};
const api = createClient<paths>({
	baseUrl: url!,
	headers: { Authorization: `Bearer ${token}` },
});
api.use(check);

const user_id = "11111111-1111-4111-8111-111111111111";
const id = "IHHT_1732340000000_client";

async function record() {
	const { data, response } = await api.POST("/api/sessions", {
		body: { user_id, device_id: "ox-1", local_session_id: id, start_us: "2024-11-23T05:33:20Z" },
	});
	ok(response.status === 201 && data?.added === 1, "a session is begun", data);
	const path = { params: { path: { id } } };
	ok((await api.POST("/api/sessions/{id}/phase", { ...path, body: { phase: "ALTITUDE", altitude_level: 6, at_us: "2024-11-23T05:33:20Z" } })).response.ok, "a phase");
	const rows = Array.from({ length: 600 }, (_, i) => ({
		timestamp: 1732340000000 + i * 1000, spo2: 90 - (i % 10), heart_rate: 60 + (i % 7), phase_type: "ALTITUDE",
	}));
	const batch = await api.POST("/api/sync/batch", { body: { type: "readings", sessionId: id, data: rows } });
	ok(batch.data?.synced === 600, "readings", batch.data);
	const again = await api.POST("/api/sync/batch", { body: { type: "readings", sessionId: id, data: rows } });
	ok(again.data?.status === "already_synced", "readings again", again.data);
	ok((await api.POST("/api/sessions/{id}/surveys", { ...path, body: { kind: "pre", clarity: 3, energy: 4, stress: 2 } })).response.ok, "a survey");
	ok((await api.POST("/api/sessions/{id}/events", { ...path, body: { event_type: "mask_lift", event_us: "2024-11-23T05:34:00Z", altitude_phase_number: 1, additional_data: { breaths: 1 } } })).response.ok, "an event");
	const wrong = await api.POST("/api/sessions/{id}/surveys", { ...path, body: { kind: "before" as "pre" } });
	ok(wrong.response.status === 422 && wrong.error?.field === "kind" && JSON.stringify(wrong.error.allowed) === '["pre","intra","post"]',
		"a word that is none names the field and the words that are", wrong.error);
	ok((await api.POST("/api/sessions/{id}/pause", { ...path, body: { at_us: "2024-11-23T05:43:20Z" } })).response.ok, "a pause");
	ok((await api.POST("/api/sessions/{id}/stop", { ...path, body: { at_us: "2024-11-23T05:44:20Z" } })).response.ok, "the end");
}

async function read() {
	const list = await api.GET("/api/sessions", { params: { query: { user_id, limit: 1 } } });
	const session = list.data?.sessions[0];
	ok(session?.local_session_id === id && session.status === "completed", "it is in the list", list);
	const path = { params: { path: { id: session!.id } } };
	const detail = (await api.GET("/api/sessions/{id}", path)).data!;
	ok(detail.session_figures.readings === 600 && detail.phase_figures[0]?.time_in_therapeutic_zone === 360 &&
		detail.session_survey?.clarity_pre === 3 && detail.session_figures.total_mask_lifts === 1, "with its figures", detail);
	let after: string | null | undefined;
	let got = 0;
	let pages = 0;
	do {
		const page = await api.GET("/api/sessions/{id}/readings", { params: { path: path.params.path, query: { limit: 250, after: after ?? undefined } } });
		got += page.data!.readings.length;
		after = page.data!.next;
		pages++;
	} while (after && pages < 10);
	ok(got === 600 && pages === 3, "its readings in pages", { got, pages });
	const thin = await api.GET("/api/sessions/{id}/readings", { params: { path: path.params.path, query: { points: 60 } } });
	ok(thin.data!.readings.length >= 20 && thin.data!.readings.length <= 70, "and thinned", thin.data!.readings.length);
	ok((await api.GET("/api/sessions/{id}/events", path)).data!.events[0]?.event_type === "mask_lift", "its events");
	ok((await api.GET("/api/sessions/{id}/surveys", path)).data!.session_survey?.stress_pre === 2, "its surveys");
	ok((await api.GET("/api/people")).data!.people[0]?.user_id === user_id, "the person");
	ok((await api.GET("/api/people/{person}/progression", { params: { path: { person: user_id } } })).data!.sessions_considered === 1, "the next dial");
	ok((await api.GET("/api/devices")).data!.devices[0]?.device_id === "ox-1", "the oximeter");
	ok((await api.GET("/api/sync")).data!.sync[0]!.readings === 600, "how far it has come");
	ok((await api.GET("/api/health")).response.ok, "and how all of it is");
	const refused = await api.GET("/api/sessions", { params: { query: { limit: 0 } } });
	ok(refused.response.status === 400 && refused.error?.field === "limit", "a refusal is as described", refused.error);
	ok((await api.GET("/api/sessions/{id}", { params: { path: { id: "IHHT_none" } } })).response.status === 404, "so is not found");

	const first = await fetch(`${url}/api/sessions`, { headers: { Authorization: `Bearer ${token}` } });
	const etag = first.headers.get("etag")!;
	const second = await api.GET("/api/sessions", { headers: { "If-None-Match": etag } });
	ok(second.response.status === 304, "what has not changed is not sent again", [etag, second.response.status]);
	const reads = Object.entries(description.paths).flatMap(([p, o]) => {
		const get = (o as { get?: { tags: string[]; responses: { 200: { content: object } } } }).get;

		return get?.tags[0] === "read" && "application/json" in get.responses[200].content ? [`get ${p}`] : [];
	});
	const missed = reads.filter((r) => !seen.has(r));
	ok(missed.length === 0, "every read of the description was tried", missed);
}

await (step === "record" ? record() : read());
console.log(`1..${n}`);
process.exit(failed > 0 ? 1 : 0);
