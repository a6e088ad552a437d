// One running session as a card.
import { Chart } from "./chart";
import type { Session } from "./frames";
import type { DeviceState, SessionState, Store } from "./store";
import { age, count, duration, invalidWord, linkWord, phaseWord, shortId, statusWord, timeOfDay } from "./words";

const CURRENT_MS = 5000;   // an older value is not shown as what is now

const TEMPLATE = `
<article>
	<header>
		<h3 data-is="person"></h3>
		<p class="phase" data-is="phase"></p>
		<p class="soft" data-is="device"></p>
	</header>
	<div class="values">
		<dl class="value spo2"><dt>SpO<sub>2</sub> <span class="unit">%</span></dt><dd data-is="spo2"></dd></dl>
		<dl class="value pulse"><dt>Pulse <span class="unit">/min</span></dt><dd data-is="pulse"></dd></dl>
	</div>
	<p class="why" data-is="why"></p>
	<div class="progress" data-is="progress"><div data-is="bar"></div></div>
	<p class="cycle"><span data-is="cycle"></span><span data-is="left"></span></p>
	<div class="chart" data-is="chart" role="img"></div>
	<ul class="states"><li data-is="link"></li><li data-is="recorded"></li><li data-is="cloud"></li></ul>
</article>`;

export function plannedSeconds(session: Session): number | undefined {
	if (session.current_phase === "ALTITUDE") return session.hypoxic_duration ?? undefined;
	if (session.current_phase === "RECOVERY") return session.hyperoxic_duration ?? undefined;
	return undefined;
}

export class Card {
	readonly element = document.createElement("li");
	private readonly parts = new Map<string, HTMLElement>();
	private readonly chart: Chart;
	private inSight = false;
	private drawn = -1;

	constructor(private readonly store: Store, readonly id: string) {
		this.element.innerHTML = TEMPLATE;
		this.element.className = "card";
		for (const e of this.element.querySelectorAll<HTMLElement>("[data-is]"))
			this.parts.set(e.dataset["is"] ?? "", e);
		this.element.firstElementChild?.setAttribute("aria-labelledby", `person-${id}`);
		this.part("person").id = `person-${id}`;
		this.chart = new Chart(this.part("chart"));
		seen.set(this.element, (inSight) => {
			this.inSight = inSight;
			this.update();
		});
		sight.observe(this.element);
	}

	close(): void {
		sight.unobserve(this.element);
		this.chart.close();
		this.element.remove();
	}

	repaint(): void {
		this.chart.forget();
		this.drawn = -1;
		this.update();
	}

	update(): void {
		const s = this.store.sessions.get(this.id);

		if (!s || !this.inSight) return;
		const d = this.store.device(s.session.device_id);

		this.updateHead(s, d);
		this.updateValues(s, d);
		this.updateProgress(s);
		this.updateStates(s, d);
		const last = d.points[0].at(-1) ?? 0;
		if (last !== this.drawn && d.points[0].length > 1) {
			this.chart.show(d.points);
			this.drawn = last;
		}
	}

	private part(name: string): HTMLElement {
		const e = this.parts.get(name);

		if (!e) throw new Error(`card: no part ${name}`);
		return e;
	}

	private text(name: string, text: string): void {
		const e = this.part(name);

		if (e.textContent !== text) e.textContent = text;
	}

	private flag(name: string, text: string, kind: "good" | "wait" | "bad" | "plain"): void {
		this.text(name, text);
		this.part(name).className = `state ${kind}`;
	}

	private updateHead(s: SessionState, d: DeviceState): void {
		const battery = d.sample?.battery ?? d.device.battery;

		this.text("person", `Person ${shortId(s.session.user_id)}`);
		this.text("device", [d.device.name ?? s.session.device_id,
			battery === null || battery === undefined ? "" : `battery ${battery} %`,
			d.device.rssi === null ? "" : `${d.device.rssi} dBm`,
			`since\u00a0${timeOfDay(s.session.start_us)}`].filter(Boolean).join(" · "));
		this.text("phase", s.endedMs === undefined ? phaseWord(s.session.current_phase)
			: `Session ${statusWord(s.session.status)}`);
		this.part("phase").dataset["phase"] = s.endedMs === undefined
			? s.session.current_phase ?? "" : "COMPLETED";
		this.element.classList.toggle("ended", s.endedMs !== undefined);
	}

	private updateValues(s: SessionState, d: DeviceState): void {
		const sample = d.sample;
		const old = sample ? performance.now() - d.heardMs : Infinity;
		const current = old <= CURRENT_MS && s.endedMs === undefined;
		const show = (v: number | null | undefined): string =>
			v === null || v === undefined ? "–" : String(Math.round(v));

		this.text("spo2", show(sample?.spo2));
		this.text("pulse", show(sample?.heart_rate));
		this.element.classList.toggle("old", !current);
		if (!sample) this.text("why", "no value yet");
		else if (!current) this.text("why", `last value, ${age(old)} ago`);
		else if (sample.invalid) this.text("why", invalidWord(sample.invalid));
		else this.text("why", sample.perfusion_index === undefined ? ""
			: `signal: perfusion ${sample.perfusion_index.toFixed(1)} %`);
		this.part("why").classList.toggle("soft", current && !sample?.invalid);
		this.part("chart").setAttribute("aria-label",
			`SpO2 and pulse of the last five minutes; now ${show(sample?.spo2)} % and ${show(sample?.heart_rate)} beats a minute`);
	}

	private updateProgress(s: SessionState): void {
		const { session } = s, planned = plannedSeconds(session);
		const since = session.phase_us === null ? undefined
			: (this.store.nowMs() - session.phase_us / 1000) / 1000;

		this.text("cycle", session.current_cycle === null ? "" : `Cycle ${session.current_cycle}` +
			(session.total_cycles === null ? "" : ` of ${session.total_cycles}`) +
			(session.current_altitude_level === null ? "" : ` · level ${session.current_altitude_level}`));
		if (s.endedMs !== undefined)
			this.text("left", session.avg_spo2 === null ? "" :
				`mean ${session.avg_spo2.toFixed(1)} %, lowest ${session.min_spo2?.toFixed(0) ?? "–"} %`);
		else if (since === undefined) this.text("left", "");
		else if (planned === undefined) this.text("left", `${duration(since)} so far`);
		else if (since > planned) this.text("left", `${duration(since - planned)} over`);
		else this.text("left", `${duration(planned - since)} left`);
		this.part("progress").classList.toggle("none", planned === undefined || s.endedMs !== undefined);
		if (planned !== undefined && since !== undefined)
			this.part("bar").style.width = `${Math.min(100, since / planned * 100).toFixed(1)}%`;
	}

	private updateStates(s: SessionState, d: DeviceState): void {
		const state = d.device.state;
		const stored = this.store.processes.get("local-store-1");
		const lost = d.lost ? `, ${count(d.lost, "value")} not shown` : "";

		this.flag("link", linkWord(state) + lost,
			state === "streaming" ? (d.lost ? "wait" : "good")
				: ["lost", "off", "refused", "stranger"].includes(state ?? "") ? "bad" : "wait");
		if (s.endedMs !== undefined) this.flag("recorded", "recording ended", "plain");
		else if (!stored || stored.state === "silent") this.flag("recorded", "recorder is silent", "bad");
		else if (stored.state === "waiting") this.flag("recorded", "recorder waits", "wait");
		else this.flag("recorded", "recording", "good");
		if (s.syncedMs === undefined) this.flag("cloud", "not yet in the cloud", "wait");
		else this.flag("cloud", `in the cloud ${age(performance.now() - s.syncedMs)} ago`,
			performance.now() - s.syncedMs < 120_000 ? "good" : "wait");
	}
}

// Cards out of sight cost nothing.
const seen = new WeakMap<Element, (inSight: boolean) => void>();
const sight = new IntersectionObserver((entries) => {
	for (const e of entries) seen.get(e.target)?.(e.isIntersecting);
}, { rootMargin: "200px" });
