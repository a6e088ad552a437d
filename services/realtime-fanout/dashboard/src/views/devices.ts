// The oximeters, as ble-ingest sees them.
import { h, setHidden } from "../dom";
import type { DeviceState } from "../store";
import { age, moment } from "../time";
import { decimal, invalidWord, linkWord, qualityOf, qualityWord } from "../words";
import { head, LiveTable, type Cell } from "./parts";
import type { House, View } from "./view";

export class Devices implements View {
	readonly element = h("div");
	readonly title = "Devices";
	private readonly table = new LiveTable("Oximeters", ["Oximeter", "State", "In use by", "Value", "Signal", "Battery", "Radio", "Kind"]);
	private readonly nothing = h("p", { class: "nothing" }, "No oximeter has been heard.", h("span", {}, "Switch one on and put it on a finger."));

	constructor(private readonly house: House) {
		this.element.append(head("Devices"), this.table.element, this.nothing);
	}

	update(): void {
		const all = [...this.house.store.devices.values()].sort((a, b) => name(a).localeCompare(name(b)));

		setHidden(this.table.element, !all.length);
		setHidden(this.nothing, all.length > 0);
		this.table.show(all.map((d) => ({ key: d.device.device_id, cells: this.row(d) })));
	}

	private row(d: DeviceState): Cell[] {
		const { store } = this.house, { device, sample } = d;
		const s = store.sessionOf(device.device_id), isLive = this.house.isLive(), current = isLive && store.isCurrent(d);
		const battery = sample?.battery ?? device.battery, at = sample ? sample.taken_us / 1000 : 0;
		const value = !sample ? "none yet" : !current ? store.ageMs(d) < 86_400_000 ? `${age(store.ageMs(d))} ago` : moment(at)
			: sample.invalid ? invalidWord(sample.invalid) : `${sample.spo2 ?? "–"} %, ${sample.heart_rate ?? "–"} /min`;
		const perfusion = typeof sample?.perfusion_index === "number" ? `, perfusion ${decimal(sample.perfusion_index)} %` : "";

		return [name(d), !isLive ? "not connected" : linkWord(device.state) + (s?.lost ? `, ${s.lost} values not shown` : ""),
			s ? { href: `#/session/${s.session.id}`, text: this.house.people.name(s.session.user_id) } : "free", value,
			current ? qualityWord[qualityOf(sample)] + perfusion : "–", typeof battery === "number" ? `${battery} %` : "–",
			device.rssi === null ? "–" : `${device.rssi} dBm`, device.kind ?? ""];
	}
}

const name = (d: DeviceState): string => d.device.name || d.device.device_id;
