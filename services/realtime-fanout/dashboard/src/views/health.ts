// How the pipeline is: its hops in order, the alerts, what is wrong and the cure in words.
import { api, type Health } from "../api";
import { h, icon, type Child, type IconName } from "../dom";
import type { Process } from "../frames";
import { moment } from "../time";
import { count } from "../words";
import { head, panel, table } from "./parts";
import type { House, View } from "./view";

const ASK_MS = 5000;
const HOPS: [process: string, text: string, sign: IconName][] = [["ble-ingest", "Oximeters heard", "device"],
	["local-store", "Recorded here", "disk"], ["sync-worker", "Sent to the cloud", "cloud"],
	["dedupe-auditor", "Compared", "check"], ["realtime-fanout", "Shown live", "live"], ["http-api", "Commands and past", "history"]];

type Kind = "good" | "wait" | "bad";

export class HealthView implements View {
	readonly element = h("div");
	readonly title = "Health";
	private readonly body = h("div", { class: "stack" });
	private health: Health | null | undefined;   // null: nobody answered
	private shown = "";
	private askedMs = -Infinity;

	constructor(private readonly house: House) {
		this.element.append(head("Health"), this.body);
	}

	update(): void {
		const { store } = this.house, processes = [...store.processes.values()], alerts = [...store.alerts.values()];
		const now = JSON.stringify([processes, alerts, this.health?.problems, this.health?.status, store.pending, this.house.isLive(), this.first(processes)]);

		void this.ask();
		if (now === this.shown) return;
		this.shown = now;
		this.body.replaceChildren(this.verdict(processes), this.hops(processes), this.alerts(), this.table(processes));
	}

	private async ask(): Promise<void> {
		if (performance.now() - this.askedMs < ASK_MS) return;
		this.askedMs = performance.now();
		this.health = await api.health().catch(() => null);
		this.update();
	}

	private problems(processes: Process[]): string[] {
		const said = this.health?.problems ?? [];
		const seen = processes.filter((p) => p.state !== "ready").map((p) => `${p.process} ${p.state}${p.why ? `: ${p.why}` : ""}`);

		if (this.health === null) seen.push("http-api cannot be reached: commands and the past are away");

		if (!this.house.isLive()) return ["The live stream cannot be reached: is realtime-fanout running?"];
		if (!processes.length) return ["No process has been heard yet"];
		return said.length ? said : seen;
	}

	// The first hop on a value's way that does not work: what comes after it cannot be well.
	private first(processes: Process[]): string {
		const { store } = this.house, running = [...store.sessions.values()].filter((s) => s.endedMs === undefined);

		for (const [name, text] of HOPS) {
			const all = processes.filter((p) => p.process === name), kind = worst(all), why = all.find((p) => p.why)?.why;

			if (kind !== "good")
				return `${text}: ${why || `${name} is not heard. It is started again by itself; when it stays away, its log says why.`}`;
			if (name === "ble-ingest" && running.length && !running.some((s) => store.isCurrent(store.device(s.session.device_id))))
				return "No running session has a value of now: are the oximeters switched on, on a finger and in range?";
		}
		return "";
	}

	private verdict(processes: Process[]): HTMLElement {
		const problems = this.problems(processes), first = processes.length ? this.first(processes) : "";
		const bad = problems.length > 0 || first !== "" || this.house.store.alerts.size > 0;

		return h("section", { class: "panel verdict", "data-kind": bad ? "bad" : "good" },
			h("h2", {}, icon(bad ? "off" : "check"), bad ? "Something wants a look" : "All is well"),
			first ? h("p", {}, h("strong", {}, "Look here first. "), first) : null,
			problems.length ? h("ul", { class: "problems" }, ...problems.map((p) => h("li", {}, p))) : null,
			h("p", { class: "soft" }, `${count(this.house.store.pending, "reading")} on the way to the cloud. `,
				"At the gateway ", h("code", {}, "ihht doctor"), " looks deeper."));
	}

	private hops(processes: Process[]): HTMLElement {
		return h("ol", { class: "hops", "aria-label": "The way of a value" }, ...HOPS.map(([name, text, sign]) => {
			const all = processes.filter((p) => p.process === name), kind = worst(all);

			return h("li", { "data-kind": kind }, icon(sign), h("strong", {}, text), h("span", {}, all.length ? stateWord(kind) : "not heard"));
		}));
	}

	private alerts(): HTMLElement {
		const alerts = [...this.house.store.alerts.values()];

		return panel("Alerts", alerts.length ? h("ul", { class: "alert-list" }, ...alerts.map((a) => h("li", { "data-level": a.level },
			h("strong", {}, `${a.level === "critical" ? "Critical" : "Warning"}: ${a.name.replaceAll("_", " ")}`), h("p", {}, a.text),
			h("p", { class: "soft" }, moment(a.at_us / 1000))))) : h("p", { class: "soft" }, "None."));
	}

	private table(processes: Process[]): HTMLElement {
		const version = (p: Process): Child => this.health?.processes.find((x) => x.process === p.process && x.instance === p.instance)?.version ?? "";

		return panel("Processes", table("Processes", ["Process", "State", "Why", "Version"],
			processes.map((p) => [p.instance > 1 ? `${p.process} ${p.instance}` : p.process, p.state, p.why ?? "", version(p)])));
	}
}

function worst(all: Process[]): Kind {
	if (!all.length || all.every((p) => p.state === "silent")) return "bad";
	return all.every((p) => p.state === "ready") ? "good" : "wait";
}

const stateWord = (kind: Kind): string => ({ good: "works", wait: "waits", bad: "silent" })[kind];
