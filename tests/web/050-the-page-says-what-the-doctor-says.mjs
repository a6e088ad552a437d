// The Health view names the first broken hop, what shows it and the cure, as `ihht doctor` does, and
// takes it back when it is mended.
import { axeLightAndDark, is, ok, test, until, watch } from "./house.mjs";

await test(async (open) => {
	const house = await open({ www: false });
	await house.startAll();
	const page = await (await house.browser()).newPage(), { complaints } = watch(page, house);
	const text = (selector) => page.locator(selector).textContent();
	const states = () => page.locator(".hops li").evaluateAll((all) => all.map((li) => `${li.dataset.hop} ${li.querySelector("span").textContent}`).join(", "));

	await page.goto(house.link);
	await until("who it is", async () => !page.url().includes("token"));
	await page.goto(`${house.url}/#/health`);
	await until("every hop is told", async () => !/not known|broken/.test(await states()) && /watcher works/.test(await states()));
	is(await text(".cure"), "", "while all is well it names no hop");

	await house.supervise("stop", "sync-worker:*");
	await until("the first broken hop", async () => /First broken hop: worker/.test(await text(".cure")));
	ok(/Cure: supervisorctl restart sync-worker/.test(await text(".cure")), "the cure is told", await text(".cure"));
	ok(/sync-worker is silent/.test(await text(".evidence")), "and what shows it", await text(".evidence"));
	is(await states().then((all) => /worker broken, postgres not known/.test(all)), true, "what is behind it is not known");
	is(await page.locator(".cure").getAttribute("aria-live"), "polite", "a screen reader is told");
	await axeLightAndDark(page, "health with a broken hop");
	await page.setViewportSize({ width: 360, height: 740 });
	ok(await page.evaluate(() => document.documentElement.scrollWidth <= innerWidth), "a phone need not scroll sideways");

	await house.supervise("start", "sync-worker:*");
	await until("it goes away", async () => await text(".cure") === "" && /worker works, postgres works/.test(await states()));
	ok(true, "mended, it goes away by itself");

	// a process that hangs is as little there as one that is away
	await house.supervise("signal", "STOP", "http-api");
	await until("it does not answer", async () => /http-api cannot be reached/.test(await text(".verdict")) && !/works|broken/.test(await states()), 30);
	ok(!/All is well/.test(await text(".verdict")), "when http-api hangs the last good verdict does not stay");
	await page.addInitScript(() => {
		window.verdicts = [];
		new MutationObserver(() => {
			const words = document.querySelector(".verdict h2")?.textContent;

			if (words && words !== window.verdicts.at(-1)) window.verdicts.push(words);
		}).observe(document, { subtree: true, childList: true, characterData: true });
	});
	await page.reload();
	await until("it does not answer", async () => /wants a look/.test(await text(".verdict h2")));
	is((await page.evaluate("verdicts")).join(), "Asking …,Something wants a look", "and before the first answer there is none");
	const asked = [];
	await page.goto(`${house.url}/#/history`);
	page.on("request", (r) => /\/api\/(health|doctor)/.test(r.url()) && asked.push(r.url()));
	await until("the past is away", async () => /does not answer/.test(await text("main")));
	is(asked.join(), "", "a view of Health that was left asks no more");
	ok(true, "other views say so, too, and do not wait for ever");
	await page.goto(`${house.url}/#/health`);
	await house.supervise("signal", "CONT", "http-api");
	await until("all is well", async () => await text(".verdict h2") === "All is well");

	await house.supervise("stop", "http-api");
	await until("nobody answers", async () => /http-api cannot be reached/.test(await text(".verdict")) && !/works|broken/.test(await states()));
	ok(true, "without http-api no hop is claimed to work");

	// ---- alerts
	for (const name of ["ble-ingest", "local-store"]) await house.supervise("stop", name);
	house.startFeed();
	await house.say("wait news ");
	const alert = (name, level, text) => house.say(`news alert ${JSON.stringify({ name, level, text, at_us: Date.now() * 1000 })}`);
	const list = () => page.locator(".alert-list li").evaluateAll((all) => all.map((li) => `${li.dataset.level} ${li.querySelector("strong").textContent}, ${li.querySelector("p").textContent}`).join("; "));
	await alert("disk_full", "warn", "The disk is used to 85 %.");
	await alert("cannot_store", "critical", "Nothing can be written.");
	await until("both", async () => await list() === "warn Warning: disk full, The disk is used to 85 %.; critical Critical: cannot store, Nothing can be written.");
	ok(true, "alerts stand in a list, each with its weight and its words");
	await axeLightAndDark(page, "health with alerts");
	await alert("disk_full", "info", "");
	await until("one", async () => /^critical [^;]*$/.test(await list()));
	await alert("cannot_store", "info", "");
	await until("none", async () => await page.locator(".panel:has(h2:text('Alerts'))").textContent() === "AlertsNone.");
	ok(true, "and leave it when they are over");
	is(complaints.filter((c) => !/50[234]/.test(c)).join("\n"), "", "the browser has nothing else to complain about");
});
