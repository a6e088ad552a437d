// Pieces that several views are made of.
import { Problem } from "../api";
import { h, setText, type Child } from "../dom";

export function head(title: string, ...beside: Child[]): HTMLElement {
	return h("div", { class: "head" }, h("h1", {}, title), h("div", { class: "beside" }, ...beside));
}

// What stands where something is awaited, missing or went wrong.
export const waiting = (text = "Loading …"): HTMLElement => h("p", { class: "nothing", role: "status" }, text);

export function trouble(e: unknown): HTMLElement {
	if (!(e instanceof Problem)) throw e;
	if (e.status === 401) return h("div", { class: "nothing", role: "alert" }, "You are not signed in.",
		h("span", {}, e.message), h("a", { href: "#/signin", class: "button strong" }, "Sign in"));
	if (e.status === 403) return h("p", { class: "nothing", role: "alert" }, "This is not yours to see.", h("span", {}, e.message));
	if (e.isAway)
		return h("p", { class: "nothing", role: "alert" }, "The past is not at hand.",
			h("span", {}, `${e.message} What runs now is shown under Live, and is recorded all the same.`));
	return h("p", { class: "nothing", role: "alert" }, e.message);
}

// Columns of numbers say so; the first column names its row.
export function table(caption: string, heads: string[], rows: Child[][], numbers: boolean[] = []): HTMLElement {
	const side = (i: number): string => numbers[i] ? "number" : "";

	return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
		h("table", {}, h("caption", { class: "hidden" }, caption),
			h("thead", {}, h("tr", {}, ...heads.map((text, i) => h("th", { scope: "col", class: side(i) }, text)))),
			h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell, i) =>
				i ? h("td", { class: side(i) }, cell) : h("th", { scope: "row" }, cell)))))));
}

export type Cell = string | { href: string; text: string };

function fill(cell: HTMLElement, value: Cell): void {
	if (typeof value === "string") return setText(cell, value);
	const a = cell.querySelector("a") ?? h("a");

	if (!a.parentElement) cell.replaceChildren(a);
	if (a.getAttribute("href") !== value.href) a.href = value.href;
	setText(a, value.text);
}

// A table that changes while somebody is in it: what stays keeps the focus, and the scroll its place.
export class LiveTable {
	readonly element: HTMLElement;
	private readonly body: HTMLElement;
	private readonly rows = new Map<string, HTMLElement>();

	constructor(caption: string, private readonly heads: string[]) {
		this.element = table(caption, heads, []);
		this.body = this.element.querySelector("tbody") as HTMLElement;
	}

	show(rows: { key: string; cells: Cell[] }[]): void {
		const keys = new Set(rows.map(({ key }) => key));

		for (const [key, row] of this.rows)
			if (!keys.has(key)) {
				row.remove();
				this.rows.delete(key);
			}
		rows.forEach(({ key, cells }, i) => {
			const row = this.rows.get(key) ?? this.add(key);

			if (this.body.children[i] !== row) this.body.insertBefore(row, this.body.children[i] ?? null);
			cells.forEach((cell, n) => fill(row.children[n] as HTMLElement, cell));
		});
	}

	private add(key: string): HTMLElement {
		const row = h("tr", {}, ...this.heads.map((_, i) => i ? h("td") : h("th", { scope: "row" })));

		this.rows.set(key, row);
		return row;
	}
}

export function facts(pairs: [string, Child][]): HTMLElement {
	return h("dl", { class: "facts" }, ...pairs.filter(([, v]) => v).map(([name, value]) =>
		h("div", {}, h("dt", {}, name), h("dd", {}, value))));
}

export function panel(title: string, ...children: Child[]): HTMLElement {
	return h("section", { class: "panel" }, h("h2", {}, title), ...children);
}

export function field(label: string, input: HTMLElement, help = ""): HTMLElement {
	const id = input.id || `f-${label.toLowerCase().replaceAll(/[^a-z]+/g, "-")}`;

	input.id = id;
	if (help) input.setAttribute("aria-describedby", `${id}-help`);
	return h("div", { class: "field" }, h("label", { for: id }, label), input, help ? h("p", { class: "soft", id: `${id}-help` }, help) : null);
}

// What is made again when it has other things to show; the focus and the sideways scroll stay.
export class Changing {
	readonly element: HTMLElement;
	private shown = "";

	constructor(className = "") {
		this.element = h("div", { class: className });
	}

	show(what: unknown, make: () => Child[]): void {
		const now = JSON.stringify(what) ?? "", focus = this.focusable().indexOf(document.activeElement as HTMLElement);
		const scrolled = this.scrolls().map((e) => e.scrollLeft);

		if (now === this.shown) return;
		this.shown = now;
		this.element.replaceChildren(...make().filter((child): child is Node | string => Boolean(child)));
		if (focus >= 0) this.focusable()[focus]?.focus({ preventScroll: true });
		this.scrolls().forEach((e, i) => { e.scrollLeft = scrolled[i] ?? 0; });
	}

	private focusable(): HTMLElement[] {
		return [...this.element.querySelectorAll<HTMLElement>("a, button, [tabindex]")];
	}

	private scrolls(): Element[] {
		return [...this.element.querySelectorAll(".scroll")];
	}
}
