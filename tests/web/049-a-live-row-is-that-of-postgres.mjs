// What Supabase's client is told of a row before it is in Postgres is what Postgres has when it is: its columns, their
// types, and each value.
import WebSocket from "ws";
import { uuid } from "./feed.mjs";
import { is, ok, test, until } from "./house.mjs";

// times without zeros at the end of their fraction, and reals as Postgres keeps them
const plain = (value, type) => value === null ? null : type === "timestamptz" ? value.replace(/(\.\d*?)0*\+00:00$/, "$1").replace(/\.$|\+00:00$/, "") :
	type === "float4" ? Math.fround(value) : value;

await test(async (open) => {
	const house = await open({ www: false });

	await house.startAll({ devices: 1, rate: 4 });
	const token = new URLSearchParams(new URL(house.link).hash.slice(1)).get("token");
	const api = async (path, body) => {
		const answer = await fetch(`${house.url}/api/${path}`, { method: "POST", body: JSON.stringify(body),
			headers: { Authorization: `Bearer ${token}`, "Content-Type": "application/json" } });

		ok(answer.ok, `POST /api/${path.replace(/[0-9a-f-]{36}/, "ID")}: ${answer.status}`);
		return await answer.json();
	};
	const changes = [], socket = new WebSocket(`${house.url.replace("http", "ws")}/realtime/v1/websocket?vsn=1.0.0`);
	socket.on("message", (data) => {
		const { event, payload } = JSON.parse(data);

		if (event === "postgres_changes") changes.push(payload.data);
	});
	await new Promise((done) => socket.on("open", done));
	socket.send(JSON.stringify({ topic: "realtime:all", event: "phx_join", ref: "1", join_ref: "1",
		payload: { access_token: token, config: { postgres_changes: [{ event: "*", schema: "public", table: "readings" }] } } }));

	const device = await (async () => {
		const live = new WebSocket(`${house.url.replace("http", "ws")}/live`, { headers: { Authorization: `Bearer ${token}` } });
		let heard;

		live.on("message", (data) => {
			for (const line of data.toString().split("\n").filter(Boolean)) {
				const { type, device_id } = JSON.parse(line);

				if (type === "sample") heard = device_id;
			}
		});
		await until("an oximeter", () => heard);
		live.close();
		return heard;
	})();
	const { session_id: id } = await api("sessions", { user_id: uuid(1), device_id: device, starting_altitude_level: 6 });
	// of a value in the moment in which a phase begins nobody can say yet how it will be kept: those are left out
	await until("rows without a phase", () => changes.length > 3);
	const told = changes.slice();
	await api(`sessions/${id}/phase`, { phase: "ALTITUDE" });
	const begun = Date.now(), inPhase = () => changes.filter(({ record: r }) => r.phase_type === "ALTITUDE" && Date.parse(r.timestamp) > begun);
	await until("rows of a phase", () => inPhase().length > 10);
	told.push(...inPhase());
	await api(`sessions/${id}/stop`, {});

	const columns = house.sql(`SELECT column_name, udt_name FROM information_schema.columns
		WHERE table_schema = 'public' AND table_name = 'readings' ORDER BY ordinal_position`).trim();
	is(told[0].columns.map(({ name, type }) => `${name}|${type}`).join("\n"), columns, "columns and types are those of the table");
	is(Object.keys(told[0].record).join(), told[0].columns.map((c) => c.name).join(), "a record has just these");

	const rows = () => house.sql(`SET timezone = 'UTC'; SELECT to_jsonb(r) FROM public.readings r WHERE session_id = '${id}' ORDER BY seq`)
		.trim().split("\n").filter(Boolean).map((line) => JSON.parse(line));
	const kept = new Map();
	await until("each row that was told is in Postgres", () => {
		for (const row of rows()) kept.set(row.seq, row);
		return told.every(({ record }) => kept.has(record.seq));
	});
	for (const { name, type } of told[0].columns) {
		const other = told.find(({ record }) => plain(record[name], type) !== plain(kept.get(record.seq)[name], type));

		ok(!other, `${name}: as in Postgres`, other && `told ${other.record[name]}, kept ${kept.get(other.record.seq)[name]}, seq ${other.record.seq}`);
	}
	socket.close();
});
