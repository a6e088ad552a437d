// Where a course is drawn, and what chooses the part of it that is in sight: by pointer, by button
// and by keyboard.
import { CourseChart, type Course } from "../chart/course";
import type { Stretch } from "../columns";
import { h, setHidden, setText } from "../dom";

export interface Excerpt extends Stretch { name: string }

const HALF = 0.5, MINUTE_S = 60;
const HELP = "Point at a line, or go along it with the arrow keys, to read it. Draw over a part, or press + and −, to see it larger; 0 is all of it.";

const KEYS: Record<string, (chart: CourseChart) => void> = {
	ArrowRight: (c) => c.move(1), ArrowUp: (c) => c.move(1), ArrowLeft: (c) => c.move(-1), ArrowDown: (c) => c.move(-1),
	PageUp: (c) => c.move(0, MINUTE_S), PageDown: (c) => c.move(0, -MINUTE_S),
	Home: (c) => c.read(c.ends[0]), End: (c) => c.read(c.ends[1]),
	"+": (c) => c.magnify(HALF), "=": (c) => c.magnify(HALF), "-": (c) => c.magnify(1 / HALF), "0": (c) => c.zoomOut(),
};

export class CoursePart {
	// A slider is what a screen reader knows that has a place which keys move.
	private readonly spo2 = h("div", { class: "course course-spo2", role: "slider", tabindex: "0", "aria-label": "SpO2 and pulse over time",
		"aria-valuetext": "no moment chosen", "aria-valuenow": 0, "aria-describedby": "course-help", onkeydown: (e) => this.press(e as KeyboardEvent) });
	private readonly pulse = h("div", { class: "course course-pulse", role: "img", "aria-label": "Pulse over time; read with the line above" });
	private readonly readout = h("p", { class: "readout" });
	private readonly zooms = h("div", { class: "zooms", role: "group", "aria-label": "Part of the session" });
	private readonly chart = new CourseChart(this.spo2, this.pulse, (text, x) => this.tell(text, x));
	private excerpts: Excerpt[] = [];
	readonly element = h("section", { class: "panel course-part", "aria-label": "Course" }, this.zooms,
		h("h2", {}, "SpO", h("sub", {}, "2"), h("span", { class: "unit" }, " %")), this.spo2,
		h("h2", {}, "Pulse", h("span", { class: "unit" }, " /min")), this.pulse, this.readout, h("p", { class: "soft", id: "course-help" }, HELP));

	constructor() {
		const button = (text: string, act: () => void): HTMLElement => h("button", { type: "button", onclick: act }, text);

		this.zooms.append(button("All", () => this.chart.zoomOut()), button("Larger", () => this.chart.magnify(HALF)),
			button("Smaller", () => this.chart.magnify(1 / HALF)));
	}

	// excerpts: what can be looked at by itself
	show(course: Course, excerpts: Excerpt[] = []): void {
		const names = excerpts.map((p) => p.name), old = this.excerpts.map((p) => p.name);

		setHidden(this.element, course.spo2[0].length < 2);
		if (this.element.hidden) return;
		this.chart.show(course);
		this.excerpts = excerpts;
		const [from, to] = this.chart.ends;
		this.spo2.setAttribute("aria-valuemin", "0");
		this.spo2.setAttribute("aria-valuemax", String(Math.round(to - from)));
		if (names.join() !== old.join()) this.offer(names);
	}

	repaint(): void {
		this.chart.paintAgain();
	}

	close(): void {
		this.chart.close();
	}

	private offer(names: string[]): void {
		for (const old of this.zooms.querySelectorAll("[data-part]")) old.remove();
		this.zooms.append(...names.map((name) => h("button", { type: "button", "data-part": name, onclick: () => {
			const part = this.excerpts.find((p) => p.name === name);

			if (part) this.chart.zoom(part.from, part.to);
		} }, name)));
	}

	private press(e: KeyboardEvent): void {
		const act = e.ctrlKey || e.metaKey || e.altKey ? undefined : KEYS[e.key];

		if (!act) return;
		e.preventDefault();
		act(this.chart);
	}

	private tell(text: string, x: number): void {
		setText(this.readout, text);
		this.spo2.setAttribute("aria-valuetext", text);
		this.spo2.setAttribute("aria-valuenow", String(Math.round(x - this.chart.ends[0])));
	}
}
