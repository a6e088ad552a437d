// One session, running or over: its whole course, what happened in it, and its figures.
import { api, Problem, type SessionDetail } from "../api";
import type { Course } from "../chart/course";
import type { Mark, Span } from "../chart/paint";
import { breaksIn, broken } from "../columns";
import { h, icon } from "../dom";
import { Recording } from "../recording";
import type { SessionState } from "../store";
import { moment, timeOfDay, timeWithSeconds } from "../time";
import { Card } from "./card";
import { askFor } from "./confirm";
import { CoursePart, type Excerpt } from "./course";
import { Detail } from "./detail";
import { Changing, head, trouble } from "./parts";
import type { House, View } from "./view";

const MOST_NAME = 40;
const AGAIN_MS = 30_000;       // what runs is sent to the cloud about as often
const NEWS_MS = 5000;          // what is not there yet, and what has just become another
const SHORT_S = 600;           // of so little its seconds are told
const IS_LIFT = "mask_lift";

export class SessionView implements View {
	readonly element = h("div");
	title = "Session";
	private readonly top = new Changing();
	private readonly live = h("div", { class: "live-part" });
	private readonly course = new CoursePart();
	private readonly known = new Detail();
	private readonly recording = new Recording();
	private card: Card | undefined;
	private detail: SessionDetail | undefined;
	private drawnS = 0;
	private news = "";
	private loadedMs = -Infinity;
	private nextMs = 0;            // when the cloud is asked again
	private loading = false;
	private counted = -1;          // values of it, when it was over and loaded last

	constructor(private readonly house: House, private readonly id: string) {
		this.element.append(this.top.element, this.live, this.course.element, this.known.element);
		this.course.element.hidden = true;
		this.top.show("", () => [head(this.title)]);
	}

	update(): void {
		const s = this.running();

		if (s && !this.card) {
			this.card = new Card(this.house, this.id, (card) => card.update());
			this.live.replaceChildren(h("ul", { class: "cards one" }, this.card.element), this.surveys());
		} else if (!s && this.card) {
			this.card.close();
			this.card = undefined;
			this.live.replaceChildren();
		}
		this.showHead(s);
		this.card?.update();
		if (s) this.showLive(s);
		this.look(s);
	}

	repaint(): void {
		this.card?.repaint();
		this.course.repaint();
	}

	close(): void {
		this.nextMs = Infinity;
		this.card?.close();
		this.course.close();
	}

	private running(): SessionState | undefined {
		return this.house.store.sessions.get(this.id);
	}

	private showHead(s: SessionState | undefined): void {
		const user = this.detail?.user_id ?? s?.session.user_id ?? "", isLive = s !== undefined && s.endedMs === undefined;
		const start = this.detail ? Date.parse(this.detail.start_time) : (s?.session.start_us ?? 0) / 1000;

		if (!user || !this.element.isConnected) return;
		const name = this.house.people.name(user), at = moment(start);

		this.title = `${name}, ${at}`;
		this.top.show([this.title, isLive], () => [head(name, h("button", { type: "button", onclick: () => void this.rename(user) }, icon("person"), "Name"), h("p", { class: "soft" }, at),
			h("a", { class: "button", href: isLive ? "#/" : "#/history" }, icon("back"), isLive ? "All sessions" : "History"))]);
		if (document.title !== `${this.title} · IHHT`) document.title = `${this.title} · IHHT`;
	}

	private async rename(user: string): Promise<void> {
		const name = await askFor("What is this person called?", "Kept in this browser only.", this.house.people.given(user), MOST_NAME);

		if (name === null) return;
		this.house.people.call(user, name);
		this.showHead(this.running());
	}

	private surveys(): HTMLElement {
		return h("p", { class: "asks", role: "group", "aria-label": "Surveys" }, ...[["pre", "Before"], ["intra", "How does it feel?"], ["post", "After"]].map(([kind, text]) =>
			h("a", { class: "button", href: `#/survey/${kind}/${this.id}` }, icon("survey"), text ?? "")));
	}

	// ---- what the cloud has

	// It is there later than it is seen: it is asked for until all of it has come.
	private look(s: SessionState | undefined): void {
		if (this.loading) return;
		const news = s ? JSON.stringify([s.session.status, s.session.current_phase, s.syncedMs, s.events.length, s.surveys.size]) : this.news;

		if (news !== this.news) this.nextMs = Math.min(this.nextMs, this.loadedMs + NEWS_MS);
		this.news = news;
		if (performance.now() >= this.nextMs) void this.load();
	}

	private async load(): Promise<void> {
		const from = this.detail?.status === "active" ? this.recording.since : "";

		this.loading = true;
		this.nextMs = await this.loadFrom(from).catch((e: unknown) => this.cannotLoad(e));
		this.loading = false;
		this.loadedMs = performance.now();
		this.drawnS = 0;
		this.draw();
	}

	// When to ask again.
	private async loadFrom(from: string): Promise<number> {
		const [detail, readings] = await Promise.all([api.session(this.id), api.readings(this.id, from)]);

		this.detail = detail;
		this.recording.take(from, readings);
		this.showHead(this.running());
		const count = this.recording.readings.length, isOver = detail.status !== "active";

		this.known.show(detail, count);
		if (isOver && from) return 0;   // once more, all of it
		// rows that were refused never come: once nothing else does, what is there is all
		const isAll = count >= (detail.total_readings ?? 0) || (count === this.counted && !this.running());

		if (isOver) this.counted = count;
		return isOver && isAll ? Infinity : performance.now() + AGAIN_MS;
	}

	private cannotLoad(e: unknown): number {
		const isHere = this.running() !== undefined, isAway = e instanceof Problem && e.isAway;

		if (!this.detail && isHere && e instanceof Problem)
			this.known.say(h("p", { class: "soft" }, "Its past is not in the cloud yet, or the cloud is away. What happens now is shown above."));
		else if (!this.detail) this.known.say(trouble(e));
		return isHere ? performance.now() + NEWS_MS : isAway ? performance.now() + AGAIN_MS : Infinity;
	}

	// ---- the course

	private spans(endS: number): Span[] {
		const spans = this.recording.spans.map((span) => ({ ...span })), marks = this.running()?.phases ?? [];

		marks.forEach(({ atS, phase, cycle }, i) => {
			const to = marks[i + 1]?.atS ?? endS, last = spans.at(-1);

			if (to <= (last?.to ?? 0)) return;
			if (last && last.phase === phase && last.cycle === cycle) last.to = to;
			else spans.push({ from: Math.max(atS, last?.to ?? 0), to, phase, cycle });
		});
		return spans;
	}

	private lifts(): Mark[] {
		const stored = (this.detail?.session_adaptive_events ?? []).filter((e) => e.event_type === IS_LIFT).map((e) => Date.parse(e.event_timestamp) / 1000);
		const seen = (this.running()?.events ?? []).filter((e) => e.event_type === IS_LIFT).map((e) => Math.floor((e.event_us ?? 0) / 1000) / 1000);

		return [...new Set([...stored, ...seen])].map((at) => ({ at, text: "Mask lift" }));
	}

	private draw(): void {
		const [times, spo2 = [], pulse = []] = this.recording.rows(), endS = times.at(-1) ?? 0, breaks = breaksIn(times);
		const isShort = endS - (times[0] ?? 0) < SHORT_S, spans = this.spans(endS);
		const gaps = (this.detail?.gaps ?? []).map((g) => ({ from: Date.parse(g.from_time) / 1000, to: Date.parse(g.to_time) / 1000 }));
		const course: Course = { spo2: broken([times, spo2], breaks), pulse: broken([times, pulse], breaks), names: ["this session"],
			tell: (x) => timeWithSeconds(x * 1000), axis: (x) => isShort ? timeWithSeconds(x * 1000) : timeOfDay(x * 1000),
			under: { spans, marks: this.lifts(), gaps: [...gaps, ...breaks], words: true,
				subtype: this.detail?.session_subtype ?? this.running()?.session.session_subtype ?? null } };

		this.course.show(course, cyclesOf(spans));
	}

	private showLive({ session, endedMs }: SessionState): void {
		const endS = endedMs === undefined ? Infinity : (session.end_us ?? Infinity) / 1e6;

		this.recording.takeLive(this.house.store.device(session.device_id).points, session.start_us / 1e6, endS);
		// a whole course once in two seconds is live enough
		if (this.recording.endS - this.drawnS < 2) return;
		this.drawnS = this.recording.endS;
		this.draw();
	}
}

// Each cycle, when there are several.
function cyclesOf(spans: Span[]): Excerpt[] {
	const cycles = [...new Set(spans.map((s) => s.cycle).filter((c): c is number => typeof c === "number"))];

	return cycles.length < 2 ? [] : cycles.map((c) => {
		const of = spans.filter((s) => s.cycle === c);

		return { name: `Cycle ${c}`, from: of[0]?.from ?? 0, to: of.at(-1)?.to ?? 0 };
	});
}
