// Elements, without a framework.

export type Child = Node | string | null | undefined | false;
type Props = Record<string, string | number | boolean | ((event: Event) => void) | undefined>;

// h("a", { href: "#/", onclick: go }, "Live"): a function listens, true is "", false and undefined are left out.
export function h<K extends keyof HTMLElementTagNameMap>(tag: K, props: Props = {}, ...children: Child[]): HTMLElementTagNameMap[K] {
	const e = document.createElement(tag);

	for (const [name, value] of Object.entries(props))
		if (typeof value === "function") e.addEventListener(name.slice(2), value);
		else if (value !== undefined && value !== false) e.setAttribute(name, value === true ? "" : String(value));
	for (const child of children) if (child) e.append(child);
	return e;
}

export function byId(id: string): HTMLElement {
	const e = document.getElementById(id);

	if (!e) throw new Error(`page: no element ${id}`);
	return e;
}

// Touches the page only when something is different: a screen reader hears only news.
export function setText(e: Element, text: string): void {
	if (e.textContent !== text) e.textContent = text;
}

export function setData(e: HTMLElement, name: string, value: string): void {
	if (e.dataset[name] !== value) e.dataset[name] = value;
}

export function setHidden(e: HTMLElement, hidden: boolean): void {
	if (e.hidden !== hidden) e.hidden = hidden;
}

const NS = "http://www.w3.org/2000/svg";

// All on a 24 by 24 grid, drawn as lines.
const ICONS = {
	live: "M3 12h4l3-8 4 16 3-8h4",
	history: "M12 7v5l3 2M4 5v4h4M4.6 9A8 8 0 1 1 4 12",
	device: "M7 3h10v18H7zM10 17h4",
	health: "M12 3l8 3v6c0 5-3.5 8-8 9-4.5-1-8-4-8-9V6zM8.5 12l2.5 2.5 4.5-5",
	altitude: "M3 19L10 6l4 7 2-3 5 9z",
	recovery: "M12 20c-5-3.5-8-6.5-8-10.5A4.5 4.5 0 0 1 12 7a4.5 4.5 0 0 1 8 2.5c0 4-3 7-8 10.5z",
	pause: "M8 5v14M16 5v14",
	play: "M7 5l12 7-12 7z",
	next: "M5 5l9 7-9 7zM18 5v14",
	stop: "M6 6h12v12H6z",
	lift: "M12 20V6M6 11l6-6 6 6",
	off: "M6 6l12 12M18 6L6 18",
	up: "M12 5l7 12H5z",
	down: "M12 19L5 7h14z",
	check: "M5 12.5l4.5 4.5L19 7",
	add: "M12 5v14M5 12h14",
	wait: "M12 3a9 9 0 1 0 9 9M12 7v5l4 2",
	cloud: "M7 18h10a4 4 0 0 0 .5-8A6 6 0 0 0 6 10.5 3.800 3.800 0 0 0 7 18z",
	disk: "M5 4h11l3 3v13H5zM8 4v5h7V4M8 20v-6h8v6",
	link: "M8 8l8 8-4 4V4l4 4-8 8",
	battery: "M3 8h15v8H3zM21 11v2",
	signal: "M5 20v-4M12 20V10M19 20V4",
	person: "M12 4a4 4 0 1 1 0 8 4 4 0 0 1 0-8zM4 21c.5-5 4-7 8-7s7.5 2 8 7",
	survey: "M5 4h14v16H5zM9 9h6M9 13h6M9 17h3",
	theme: "M12 4a8 8 0 1 0 0 16zM12 4a8 8 0 0 1 0 16",
	wall: "M3 5h18v12H3zM8 21h8M12 17v4",
	back: "M15 5l-7 7 7 7",
} as const;
export type IconName = keyof typeof ICONS;

export function icon(name: IconName): SVGSVGElement {
	const svg = document.createElementNS(NS, "svg"), path = document.createElementNS(NS, "path");

	svg.setAttribute("viewBox", "0 0 24 24");
	svg.setAttribute("class", `icon icon-${name}`);
	svg.setAttribute("aria-hidden", "true");
	path.setAttribute("d", ICONS[name]);
	svg.append(path);
	return svg;
}

export function setIcon(e: HTMLElement, name: IconName | ""): void {
	if (e.dataset["icon"] === name) return;
	e.dataset["icon"] = name;
	e.querySelector("svg")?.remove();
	if (name) e.prepend(icon(name));
}
