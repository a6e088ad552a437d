// realtime-fanout is killed under the page while a real local-store goes on: the page comes back by
// itself, and its chart has what was stored meanwhile.
import { breaksOf, lineOf, shareOf } from "./chart.mjs";
import { is, ok, test, until, watch } from "./house.mjs";

await test(async (open) => {
	const house = await open();
	const { ihht, stored } = await house.startStore(1, 4);
	ihht("session", "start", "00000000-0000-4000-8000-000000000001", "mock-001");

	const page = await (await house.browser()).newPage(), { complaints } = watch(page, house);
	const chart = page.locator(".card .chart"), resumed = [];
	page.on("websocket", (socket) => socket.on("framereceived", ({ payload }) => resumed.push(.../"type":"resumed".*?"from":"(\w+)"/.exec(payload)?.slice(1) ?? [])));
	await page.goto(house.url);
	await until("a line", async () => await chart.locator("canvas").count() === 1 && shareOf(await lineOf(chart)) > 0.1, 120);

	await house.stop("realtime-fanout", "SIGKILL");
	await until("it notices", async () => await page.locator("#connection").textContent() !== "live");
	const from = stored();
	await until("twelve seconds stored meanwhile", () => stored() > from + 48, 120);
	await house.startFanout();
	await until("live", async () => await page.locator("#connection").textContent() === "live");
	is(resumed.join(), "store", "the page goes on from the store");
	const share = shareOf(await lineOf(chart));
	await until("the line grows", async () => shareOf(await lineOf(chart)) > share + 0.05, 120);
	is(breaksOf(await lineOf(chart)).length, 0, "and its chart is one line, over the time it was away");
	ok(/^[0-9.]+$/.test(await page.locator(".card .tile.spo2 dd").textContent()), "with values that are now");
	is(complaints.filter((c) => !/WebSocket/.test(c)).join("\n"), "", "the browser has nothing else to complain about");
	for (const name of ["realtime-fanout", "ble-ingest", "local-store"]) is(await house.stop(name), 0, `${name} stops when asked`);
});
