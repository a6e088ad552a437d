// The page: which view is shown, and what stands around it.
import { signIn, signOut, takeToken, whoAmI } from "./access";
import { forgetPaint } from "./chart/paint";
import { gatewayMs } from "./clock";
import { byId, h, icon, setData, setHidden, setText, type IconName } from "./dom";
import { Live, type LinkState } from "./live";
import { People } from "./people";
import { Store } from "./store";
import { zoneName } from "./time";
import { count } from "./words";
import { Alarms } from "./views/alarms";
import { Compare } from "./views/compare";
import { Devices } from "./views/devices";
import { HealthView } from "./views/health";
import { History } from "./views/history";
import { SessionView } from "./views/session";
import { SignIn } from "./views/signin";
import { Start } from "./views/start";
import { SurveyView } from "./views/survey";
import type { House, View } from "./views/view";
import { Wall } from "./views/wall";

const NOTICE_MS = 15_000;
const ASK_CLOCK_MS = 5000;
const REDRAW_MS = 100;   // what fifty oximeters say in that time is one picture

const store = new Store();
const house: House = {
	store,
	people: new People(),
	enter: () => {
		state = "connecting";
		live.open();
	},
	isLive: () => state === "live",
	go: (hash) => { location.hash = hash; },
	say: (text) => {
		store.say(text);
		showAround();
	},
};

let state: LinkState = "connecting";
let view: View | undefined;

// ---- which view

const NAV: [hash: string, text: string, sign: IconName][] = [["#/", "Live", "live"], ["#/history", "History", "history"],
	["#/devices", "Devices", "device"], ["#/health", "Health", "health"]];

function viewOf([name, a = "", b = ""]: string[]): View {
	switch (name) {
	case "session": return new SessionView(house, a);
	case "survey": return new SurveyView(house, a, b);
	case "history": return new History(house);
	case "compare": return new Compare(house, a, b);
	case "devices": return new Devices(house);
	case "health": return new HealthView(house);
	case "start": return new Start(house);
	case "signin": return new SignIn(house);
	default: return new Wall(house);
	}
}

// An address that somebody has typed wrong is a view that does not exist.
function decoded(part: string): string {
	try {
		return decodeURIComponent(part);
	} catch {
		return part;
	}
}

function show(first: boolean): void {
	const path = location.hash.replace(/^#\/?/, "").split("/").map(decoded);

	view?.close?.();
	view = viewOf(path);
	byId("view").replaceChildren(view.element);
	document.title = `${view.title} · IHHT`;
	for (const a of byId("nav").querySelectorAll("a"))
		if (a.getAttribute("href") === `#/${path[0]}`) a.setAttribute("aria-current", "page");
		else a.removeAttribute("aria-current");
	document.body.dataset["view"] = path[0] || "live";
	if (!first) {
		scrollTo(0, 0);
		byId("view").focus();
	}
	view.update?.();
}

// ---- all around

const LIVE: Record<LinkState, string> = { live: "live", connecting: "connecting", refused: "signed out",
	lost: "not connected, trying again" };

function showAround(): void {
	const running = [...store.sessions.values()].filter((s) => s.endedMs === undefined);
	const mock = running.some((s) => s.session.data_source === "mock") ||
		[...store.devices.values()].some((d) => d.sample?.data_source === "mock");
	const notice = performance.now() - store.noticeMs < NOTICE_MS ? store.notice : "";

	setText(byId("connection"), LIVE[state]);
	setData(byId("connection"), "state", state);
	setText(byId("summary"), state === "live" ? `${running.length} running · ` +
		(store.pending ? `${count(store.pending, "reading")} on the way to the cloud` : "all in the cloud")
		: running.length ? `${running.length} running when last heard` : "");
	setHidden(byId("mock"), !mock);
	setHidden(byId("notice"), !notice);
	setText(byId("notice"), notice);
	document.body.classList.toggle("lost", state !== "live");
	showAlerts();
	alarms.update();
}

let clockAskedMs = -Infinity;
async function mindClock(): Promise<void> {
	if (state !== "live" || !store.looksLate() || performance.now() - clockAskedMs < ASK_CLOCK_MS) return;
	clockAskedMs = performance.now();
	const ms = await gatewayMs();

	if (ms !== undefined) store.setClock(ms);
}

const alarms = new Alarms(house, byId("alarms"));

function showAlerts(): void {
	const list = byId("alerts"), alerts = [...store.alerts.values()];

	setHidden(list, !alerts.length);
	while (list.children.length > alerts.length) list.lastElementChild?.remove();
	alerts.forEach((alert, i) => {
		const item = list.children[i] as HTMLElement ?? list.appendChild(h("li", {}, h("a", { href: "#/health" })));

		setData(item, "level", alert.level);
		if (item.firstElementChild) setText(item.firstElementChild, alert.text || alert.name);
	});
}

function showAll(): void {
	store.forgetEnded();
	store.changed.clear();
	void mindClock();
	view?.update?.();
	showAround();
}

let drawing = false;
let drawnMs = -Infinity;
let known = 0;
function soon(): void {
	if (drawing) return;
	drawing = true;
	setTimeout(() => requestAnimationFrame(() => {
		drawing = false;
		drawnMs = performance.now();
		if (view instanceof Wall && known === store.sessions.size) view.updateOnly(store.changed);
		else if (view instanceof Wall || view instanceof SessionView) view.update();
		known = store.sessions.size;
		store.changed.clear();
		alarms.update();
	}), drawnMs + REDRAW_MS - performance.now());
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

function repaint(): void {
	forgetPaint();
	view?.repaint?.();
}

function setTheme(theme: string): void {
	if (theme) document.documentElement.dataset["theme"] = theme;
	else delete document.documentElement.dataset["theme"];
	byId("theme").replaceChildren(icon("theme"), h("span", {}, `Theme: ${theme || "system"}`));
	byId("theme").setAttribute("aria-label", `Theme: ${theme || "system"}`);
	remember("theme", theme);
	repaint();
}

function setWall(on: boolean): void {
	document.documentElement.classList.toggle("wall", on);
	byId("size").setAttribute("aria-pressed", String(on));
	remember("wall", on ? "1" : "");
	repaint();
	view?.update?.();
}

const THEMES = ["", "light", "dark"];
byId("theme").addEventListener("click", () =>
	setTheme(THEMES[(THEMES.indexOf(remembered("theme")) + 1) % THEMES.length] ?? ""));
byId("size").append(icon("wall"), h("span", {}, "Wall"));
byId("size").setAttribute("aria-label", "Wall");
byId("size").addEventListener("click", () => setWall(byId("size").getAttribute("aria-pressed") !== "true"));
byId("start").append(icon("add"), h("span", {}, "Start session"));
byId("nav").append(...NAV.map(([href, text, sign]) => h("a", { href }, icon(sign), h("span", {}, text))));
setText(byId("zone"), `Times are those of ${zoneName}.`);
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", repaint);
addEventListener("resize", () => view?.update?.());
addEventListener("hashchange", () => {
	// the skip link moves the focus, and is no view
	if (location.hash === "#view") byId("view").focus();
	else show(false);
});
document.querySelector(".skip")?.addEventListener("click", (event) => {
	event.preventDefault();
	byId("view").focus();
});
byId("leave").addEventListener("click", () => void leave());

function askToSignIn(): void {
	if (location.hash !== "#/signin") location.hash = "#/signin";
}

// The tabs of a browser share its cookie: what one does about who is signed in holds for all.
const tabs = new BroadcastChannel("who");
let mine = "";

tabs.addEventListener("message", ({ data }) => {
	if (mine && data !== mine) location.reload();
});

async function leave(): Promise<void> {
	const why = await signOut();

	if (why) return house.say(`You are still signed in. ${why}`);
	tabs.postMessage("");
	location.reload();
}

async function showMe(): Promise<void> {
	const me = await whoAmI();

	if (me) tabs.postMessage(mine = me.user_id);
	setHidden(byId("me"), !me);
	if (me) setText(byId("role"), `Signed in as ${me.role}.`);
	if (me === null) askToSignIn();
}

async function enter(): Promise<void> {
	const token = takeToken(), why = token ? await signIn(token) : "";

	if (why) store.say(`The link does not let you in: ${why}`);
	live.open();
}

const live = new Live((frame) => {
	store.take(frame);
	soon();
}, (s) => {
	if (s === "live" && state !== "live") void showMe();
	state = s;
	if (s === "refused") askToSignIn();
	showAll();
});

setTheme(remembered("theme"));
setWall(remembered("wall") === "1");
void enter();
show(true);
setInterval(showAll, 1000);
