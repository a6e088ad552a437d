// One running session on the wall.
import { Trend } from "../chart/trend";
import type { Span } from "../chart/paint";
import { h, icon, setData, setHidden, setIcon, setText, type IconName } from "../dom";
import type { Session } from "../frames";
import { progressOf, ribbonOf } from "../plan";
import { zoneOf, type Advice } from "../rules";
import type { DeviceState, SessionState } from "../store";
import { age, duration } from "../time";
import { adviceWord, count, decimal, invalidWord, linkWord, phaseWord, qualityOf, qualityWord, statusWord } from "../words";
import { adviceOf } from "./advice";
import { Controls } from "./controls";
import type { House } from "./view";

export const phaseIcon: Record<string, IconName> = { ALTITUDE: "altitude", RECOVERY: "recovery", PAUSED: "pause",
	TRANSITION: "next", COMPLETED: "check", WARMUP: "wait" };
const ADVICE_ICON: Record<Advice, IconName | ""> = { none: "", in: "check", above: "up", below: "down",
	lift: "lift", lift_twice: "lift", mask_off: "off" };
type Kind = "good" | "wait" | "bad" | "plain";
const number = (v: number | null | undefined): string => typeof v === "number" ? String(v) : "–";
const whole = (v: number | null | undefined): string => typeof v === "number" ? String(Math.round(v)) : "–";

// The stretch of each phase that was seen, the running one to `endS`.
export function spansOf(s: SessionState, endS: number): Span[] {
	return s.phases.map((mark, i) => ({ from: mark.atS, to: s.phases[i + 1]?.atS ?? endS, phase: mark.phase }));
}

export class Card {
	readonly element = h("li", { class: "card" });
	private readonly article = h("article");
	private readonly person = h("a", { class: "person" });
	private readonly phase = h("p", { class: "phase" });
	private readonly left = h("p", { class: "left" });
	private readonly cycle = h("p", { class: "cycle" });
	private readonly ribbon = h("div", { class: "ribbon", "aria-hidden": "true" });
	private readonly spo2 = h("dd");
	private readonly pulse = h("dd");
	private readonly advice = h("p", { class: "advice" });
	private readonly old = h("p", { class: "last" });
	private readonly chart = h("div", { class: "chart", role: "img" });
	private readonly states = new Map<string, HTMLElement>();
	private readonly controls: Controls;
	private readonly trend: Trend;
	inSight = false;
	private drawn = "";

	// wanted: it has come into sight and is to be drawn, when there is time
	constructor(private readonly house: House, readonly id: string, wanted: (card: Card) => void) {
		const pill = (name: string, sign: IconName): HTMLElement => {
			const e = h("li", { class: `state state-${name}` }, icon(sign), h("span"));

			this.states.set(name, e);
			return e;
		};

		this.controls = new Controls(house, id, "card");
		this.person.id = `person-${id}`;
		this.person.href = `#/session/${id}`;
		this.phase.append(h("span"));
		this.advice.append(h("span"));
		this.article.setAttribute("aria-labelledby", this.person.id);
		this.article.append(
			h("header", {}, h("h2", {}, this.person), this.phase, this.cycle, this.left), this.ribbon,
			h("div", { class: "values" },
				h("div", { class: "tile spo2" }, h("dl", {}, h("dt", {}, "SpO", h("sub", {}, "2"), h("span", { class: "unit" }, " %")), this.spo2), this.advice),
				h("div", { class: "tile pulse" }, h("dl", {}, h("dt", {}, "Pulse", h("span", { class: "unit" }, " /min")), this.pulse), this.old)),
			this.chart,
			h("ul", { class: "states" }, pill("signal", "signal"), pill("link", "link"), pill("battery", "battery"),
				pill("recorded", "disk"), pill("cloud", "cloud")),
			this.controls.element);
		this.element.append(this.article);
		this.trend = new Trend(this.chart);
		seen.set(this.element, (inSight) => {
			this.inSight = inSight;
			if (inSight) wanted(this);
		});
		sight.observe(this.element);
	}

	close(): void {
		sight.unobserve(this.element);
		this.trend.close();
		this.element.remove();
	}

	repaint(): void {
		this.trend.forget();
		this.drawn = "";
		this.update();
	}

	update(): void {
		const s = this.house.store.sessions.get(this.id);

		if (!s) return;
		const d = this.house.store.device(s.session.device_id);

		this.updateHead(s);
		this.updateValues(s, d);
		this.updateStates(s, d);
		this.controls.update();
		if (this.inSight) this.updateChart(s, d);
	}

	private updateHead(s: SessionState): void {
		const { session } = s, over = s.endedMs !== undefined, phase = over ? "COMPLETED" : session.current_phase ?? "", isLive = this.house.isLive();
		const label = this.phase.lastElementChild, progress = progressOf(session, this.house.store.nowMs());

		setText(this.person, this.house.people.name(session.user_id));
		setIcon(this.phase, phaseIcon[phase] ?? "wait");
		setData(this.phase, "phase", phase);
		if (label) setText(label, over ? upperStatus(session) : isLive ? phaseWord(phase) : `Last: ${phaseWord(phase)}`);
		this.element.classList.toggle("ended", over);
		setText(this.cycle, [session.current_cycle === null ? "" : `Cycle ${session.current_cycle}` +
			(session.total_cycles === null ? "" : ` of ${session.total_cycles}`),
		session.current_altitude_level === null ? "" : `level ${session.current_altitude_level}`].filter(Boolean).join(" · "));
		setText(this.left, over ? `mean ${decimal(session.avg_spo2)} %` : isLive ? leftWord(progress) : "");
		this.left.classList.toggle("over", !over && (progress.elapsed ?? 0) > (progress.planned ?? Infinity));
		if (isLive) showRibbon(this.ribbon, session, this.house.store.nowMs());
	}

	private updateValues(s: SessionState, d: DeviceState): void {
		const { store } = this.house, sample = d.sample, over = s.endedMs !== undefined;
		const current = !over && this.house.isLive() && store.isCurrent(d);
		const zone = zoneOf(s.session.current_phase, s.session.session_subtype);
		const advice = adviceOf(this.house, s), words = this.advice.lastElementChild;

		setText(this.spo2, current ? number(sample?.spo2) : "–");
		setText(this.pulse, current ? whole(sample?.heart_rate) : "–");
		setData(this.article, "advice", advice);
		this.element.classList.toggle("old", !current);
		setIcon(this.advice, current && sample?.invalid ? "off" : ADVICE_ICON[advice]);
		if (words) setText(words, current && sample?.invalid ? invalidWord(sample.invalid)
			: adviceWord(advice, zone, s.session.current_phase === "RECOVERY"));
		setText(this.old, over ? "" : !sample ? "No value yet" : current ? ""
			: `Last ${number(sample.spo2)} %, ${whole(sample.heart_rate)} /min, ${age(store.ageMs(d))} ago`);
		setHidden(this.old, !this.old.textContent);
		this.chart.setAttribute("aria-label", `SpO2 and pulse of the last five minutes; now ${current
			? `${number(sample?.spo2)} % and ${whole(sample?.heart_rate)} beats a minute` : "no current value"}`);
	}

	private updateStates(s: SessionState, d: DeviceState): void {
		if (!this.house.isLive()) return this.knowNothing(s);
		const state = d.device.state, quality = qualityOf(d.sample), battery = d.sample?.battery ?? d.device.battery;
		const current = this.house.store.isCurrent(d), lost = s.lost ? `, ${count(s.lost, "value")} not shown` : "";
		const since = s.syncedMs === undefined ? undefined : performance.now() - s.syncedMs;

		this.flag("signal", current ? qualityWord[quality] : "no signal now",
			!current || quality === "none" ? "bad" : quality === "weak" ? "wait" : quality === "unknown" ? "plain" : "good");
		this.flag("link", linkWord(state) + lost, state === "streaming" ? s.lost ? "wait" : "good"
			: ["lost", "off", "refused", "stranger"].includes(state ?? "") ? "bad" : "wait");
		this.flag("battery", typeof battery === "number" ? `${battery} %` : "", typeof battery !== "number" ? "plain"
			: battery < 10 ? "bad" : battery < 25 ? "wait" : "plain");
		this.flag("recorded", ...this.recorded(s));
		this.flag("cloud", since === undefined ? "not yet in the cloud" : `in the cloud ${age(since)} ago`,
			since === undefined || since > 120_000 ? "wait" : "good");
	}

	// The line is cut: what was so when it was heard last may be otherwise by now.
	private knowNothing(s: SessionState): void {
		for (const name of this.states.keys()) this.flag(name, "", "plain");
		if (s.endedMs === undefined) this.flag("recorded", "recording not known", "bad");
	}

	private recorded(s: SessionState): [string, Kind] {
		const keeper = this.house.store.processes.get("local-store-1");

		if (s.endedMs !== undefined) return ["recorded", "plain"];
		if (!keeper || keeper.state === "silent") return ["recorder is silent", "bad"];
		if (this.house.store.alerts.has("cannot_store")) return ["cannot record", "bad"];
		return keeper.state === "waiting" ? ["recorder waits", "wait"] : ["recording", "good"];
	}

	private flag(name: string, text: string, kind: Kind): void {
		const e = this.states.get(name), words = e?.lastElementChild;

		if (!e || !words) return;
		setText(words, text);
		setData(e, "kind", kind);
		setHidden(e, !text);
	}

	private updateChart(s: SessionState, d: DeviceState): void {
		const last = d.points[0].at(-1) ?? 0, now = `${last} ${s.phases.length} ${s.events.length}`;

		if (now === this.drawn || d.points[0].length < 2) return;
		this.drawn = now;
		this.trend.show(d.points, { spans: spansOf(s, last), subtype: s.session.session_subtype,
			marks: s.events.filter((e) => e.event_type === "mask_lift").map((e) => ({ at: (e.event_us ?? 0) / 1e6, text: "" })) });
	}
}

const upperStatus = (session: Session): string => `Session ${statusWord(session.status)}`;

export function leftWord({ elapsed, planned, paused }: ReturnType<typeof progressOf>): string {
	if (elapsed === undefined) return "";
	if (planned === undefined) return paused ? "" : `${duration(elapsed)} so far`;
	return elapsed > planned ? `${duration(elapsed - planned)} over` : `${duration(planned - elapsed + 0.999)} left`;
}

export function showRibbon(ribbon: HTMLElement, session: Session, nowMs: number): void {
	const parts = ribbonOf(session, nowMs);

	while (ribbon.children.length > parts.length) ribbon.lastElementChild?.remove();
	parts.forEach((part, i) => {
		let e = ribbon.children[i] as HTMLElement | undefined;

		if (!e) {
			ribbon.append(e = h("div", {}, h("div")));
			e.style.flexGrow = String(part.length || 1);
			setData(e, "phase", part.phase);
		}
		const bar = e.firstElementChild as HTMLElement, width = `${(part.done * 100).toFixed(1)}%`;

		if (bar.style.width !== width) bar.style.width = width;
	});
}

// Cards out of sight cost nothing.
const seen = new WeakMap<Element, (inSight: boolean) => void>();
const sight = new IntersectionObserver((entries) => {
	for (const e of entries) seen.get(e.target)?.(e.isIntersecting);
}, { rootMargin: "200px" });
