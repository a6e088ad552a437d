// Messages as feed wants them, and a training session that looks like one.
import { createHash } from "node:crypto";

export const uuid = (n) => {
	const h = createHash("sha256").update(`person ${n}`).digest("hex");

	return `${h.slice(0, 8)}-${h.slice(8, 12)}-4${h.slice(13, 16)}-8${h.slice(17, 20)}-${h.slice(20, 32)}`;
};
export const deviceId = (n) => `5a:00:00:00:00:${String(n).padStart(2, "0")}`;

export function session(n, more = {}) {
	const now = Date.now() * 1000;

	return { id: uuid(`session ${n}`), local_session_id: `IHHT_${n}_test`, user_id: uuid(n), gateway: "test",
		device_id: deviceId(n), status: "active", start_us: now - 900e6, session_type: "IHHT",
		session_subtype: "training", current_phase: "ALTITUDE", current_cycle: 2, phase_us: now - 150e6,
		total_cycles: 5, hypoxic_duration: 420, hyperoxic_duration: 180, starting_altitude_level: 6,
		current_altitude_level: 6, total_mask_lifts: 0, total_readings: 0, data_source: "mock", hlc: 1, ...more };
}

export const device = (n, more = {}) => ({ device_id: deviceId(n), name: `O2Ring ${1000 + n}`, kind: "mock",
	state: "streaming", since_us: Date.now() * 1000, rssi: -50 - n, battery: 90 - 7 * n, data_source: "mock", ...more });

const counts = new Map();
export function sample(n, more = {}) {
	const seq = (counts.get(n) ?? 0) + 1;

	counts.set(n, seq);
	return { spool: 1, pos: seq, device_id: deviceId(n), epoch: 1, seq, taken_us: Date.now() * 1000, spo2: 96,
		heart_rate: 71, perfusion_index: 3.1, data_source: "mock", ...more };
}

// The last five minutes of somebody who began to breathe thin air `since` seconds ago.
export function history(n, altitudeFor, recoveryFor) {
	const all = [], now = Date.now() * 1000;
	let spo2 = 97.5, pulse = 68 + 3 * n, seed = 7 + n;
	const random = () => (seed = seed * 16807 % 2147483647) / 2147483647 - 0.5;

	for (let s = 299; s >= 0; s--) {
		const low = recoveryFor ? s > recoveryFor && s < recoveryFor + 200 : s < altitudeFor;

		spo2 += ((low ? 84 + n % 3 : 98.4) - spo2) / (low ? 45 : 16) + random() * 0.7;
		pulse += (66 + 4 * n + (98 - spo2) * 1.7 - pulse) / 14 + random() * 3;
		spo2 = Math.min(100, spo2);
		all.push(sample(n, { taken_us: now - s * 1e6, spo2: Math.round(spo2), heart_rate: Math.round(pulse),
			perfusion_index: Math.round(31 + random() * 8) / 10 }));
	}
	return all;
}
