// @supabase/supabase-js as it comes from npm, with our address for its project's: rows of readings
// in the shape its users know, under the rights of the token.
import { rmSync } from "node:fs";
import { createClient } from "@supabase/supabase-js";
import WebSocket from "ws";
import { sample, session, uuid } from "./feed.mjs";
import { is, ok, test, until } from "./house.mjs";

const ANON = "sb_publishable_of_some_project";

class Page {
	rows = [];
	status = [];

	constructor(house, token, filter, { vsn = "2.0.0", channel = "live" } = {}) {
		this.client = createClient(`http://127.0.0.1:${house.livePort}`, ANON,
			{ auth: { persistSession: false }, realtime: { transport: WebSocket, vsn } });
		if (token) void this.client.realtime.setAuth(token);
		this.channel = this.client.channel(channel).on("postgres_changes",
			{ event: "INSERT", schema: "public", table: "readings", ...(filter ? { filter } : {}) },
			(change) => this.rows.push(change));
		this.channel.on("system", {}, (said) => (this.said = said));
		this.channel.subscribe((status, error) => this.status.push(error ? `${status} ${error.message}` : status));
	}

	async subscribed() {
		await until("the subscription", () => this.said?.status === "ok" && this.status.includes("SUBSCRIBED"));
		return this;
	}

	values() { return this.rows.map((r) => r.new.spo2).join(" "); }
	async close() { await this.client.removeAllChannels(); await this.client.realtime.disconnect(); }
}

async function begin(open, settings = {}) {
	const house = await open({ www: false, settings });

	await house.startFanout();
	house.startFeed();
	await house.say("wait live ");
	await house.say("wait news session/");
	house.live = async (n, more) => await house.say(`live sample ${JSON.stringify(sample(n, more))}`);
	for (const n of [1, 2]) await house.say(`news session ${JSON.stringify(session(n))}`);
	return house;
}

async function rows(house) {
	const one = house.makeToken("person", uuid(1)), coach = house.makeToken("coach", uuid(9), uuid(2));
	const pages = {
		person: new Page(house, one), old: new Page(house, one, "", { vsn: "1.0.0" }),
		coach: new Page(house, coach), all: new Page(house, house.token),
		session: new Page(house, house.token, `session_id=eq.${uuid("session 2")}`),
		low: new Page(house, house.token, "spo2=lt.85"),
		some: new Page(house, house.token, `user_id=in.(${uuid(2)},${uuid(3)})`),
		foreign: new Page(house, one, `session_id=eq.${uuid("session 2")}`),
	};

	for (const page of Object.values(pages)) await page.subscribed();
	ok(true, "every page subscribes");
	const taken = Date.now() * 1000;
	await house.live(1, { spo2: 91, taken_us: taken, battery: 40 });
	await house.live(2, { spo2: 82.5 });
	await house.live(3, { spo2: 70 });  // in no session: it will be no row
	await house.live(1, { spo2: null, heart_rate: null, invalid: "no_finger" });
	await house.live(2, { spo2: 93 });
	await until("the last of each", () => pages.all.rows.length === 4 && pages.person.rows.length === 2 && pages.old.rows.length === 2);
	await until("theirs", () => pages.coach.rows.length === 2 && pages.session.rows.length === 2 && pages.some.rows.length === 2);
	is(pages.all.rows.map((r) => r.new.spo2).join(" "), "91 82.5  93", "an admin's page gets all rows, in order");
	is(pages.person.rows.map((r) => r.new.user_id).join(" "), `${uuid(1)} ${uuid(1)}`, "a person's only their own");
	is(JSON.stringify(pages.old.rows), JSON.stringify(pages.person.rows), "the older serializer gets the same");
	is(pages.coach.values(), "82.5 93", "a coach's those of their people");
	is(pages.session.values(), "82.5 93", "session_id=eq. is one session");
	is(pages.low.values(), "82.5", "spo2=lt.85 is what is low, and null is not");
	is(pages.some.values(), "82.5 93", "user_id=in. is a list");
	is(pages.foreign.rows.length, 0, "a filter opens nothing that the token does not");

	const [first, second] = pages.person.rows;
	is(Object.keys(first).sort().join(" "), "commit_timestamp errors eventType new old schema table", "a change has the client's own shape");
	is(`${first.eventType} ${first.schema}.${first.table} ${first.errors} ${JSON.stringify(first.old)}`, "INSERT public.readings null {}",
		"an INSERT on public.readings");
	is(Date.parse(first.new.timestamp), Math.floor(taken / 1000), "its timestamp is that of the value");
	is(`${first.new.session_id} ${first.new.phase_type} ${first.new.cycle_number} ${first.new.battery} ${first.new.is_valid}`,
		`${uuid("session 1")} ALTITUDE 2 40 true`, "with its session, phase and figures");
	is(`${second.new.spo2} ${second.new.invalid} ${second.new.is_valid}`, "null no_finger false", "nothing measured is null, with the reason");
	await Promise.all(Object.values(pages).map((p) => p.close()));
}

async function refusals(house) {
	for (const [token, words] of [["", /token of a person/], ["x.y.z", /not a signed JWT/], [house.token.slice(0, -8), /signature/]]) {
		const page = new Page(house, token);

		await until("a refusal", () => page.status.length);
		ok(/^CHANNEL_ERROR /.test(page.status[0]) && words.test(page.status[0]), `without a token that holds: ${page.status[0]}`);
		await page.close();
	}
	for (const [filter, words] of [["colour=eq.red", /no such column/], ["spo2=like.9", /one of eq/], ["spo2", /column=op/]]) {
		const page = new Page(house, house.token, filter);

		await until("a refusal", () => page.status.length);
		ok(words.test(page.status[0]), `a filter that is none: ${page.status[0]}`);
		await page.close();
	}
	const raw = new WebSocket(`ws://127.0.0.1:${house.livePort}/realtime/v1/websocket?apikey=x&vsn=2.0.0`);
	let end;

	raw.on("open", () => raw.send("hello"));
	raw.on("close", (code, reason) => (end = `${code} ${reason}`));
	await until("the end", () => end);
	is(end, "1008 not a message of Phoenix Channels", "who speaks something else is shown the door");
}

async function comesAndGoes(house) {
	const page = await new Page(house, house.makeToken("person", uuid(1))).subscribed();

	await house.live(2, { spo2: 60 });
	await house.live(1, { spo2: 61 });
	await until("a row", () => page.rows.length === 1);
	await page.client.realtime.setAuth(house.makeToken("coach", uuid(9), uuid(1), uuid(2)));
	await until("the fresh token's rows", async () => {
		await house.live(2, { spo2: 62 });
		return page.values().includes("62");
	});
	is(page.rows[0].new.spo2, 61, "a fresh token changes what is seen, in the same subscription");
	await page.client.removeChannel(page.channel);
	ok(page.status.includes("CLOSED"), "leaving is answered");
	await page.close();
}

async function keysChange(house) {
	const page = await new Page(house, house.makeToken("person", uuid(1))).subscribed();

	for (const name of ["access.jwks", "access.jwks_secret"]) rmSync(`${house.dir}/keys/${name}`);
	house.token = house.makeToken("admin");
	await until("the end", () => page.said.status === "error");
	is(page.said.message, "token's key is gone", "new keys end what the old ones opened");
	await page.close();
}

await test(async (open) => {
	const house = await begin(open);

	await rows(house);
	await refusals(house);
	await comesAndGoes(house);
	await keysChange(house);
});
