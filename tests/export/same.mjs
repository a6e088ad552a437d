// The same numbers in every format: what independent readers find in the exports of FOLDER is
// what the SQLite file holds, read by the sqlite3 program.
//
//	node same.mjs DATABASE FOLDER EDF_TOOL [WHICH]    a line of TAP for each check, without numbers
//
// WHICH says in SQL which rows of session were asked for, if not all.
import { execFileSync } from "node:child_process";
import { read } from "./readers.mjs";

const [database, folder, tool, which = "true"] = process.argv.slice(2);
const CHOSEN = `(SELECT id FROM session WHERE ${which})`;
const sqlite = (sql) => JSON.parse(execFileSync("sqlite3", ["-readonly", "-json", database, sql], { maxBuffer: 1 << 30 }).toString().trim() || "[]");

const WORD = (column, words) => `CASE ${column} ${words.map((w, i) => `WHEN ${i} THEN ${w ? `'${w}'` : "NULL"}`).join(" ")} END`;
const truth = {
	readings: sqlite(`SELECT s.id AS session, taken_us AS us, epoch, seq, spo2, heart_rate AS pulse, perfusion_index AS perfusion,
		${WORD("invalid", ["", "no_finger", "searching", "low_signal", "artefact", "sensor_fault", "unavailable", "out_of_range"])} AS invalid,
		${WORD("r.data_source", ["unknown", "bluetooth", "mock", "manual"])} AS source,
		${WORD("phase_type", ["", "ALTITUDE", "TRANSITION", "RECOVERY", "COMPLETED", "PAUSED", "WARMUP"])} AS phase,
		cycle_number AS cycle, altitude_level AS dial, rr, r.status, motion FROM readings r JOIN session s ON s.no = r.session WHERE s.id IN ${CHOSEN}`),
	gaps: sqlite(`SELECT session_id AS session, from_us AS "from", to_us AS "to", lost, reason FROM gap WHERE session_id IN ${CHOSEN}`),
	notes: sqlite(`SELECT notes_post FROM survey WHERE notes_post <> '' AND session_id IN ${CHOSEN}`).map((row) => row.notes_post),
};

function ok(holds, name, detail) {
	console.log(`${holds ? "ok" : "not ok"} - ${name}`);
	if (!holds) console.log(`# ${JSON.stringify(detail)}`);
}

const key = (r) => [r.session, r.us, r.epoch ?? 0, r.seq ?? 0];
const compare = (a, b) => key(a).map((k, i) => k < key(b)[i] ? -1 : k > key(b)[i] ? 1 : 0).find((c) => c) ?? 0;
const sorted = (rows) => [...rows].sort(compare);

// How finely a format tells each value; 0: the same double.
const FINENESS = { edf: { spo2: 0.005, pulse: 0.01, perfusion: 0.005 } };

function differs(got, want, fineness) {
	return Object.keys(want).find((name) => {
		if (got[name] === undefined) return false;
		if (got[name] === null || want[name] === null || typeof want[name] === "string") return got[name] !== want[name];
		return Math.abs(got[name] - want[name]) > (fineness[name] ?? 0) + 1e-12;
	});
}

function sameRows(format, what, got) {
	const wanted = format === "edf" ? truth[what].map((r) => ({ ...r, epoch: undefined, seq: r.seq })) : truth[what];
	const want = sorted(wanted), have = sorted(got);
	const at = want.findIndex((row, i) => !have[i] || differs(have[i], row, FINENESS[format] ?? {}));

	ok(have.length === want.length && at < 0, `${format}: the same ${want.length} ${what}`,
		{ got: have.length, at, field: have[at] && differs(have[at], want[at], FINENESS[format] ?? {}), want: want[at], have: have[at] });
}

// Text: what a format may not hold is replaced by something else, and nothing is lost behind it.
const plain = { csv: (t) => t.replace(/^'/, "").replaceAll("\ufffd", "\u0001"), edf: (t) => t, parquet: (t) => t, json: (t) => t, fhir: (t) => t, omh: (t) => t };
const wantNote = { edf: (t) => t.replace(/[\n\u0001]/g, " ") };

const found = {
	csv: await read.csv(`${folder}/csv`), parquet: await read.parquet(`${folder}/parquet`), json: read.json(`${folder}/json`),
	edf: read.edf(tool, `${folder}/edf`), fhir: read.fhir(`${folder}/fhir`), omh: read.omh(`${folder}/omh`),
};
for (const [format, { readings, gaps, notes }] of Object.entries(found)) {
	sameRows(format, "readings", readings);
	sameRows(format, "gaps", gaps);
	const want = truth.notes.map(wantNote[format] ?? ((t) => t));
	ok(JSON.stringify(notes.map(plain[format])) === JSON.stringify(want), `${format}: what the person wrote`, { notes, want });
	ok(readings.every((r) => r.valid === undefined || r.valid === (r.invalid === null)), `${format}: is_valid says whether there is a reason`);
}
ok(found.edf.files.every((f) => f.type === 1), "EDFlib takes every file for EDF+");
