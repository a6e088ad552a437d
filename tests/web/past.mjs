// Sessions of days ago, as SQL: what Postgres would have of them.
import { createHash } from "node:crypto";

const GATEWAY = "studio", DEVICE = "O2Ring 1007";

export const pastId = (n) => createHash("sha256").update(`past ${n}`).digest("hex")
	.replace(/^(.{8})(.{4}).(.{3}).(.{3})(.{12}).*/, "$1-$2-5$3-8$4-$5");

// One value a second of somebody who learns from cycle to cycle; `skill` 0 to 1.
function course({ cycles, altitude, recovery, skill, seed }) {
	const rows = [], phases = [], lifts = [];
	let spo2 = 97.8, pulse = 66, at = 0;
	const random = () => (seed = seed * 16807 % 2147483647) / 2147483647 - 0.5;

	for (let cycle = 1; cycle <= cycles; cycle++)
		for (const [phase, seconds] of [["ALTITUDE", altitude], ["RECOVERY", recovery]]) {
			let lifted = -60;

			phases.push({ phase, cycle, from: at, to: at + seconds });
			for (let s = 0; s < seconds; s++, at++) {
				const goal = phase === "RECOVERY" ? 98.6 : s - lifted < 14 ? 96 : 83.2 + 4 * skill + 0.6 * cycle + 1.5 * Math.sin(s / 40);

				spo2 += (goal - spo2) / (phase === "RECOVERY" ? 13 : s - lifted < 14 ? 9 : 42) + random() * 0.55;
				spo2 = Math.min(100, spo2);
				pulse += (64 + (98 - spo2) * 1.9 - pulse) / 12 + random() * 2.6;
				if (phase === "ALTITUDE" && Math.round(spo2) <= 83 && s - lifted > 40) {
					lifted = s;
					lifts.push({ at, cycle, spo2: Math.round(spo2) });
				}
				rows.push({ at, phase, cycle, spo2: Math.round(spo2), pulse: Math.round(pulse) });
			}
		}
	return { rows, phases, lifts, length: at };
}

// Needs `person`, `n`, `startMs`; 9 seconds of the third minute are missing, unless it is `whole`.  A
// value each `step` seconds, up to `jitter` seconds late.
export function pastSession({ person, n, startMs, skill = 0.5, cycles = 4, altitude = 300, recovery = 150, level = 6, step = 1, jitter = 0, whole = false, source = "mock" }) {
	const { rows, phases, lifts, length } = course({ cycles, altitude, recovery, skill, seed: 11 + n });
	const id = pastId(n), time = (s) => `'${new Date(startMs + s * 1000).toISOString()}'`;
	const kept = rows.filter((r) => (whole || r.at < 170 || r.at >= 179) && r.at % step === 0), late = (at) => jitter * (at * 7919 % 101) / 100;
	const values = kept.map((r) => r.spo2), pulses = kept.map((r) => r.pulse);
	const mean = (all) => (all.reduce((a, b) => a + b) / all.length).toFixed(2);

	return `SELECT ihht.readings_month(${time(0)}), ihht.readings_month(${time(length)});
INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, end_time, session_subtype, total_cycles,
	hypoxic_duration, hyperoxic_duration, starting_altitude_level, current_altitude_level, total_mask_lifts, total_readings, avg_spo2,
	min_spo2, max_spo2, avg_heart_rate, min_heart_rate, max_heart_rate, data_source, hlc, sync_status, last_sync_at)
	VALUES ('${person}', '${id}', 'IHHT_${startMs}_past${n}', '${GATEWAY}', '${DEVICE}', 'completed', ${time(0)}, ${time(length)},
	'training', ${cycles}, ${altitude}, ${recovery}, ${level}, ${level}, ${lifts.length}, ${kept.length}, ${mean(values)}, ${Math.min(...values)},
	${Math.max(...values)}, ${mean(pulses)}, ${Math.min(...pulses)}, ${Math.max(...pulses)}, '${source}', 1, 'completed', ${time(length + 4)});
INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, heart_rate, is_valid, data_source, phase_type, cycle_number, fio2_level)
	VALUES ${kept.map((r) => `('${person}','${id}',${time(r.at + late(r.at))},${n},${r.at + 1},${r.spo2},${r.pulse},true,'${source}','${r.phase}',${r.cycle},${level})`).join(",\n")};
INSERT INTO session_phase_stats (user_id, session_id, id, phase_type, phase_number, altitude_level, start_time, end_time, spo2_readings_count,
	mask_lift_count, target_min_spo2, target_max_spo2, recovery_trigger, hlc)
	VALUES ${phases.map((p) => `('${person}','${id}',md5('${id}${p.phase}${p.cycle}')::uuid,'${p.phase}',${p.cycle},${level},${time(p.from)},${time(p.to)},${p.to - p.from},` +
		`${lifts.filter((l) => p.phase === "ALTITUDE" && l.cycle === p.cycle).length},${p.phase === "ALTITUDE" ? "85,90,NULL" : "95,100,'time_limit'"},1)`).join(",\n")};
${lifts.map((l, i) => `INSERT INTO session_adaptive_events (user_id, session_id, id, event_type, event_timestamp, altitude_phase_number, spo2_value, hlc)
	VALUES ('${person}','${id}',md5('${id}${i}')::uuid,'mask_lift',${time(l.at)},${l.cycle},${l.spo2},1);`).join("\n")}
INSERT INTO session_surveys (user_id, session_id, id, clarity_pre, energy_pre, stress_pre, pre_hlc, clarity_post, energy_post, stress_post,
	overall_rating, notes_post, post_symptoms, post_hlc) VALUES ('${person}','${id}','${id}',3,2,3,1,4,4,4,5,'Calmer than last time.','["relaxed","clear_minded"]',1);
${whole ? "" : `INSERT INTO gaps (user_id, session_id, device_id, epoch, seq, from_time, to_time, lost, reason)
	VALUES ('${person}','${id}','${DEVICE}',${n},100000,${time(170)},${time(179)},9,'link_lost');`}
`;
}

// Of a session that runs: what the cloud has of it from second `from` to `to`.
export function runningSession({ person, id, startMs, from, to, value }) {
	const time = (s) => `'${new Date(startMs + s * 1000).toISOString()}'`, rows = Array.from({ length: to - from }, (_x, i) => from + i);

	return `SELECT ihht.readings_month(${time(from)}), ihht.readings_month(${time(to)});
INSERT INTO sessions (user_id, id, local_session_id, gateway, device_id, status, start_time, session_subtype, total_cycles, data_source, hlc, sync_status)
	VALUES ('${person}', '${id}', 'IHHT_${startMs}_running', '${GATEWAY}', '${DEVICE}', 'active', ${time(0)}, 'training', 4, 'mock', 1, 'syncing')
	ON CONFLICT DO NOTHING;
INSERT INTO readings (user_id, session_id, timestamp, epoch, seq, spo2, heart_rate, is_valid, data_source, phase_type, cycle_number)
	VALUES ${rows.map((s) => `('${person}','${id}',${time(s)},1,${s + 1},${value(s).spo2},${value(s).heart_rate},true,'mock','ALTITUDE',1)`).join(",\n")};
`;
}

// A session's course as the keyboard reads it, minute by minute: seconds since its start, and words.
export async function readCourse(page) {
	const slider = page.getByRole("slider"), seen = new Map();

	await slider.focus();
	await page.keyboard.press("Home");
	for (;;) {
		const at = Number(await slider.getAttribute("aria-valuenow"));

		if (seen.has(at)) return seen;
		seen.set(at, await slider.getAttribute("aria-valuetext"));
		await page.keyboard.press("PageUp");
	}
}
