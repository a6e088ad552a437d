// Exports read back by programs that know nothing of our writers, as one kind of rows.
//
//	read.csv(folder), .parquet(folder), .json(file), .edf(tool, folder), .fhir(file), .omh(file)
//
// each give {readings: [...], gaps: [...], notes: [...]}: readings as {session, us, epoch, seq,
// spo2, pulse, perfusion, invalid, source, phase, cycle, dial}, null where there is none and
// undefined where the format does not say; gaps as {session, from, to, lost, reason}.
import { execFileSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { DuckDBInstance } from "@duckdb/node-api";

const WORDS = {
	invalid: [null, "no_finger", "searching", "low_signal", "artefact", "sensor_fault", "unavailable", "out_of_range"],
	source: ["unknown", "bluetooth", "mock", "manual"],
	phase: [null, "ALTITUDE", "TRANSITION", "RECOVERY", "COMPLETED", "PAUSED", "WARMUP"],
};

// "2026-01-01T00:00:00.000001Z" to microseconds
export function micros(text) {
	const [, seconds, fraction] = /^(.{19})\.(\d{6})Z$/.exec(text);

	return Date.parse(`${seconds}Z`) * 1000 + Number(fraction);
}
const number = (value) => value === null || value === undefined || value === "" ? null : Number(value);
const word = (value) => value === "" || value === undefined ? null : value;

// Columns with the API's names, from CSV, Parquet and JSON alike.
const reading = (r, us) => ({
	session: r.session_id, us, epoch: number(r.epoch), seq: number(r.seq), spo2: number(r.spo2),
	pulse: number(r.heart_rate), perfusion: number(r.perfusion_index), invalid: word(r.invalid),
	source: r.data_source, phase: word(r.phase_type), cycle: number(r.cycle_number), dial: number(r.fio2_level),
	rr: number(r.rr), status: number(r.status), motion: number(r.motion), valid: String(r.is_valid) === "true",
});
const gap = (g, from, to) => ({ session: g.session_id, from, to, lost: number(g.lost), reason: word(g.reason) });

export async function duck(sql) {
	const db = await (await DuckDBInstance.create(":memory:")).connect();

	return (await db.runAndReadAll(sql)).getRowObjectsJson();
}

async function tables(table) {
	const readings = (await table("readings")), gaps = (await table("gaps"));
	const surveys = (await table("surveys"));

	return { readings, gaps, notes: surveys.map((s) => s.notes_post).filter((text) => text) };
}

const csv = (folder) => tables(async (name) => {
	const rows = await duck(`FROM read_csv('${folder}/${name}.csv', header = true, all_varchar = true, quote = '"', escape = '"', delim = ',', auto_detect = false, columns = ${columns(folder, name)})`);

	if (name === "readings") return rows.map((r) => reading(r, micros(r.timestamp)));
	return name === "gaps" ? rows.map((g) => gap(g, micros(g.from_time), micros(g.to_time))) : rows;
});

// The dictionary's, so that it is used as it is meant.
function columns(folder, name) {
	const all = JSON.parse(readFileSync(`${folder}/csv-metadata.json`)).tables;
	const { tableSchema } = all.find((table) => table.url === `${name}.csv`);

	return `{${tableSchema.columns.map((c) => `'${c.name}': 'VARCHAR'`).join(", ")}}`;
}

const parquet = (folder) => tables(async (name) => {
	const times = { readings: ["timestamp"], gaps: ["from_time", "to_time"] }[name] ?? [];
	const rows = await duck(`SELECT *${times.map((t) => `, epoch_us("${t}")::DOUBLE AS ${t}_us`).join("")} FROM '${folder}/${name}.parquet'`);

	if (name === "readings") return rows.map((r) => reading(r, r.timestamp_us));
	return name === "gaps" ? rows.map((g) => gap(g, g.from_time_us, g.to_time_us)) : rows;
});

function json(file) {
	const out = { readings: [], gaps: [], notes: [] };

	for (const s of JSON.parse(readFileSync(file)).sessions) {
		const own = { session_id: s.id };
		out.readings.push(...s.readings.map((r) => reading({ ...own, ...r }, micros(r.timestamp))));
		out.gaps.push(...s.gaps.map((g) => gap({ ...own, ...g }, micros(g.from_time), micros(g.to_time))));
		out.notes.push(...s.surveys.map((v) => v.notes_post).filter((text) => text));
	}
	return out;
}

// ---- EDF+: the samples that are readings, the annotations that are gaps

function readEdf(tool, file) {
	const edf = JSON.parse(execFileSync(tool, [file], { maxBuffer: 1 << 30 }));
	const signals = Object.fromEntries(Object.entries(edf.signals).map(([name, all]) => [name.trim(), all]));
	const rate = signals.Reading.length / edf.seconds, session = edf.recording.trim();
	const value = (name, i) => signals[name][i] < 0 ? null : signals[name][i];
	const round = (name, i) => value(name, i) === null ? null : Math.round(value(name, i));
	const readings = [], note = (a) => ({ session, from: edf.start * 1e6 + a[0] / 10, to: edf.start * 1e6 + (a[0] + a[1]) / 10,
		lost: number(/ lost=(\d+)/.exec(a[2])?.[1]), reason: / reason=(\w+)/.exec(a[2])?.[1] ?? null });

	for (let i = 0; i < signals.Reading.length; i++)
		if (Math.round(signals.Reading[i]) === 1)
			readings.push({ session, us: (edf.start + Math.floor(i / rate)) * 1e6 + round("Offset ms", i) * 1000 + round("Offset us", i),
				spo2: value("SpO2", i), pulse: value("Pulse", i), perfusion: value("PerfusionIndex", i),
				invalid: WORDS.invalid[round("Invalid", i)], source: WORDS.source[round("DataSource", i)],
				phase: WORDS.phase[round("Phase", i)], cycle: round("Cycle", i), dial: round("AltitudeLevel", i) });
	return { readings, gaps: edf.annotations.filter((a) => a[2].startsWith("gap ")).map(note),
		notes: edf.annotations.map((a) => / notes_post=(.*)/.exec(a[2])?.[1]).filter((text) => text), edf };
}

function edf(tool, folder) {
	const all = readdirSync(folder).sort().map((name) => readEdf(tool, `${folder}/${name}`));

	return { readings: all.flatMap((one) => one.readings), gaps: all.flatMap((one) => one.gaps),
		notes: all.flatMap((one) => one.notes), files: all.map((one) => one.edf) };
}

// ---- FHIR: Observations

const code = (concept, system) => concept?.coding?.find((c) => c.system === system)?.code;
const LOINC = "http://loinc.org";

function observation(o) {
	const own = Object.fromEntries((o.component ?? []).map((c) =>
		[code(c.code, "urn:ihht:readings") ?? code(c.code, LOINC), c.valueQuantity?.value ?? c.valueString ?? c.valueDateTime ?? null]));
	const isPulse = code(o.code, LOINC) === "8867-4", main = o.valueQuantity?.value ?? null;

	return { session: o.partOf[0].reference.slice(9), us: micros(o.effectiveDateTime), epoch: own.epoch, seq: own.seq,
		spo2: isPulse ? null : main, pulse: isPulse ? main : own["8867-4"] ?? null, perfusion: own["61006-3"] ?? null,
		invalid: o.dataAbsentReason?.text ?? own.invalid ?? null, source: own.data_source, phase: own.phase_type ?? null,
		cycle: own.cycle_number ?? null, dial: own.fio2_level ?? null };
}

function fhir(file) {
	const all = JSON.parse(readFileSync(file)).entry.map((entry) => entry.resource);
	const vital = all.filter((r) => r.resourceType === "Observation" && r.category[0].coding[0].code === "vital-signs");
	const own = (o, name) => o.component?.find((c) => code(c.code, "urn:ihht:gaps") === name);

	return {
		readings: vital.filter((o) => o.effectiveDateTime).map(observation),
		gaps: vital.filter((o) => o.effectivePeriod).map((o) => ({ session: o.partOf[0].reference.slice(9),
			from: micros(o.effectivePeriod.start), to: micros(o.effectivePeriod.end),
			lost: own(o, "lost")?.valueQuantity.value ?? null, reason: o.dataAbsentReason.text ?? null })),
		notes: all.flatMap((r) => r.item ?? []).filter((i) => i.linkId === "notes_post").map((i) => i.answer[0].valueString),
	};
}

// ---- Open mHealth: points of one reading side by side

function omh(file) {
	const out = { readings: [], gaps: [], notes: [] };

	for (const { header, body } of JSON.parse(readFileSync(file))) {
		const session = header.acquisition_provenance.session_id, name = header.schema_id.name;
		const interval = body.effective_time_frame.time_interval, own = body.ihht;

		if (name === "gaps")
			out.gaps.push({ session, from: micros(interval.start_date_time), to: micros(interval.end_date_time),
				lost: body.lost ?? null, reason: body.reason ?? null });
		else if (name === "surveys" && body.notes_post)
			out.notes.push(body.notes_post);
		else if (own)
			out.readings.push({ session, us: micros(body.effective_time_frame.date_time), epoch: own.epoch, seq: own.seq,
				spo2: body.oxygen_saturation?.value ?? null, pulse: body.heart_rate?.value ?? null,
				perfusion: own.perfusion_index ?? null, invalid: own.invalid ?? null,
				source: header.acquisition_provenance.data_source, phase: own.phase_type ?? null,
				cycle: own.cycle_number ?? null, dial: own.fio2_level ?? null });
		else if (name === "heart-rate")
			out.readings.at(-1).pulse = body.heart_rate.value;
	}
	return out;
}

export const read = { csv, parquet, json, edf, fhir, omh };
