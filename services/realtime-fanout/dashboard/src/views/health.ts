// How the pipeline is: its hops in order, the alerts, what is wrong and the cure in words.
import { api, type Diagnosis, type Health } from "../api";
import { h, setData, setIcon, setText, type Child, type IconName } from "../dom";
import type { Alert, Process } from "../frames";
import { moment } from "../time";
import { count } from "../words";
import { DoctorWords } from "./doctor";
import { Changing, head, panel, table } from "./parts";
import type { House, View } from "./view";

const ASK_MS = 5000;
const VERDICTS: Record<"bad" | "good" | "unknown", [sign: IconName, words: string]> = {
	bad: ["off", "Something wants a look"], good: ["check", "All is well"], unknown: ["wait", "Asking …"] };

export class HealthView implements View {
	readonly element = h("div");
	readonly title = "Health";
	private readonly words = h("span");
	private readonly heading = h("h2", {}, this.words);
	private readonly doctor = new DoctorWords();
	private readonly problemList = new Changing();
	private readonly verdict = h("section", { class: "panel verdict" }, this.heading, this.doctor.verdict, this.problemList.element);
	private readonly alerts = new Changing();
	private readonly processes = new Changing();
	private health: Health | null | undefined;   // undefined: not asked yet; null: nobody answers
	private diagnosis: Diagnosis | null = null;
	private askedMs = -Infinity;
	private asking = false;

	constructor(private readonly house: House) {
		this.element.append(head("Health"), h("div", { class: "stack" }, this.verdict, this.doctor.hops, this.alerts.element, this.processes.element));
	}

	update(): void {
		const { store } = this.house, processes = [...store.processes.values()], alerts = [...store.alerts.values()];

		void this.ask();
		this.doctor.show(this.diagnosis);
		this.judge(processes);
		this.alerts.show(alerts, () => [alertsPanel(alerts)]);
		this.processes.show([processes, this.health?.processes.map((p) => p.version)], () => [this.table(processes)]);
	}

	private async ask(): Promise<void> {
		if (this.asking || performance.now() - this.askedMs < ASK_MS) return;
		this.askedMs = performance.now();
		this.asking = true;
		[this.health, this.diagnosis] = await Promise.all([api.health().catch(() => null), api.doctor().catch(() => null)]);
		this.asking = false;
		if (this.element.isConnected) this.update();   // else it was left meanwhile
	}

	private problems(processes: Process[]): string[] {
		if (this.health === undefined) return [];
		const said = this.health?.problems ?? [];
		const seen = processes.filter((p) => p.state !== "ready").map((p) => `${p.process} ${p.state}${p.why ? `: ${p.why}` : ""}`);

		if (this.health === null) seen.push("http-api cannot be reached: commands and the past are away");

		if (!this.house.isLive()) return ["The live stream cannot be reached: is realtime-fanout running?"];
		if (!processes.length) return ["No process has been heard yet"];
		return said.length ? said : seen;
	}

	private judge(processes: Process[]): void {
		const problems = this.problems(processes), { alerts, pending } = this.house.store;
		const bad = problems.length > 0 || this.diagnosis?.first_broken != null || alerts.size > 0;
		const kind = this.health === undefined ? "unknown" : bad ? "bad" : "good", [sign, words] = VERDICTS[kind];

		setData(this.verdict, "kind", kind);
		setIcon(this.heading, sign);
		setText(this.words, words);
		this.problemList.show([problems, pending], () => [problems.length ? h("ul", { class: "problems" }, ...problems.map((p) => h("li", {}, p))) : "",
			h("p", { class: "soft" }, `${count(pending, "reading")} on the way to the cloud. `,
				"At the gateway ", h("code", {}, "ihht doctor"), " says the same, also when this page cannot.")]);
	}

	private table(processes: Process[]): HTMLElement {
		const version = (p: Process): Child => this.health?.processes.find((x) => x.process === p.process && x.instance === p.instance)?.version ?? "";

		return panel("Processes", table("Processes", ["Process", "State", "Why", "Version"],
			processes.map((p) => [p.instance > 1 ? `${p.process} ${p.instance}` : p.process, p.state, p.why ?? "", version(p)])));
	}
}

function alertsPanel(alerts: Alert[]): HTMLElement {
	return panel("Alerts", alerts.length ? h("ul", { class: "alert-list" }, ...alerts.map((a) => h("li", { "data-level": a.level },
		h("strong", {}, `${a.level === "critical" ? "Critical" : "Warning"}: ${a.name.replaceAll("_", " ")}`), h("p", {}, a.text),
		h("p", { class: "soft" }, moment(a.at_us / 1000))))) : h("p", { class: "soft" }, "None."));
}
