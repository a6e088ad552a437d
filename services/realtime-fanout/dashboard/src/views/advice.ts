// What the value of a running session asks for now; "none" when there is no current one.
import { judge, zoneOf, type Advice } from "../rules";
import type { SessionState } from "../store";
import type { House } from "./view";

export function adviceOf(house: House, s: SessionState): Advice {
	const d = house.store.device(s.session.device_id), zone = zoneOf(s.session.current_phase, s.session.session_subtype);

	if (s.endedMs !== undefined || !house.isLive() || !house.store.isCurrent(d)) return "none";
	return judge(d.guide, zone, d.sample?.invalid ? null : d.sample?.spo2 ?? null);
}
