// The oximeters, as ble-ingest sees them.
import { h } from "../dom";
import type { DeviceState } from "../store";
import { age, moment } from "../time";
import { decimal, invalidWord, linkWord, qualityOf, qualityWord } from "../words";
import { head, table } from "./parts";
import type { House, View } from "./view";

export class Devices implements View {
	readonly element = h("div");
	readonly title = "Devices";
	private readonly body = h("div");
	private shown = "";

	constructor(private readonly house: House) {
		this.element.append(head("Devices"), this.body);
	}

	update(): void {
		const all = [...this.house.store.devices.values()].sort((a, b) => name(a).localeCompare(name(b)));
		const rows = all.map((d) => this.row(d)), now = JSON.stringify(rows);

		if (now === this.shown) return;
		this.shown = now;
		this.body.replaceChildren(all.length ? table("Oximeters", ["Oximeter", "State", "In use by", "Value", "Signal", "Battery", "Radio", "Kind"],
			rows.map(([first, state, who, ...rest]) => [first ?? "", state ?? "", who ? h("a", { href: `#/session/${who}` }, this.person(who)) : "free", ...rest]))
			: h("p", { class: "nothing" }, "No oximeter has been heard.", h("span", {}, "Switch one on and put it on a finger.")));
	}

	private person(session: string): string {
		const s = this.house.store.sessions.get(session);

		return s ? this.house.people.name(s.session.user_id) : "";
	}

	private row(d: DeviceState): string[] {
		const { store } = this.house, { device, sample } = d;
		const s = [...store.sessions.values()].find((each) => each.endedMs === undefined && each.session.device_id === device.device_id);
		const battery = sample?.battery ?? device.battery, at = sample ? sample.taken_us / 1000 : 0;
		const value = !sample ? "none yet" : !store.isCurrent(d) ? store.ageMs(d) < 86_400_000 ? `${age(store.ageMs(d))} ago` : moment(at)
			: sample.invalid ? invalidWord(sample.invalid) : `${sample.spo2 ?? "–"} %, ${sample.heart_rate ?? "–"} /min`;
		const perfusion = typeof sample?.perfusion_index === "number" ? `, perfusion ${decimal(sample.perfusion_index)} %` : "";

		return [name(d), linkWord(device.state) + (d.lost ? `, ${d.lost} values not shown` : ""), s?.session.id ?? "", value,
			store.isCurrent(d) ? qualityWord[qualityOf(sample)] + perfusion : "–", typeof battery === "number" ? `${battery} %` : "–",
			device.rssi === null ? "–" : `${device.rssi} dBm`, device.kind ?? ""];
	}
}

const name = (d: DeviceState): string => d.device.name || d.device.device_id;
