// The page: puts what the store knows where people see it.
import { Card } from "./card";
import { Link, type LinkState } from "./link";
import { Store } from "./store";
import { count, invalidWord, linkWord } from "./words";

const NOTICE_MS = 30_000;

const store = new Store();
const cards = new Map<string, Card>();
let state: LinkState = "connecting";

function byId(id: string): HTMLElement {
	const e = document.getElementById(id);

	if (!e) throw new Error(`page: no element ${id}`);
	return e;
}

function setText(e: HTMLElement, text: string): void {
	if (e.textContent !== text) e.textContent = text;
}

// ---- sessions

function showSessions(): void {
	const list = byId("sessions");
	const order = [...store.sessions.values()].sort((a, b) =>
		a.session.start_us - b.session.start_us || (a.session.id < b.session.id ? -1 : 1));

	for (const [id, card] of cards)
		if (!store.sessions.has(id)) {
			card.close();
			cards.delete(id);
		}
	order.forEach(({ session }, i) => {
		let card = cards.get(session.id);

		if (!card) cards.set(session.id, card = new Card(store, session.id));
		if (list.children[i] !== card.element) list.insertBefore(card.element, list.children[i] ?? null);
	});
	byId("nothing").hidden = order.length > 0 || state !== "live";
}

function showOthers(): void {
	const inSession = new Set([...store.sessions.values()].map((s) => s.session.device_id));
	const others = [...store.devices.values()].filter((d) => !inSession.has(d.device.device_id)
		&& d.sample && performance.now() - d.heardMs < 60_000);
	const list = byId("others");

	byId("others-section").hidden = !others.length;
	while (list.children.length > others.length) list.lastElementChild?.remove();
	others.forEach((d, i) => {
		const item = list.children[i] as HTMLElement ?? list.appendChild(document.createElement("li"));
		const value = d.sample?.invalid ? invalidWord(d.sample.invalid)
			: `${d.sample?.spo2 ?? "–"} %, ${d.sample?.heart_rate ?? "–"} /min`;

		setText(item, `${d.device.name ?? d.device.device_id}: ${value} (${linkWord(d.device.state)})`);
	});
}

// ---- all around

function showProcesses(): void {
	const list = byId("processes");
	const all = [...store.processes.values()];

	while (list.children.length > all.length) list.lastElementChild?.remove();
	all.forEach((p, i) => {
		const item = list.children[i] as HTMLElement ?? list.appendChild(document.createElement("li"));
		const several = all.filter((q) => q.process === p.process).length > 1;

		item.className = `state ${p.state === "ready" ? "good" : p.state === "silent" ? "bad" : "wait"}`;
		setText(item, `${p.process}${several ? ` ${p.instance}` : ""} ${p.state}${p.why ? `: ${p.why}` : ""}`);
	});
}

function showSummary(): void {
	const running = [...store.sessions.values()].filter((s) => s.endedMs === undefined);
	const mock = running.some((s) => s.session.data_source === "mock") ||
		[...store.devices.values()].some((d) => d.sample?.data_source === "mock");
	const notice = performance.now() - store.noticeMs < NOTICE_MS ? store.notice : "";
	const live: Record<LinkState, string> = { live: "live", connecting: "connecting",
		lost: "not connected, trying again" };

	setText(byId("connection"), live[state]);
	byId("connection").dataset["state"] = state;
	setText(byId("summary"), state !== "live" && !running.length ? "" :
		`${count(running.length, "session")} running · ` +
		(store.pending ? `${count(store.pending, "reading")} on the way to the cloud` : "nothing waits for the cloud"));
	byId("mock").hidden = !mock;
	byId("notice").hidden = !notice;
	setText(byId("notice"), notice);
	document.body.classList.toggle("lost", state !== "live");
}

function showAll(): void {
	store.forgetEnded();
	store.changed.clear();
	showSessions();
	for (const card of cards.values()) card.update();
	showOthers();
	showProcesses();
	showSummary();
}

let drawing = false;
function soon(): void {
	if (drawing) return;
	drawing = true;
	requestAnimationFrame(() => {
		drawing = false;
		if (cards.size !== store.sessions.size) return showAll();
		for (const card of cards.values()) {
			const s = store.sessions.get(card.id);

			if (!s) return showAll();
			if (store.changed.has(s.session.device_id)) card.update();
		}
		store.changed.clear();
	});
}

// ---- how it looks

function remembered(key: string): string {
	try {
		return localStorage.getItem(key) ?? "";
	} catch {
		return "";
	}
}

function remember(key: string, value: string): void {
	try {
		localStorage.setItem(key, value);
	} catch { /* then it holds for this visit */ }
}

function setTheme(theme: string): void {
	if (theme) document.documentElement.dataset["theme"] = theme;
	else delete document.documentElement.dataset["theme"];
	byId("theme").textContent = `Theme: ${theme || "system"}`;
	remember("theme", theme);
	for (const card of cards.values()) card.repaint();
}

function setWall(on: boolean): void {
	document.documentElement.classList.toggle("wall", on);
	byId("size").setAttribute("aria-pressed", String(on));
	remember("wall", on ? "1" : "");
	for (const card of cards.values()) card.repaint();
}

const THEMES = ["", "light", "dark"];
byId("theme").addEventListener("click", () =>
	setTheme(THEMES[(THEMES.indexOf(remembered("theme")) + 1) % THEMES.length] ?? ""));
byId("size").addEventListener("click", () =>
	setWall(byId("size").getAttribute("aria-pressed") !== "true"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
	for (const card of cards.values()) card.repaint();
});
setTheme(remembered("theme"));
setWall(remembered("wall") === "1");

new Link((frame) => {
	store.take(frame);
	soon();
}, (s) => {
	state = s;
	showAll();
});
setInterval(showAll, 1000);
