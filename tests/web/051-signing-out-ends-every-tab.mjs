// Tabs of one browser share a cookie: who signs out in one has signed out in all, and nothing that they saw stays on
// the screen; who signs in as somebody else is that in all of them.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { is, ok, test, until } from "./house.mjs";

await test(async (open) => {
	const house = await open({ www: false });

	await house.startAll({ devices: 1 });
	const context = await house.browser(), other = await house.browser();
	const tab = async (of, address) => {
		const page = await of.newPage();

		page.shows = (words) => until(words, async () => (await page.textContent("body").catch(() => "")).includes(words));
		await page.goto(address);
		return page;
	};
	const link = (...words) => execFileSync(`${process.env.BIN}/ihht`, ["--config", `${house.dir}/var/ihht.conf`, "token", ...words, "--link", `${house.url}/`]).toString().trim();
	const first = await tab(context, house.link);
	await first.shows("Signed in as admin.");
	const second = await tab(context, `${house.url}/#/devices`);
	await second.shows("Signed in as admin.");
	await second.waitForSelector("#view table");
	const elsewhere = await tab(other, house.link);
	await elsewhere.shows("Signed in as admin.");

	const third = await tab(context, link("person", "11111111-1111-4111-8111-111111111111"));
	await third.shows("Signed in as person.");
	for (const page of [first, second]) await page.shows("Signed in as person.");
	ok(true, "who signs in as somebody else is that in every tab");

	await first.click("#leave");
	for (const page of [first, second, third]) await until("the way in", () => page.url().endsWith("#/signin"));
	ok(true, "who signs out in one tab has signed out in all");
	is(await second.locator("#view table").count(), 0, "nothing stays on the screen");
	is(await second.textContent("#connection"), "signed out", "which says so");
	is(await elsewhere.textContent("#connection"), "live", "another browser is not concerned");

	await elsewhere.shows("Signed in as admin.");
	await house.supervise("stop", "http-api");
	await elsewhere.click("#leave");
	await elsewhere.shows("You are still signed in.");
	ok(true, "who cannot sign out is told so");

	await house.supervise("start", "http-api");
	for (const name of ["access.jwks", "access.jwks_secret"]) rmSync(`${house.dir}/var/keys/${name}`);
	const fresh = link("admin");
	await until("the way in", () => elsewhere.url().endsWith("#/signin"));
	ok(true, "new keys sign out who came by the old ones");
	await elsewhere.goto(fresh);
	await elsewhere.reload();
	await elsewhere.shows("Signed in as admin.");
	ok(true, "who has a new link comes in again");
});
