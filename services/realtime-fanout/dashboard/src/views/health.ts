// How the pipeline is: its hops in order, the alerts, what is wrong and the cure in words.
import { api, type Diagnosis, type Health } from "../api";
import { h, icon, type Child } from "../dom";
import type { Process } from "../frames";
import { moment } from "../time";
import { count } from "../words";
import { DoctorWords } from "./doctor";
import { head, panel, table } from "./parts";
import type { House, View } from "./view";

const ASK_MS = 5000;

export class HealthView implements View {
	readonly element = h("div");
	readonly title = "Health";
	private readonly heading = h("h2");
	private readonly doctor = new DoctorWords();
	private readonly problemList = h("div");
	private readonly verdict = h("section", { class: "panel verdict" }, this.heading, this.doctor.verdict, this.problemList);
	private readonly rest = h("div", { class: "stack" });
	private health: Health | null | undefined;   // null: nobody answered
	private diagnosis: Diagnosis | null = null;
	private shown = "";
	private askedMs = -Infinity;

	constructor(private readonly house: House) {
		this.element.append(head("Health"), h("div", { class: "stack" }, this.verdict, this.doctor.hops, this.rest));
	}

	update(): void {
		const { store } = this.house, processes = [...store.processes.values()], alerts = [...store.alerts.values()];
		const now = JSON.stringify([processes, alerts, this.health?.problems, this.health?.status, this.diagnosis, store.pending, this.house.isLive()]);

		void this.ask();
		if (now === this.shown) return;
		this.shown = now;
		this.doctor.show(this.diagnosis);
		this.judge(processes);
		this.rest.replaceChildren(this.alerts(), this.table(processes));
	}

	private async ask(): Promise<void> {
		if (performance.now() - this.askedMs < ASK_MS) return;
		this.askedMs = performance.now();
		[this.health, this.diagnosis] = await Promise.all([api.health().catch(() => null), api.doctor().catch(() => null)]);
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

	private judge(processes: Process[]): void {
		const problems = this.problems(processes);
		const bad = problems.length > 0 || this.diagnosis?.first_broken != null || this.house.store.alerts.size > 0;

		this.verdict.dataset.kind = bad ? "bad" : "good";
		this.heading.replaceChildren(icon(bad ? "off" : "check"), bad ? "Something wants a look" : "All is well");
		this.problemList.replaceChildren(problems.length ? h("ul", { class: "problems" }, ...problems.map((p) => h("li", {}, p))) : "",
			h("p", { class: "soft" }, `${count(this.house.store.pending, "reading")} on the way to the cloud. `,
				"At the gateway ", h("code", {}, "ihht doctor"), " says the same, also when this page cannot."));
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
