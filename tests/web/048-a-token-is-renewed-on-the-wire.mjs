// A watcher's token comes to its end: who brings a fresh one in time goes on without a seam, who does not
// is told and parted from, who brings a bad one is shown the door.
import { createHmac } from "node:crypto";
import { appendFileSync, writeFileSync } from "node:fs";
import WebSocket from "ws";
import { sample, session, uuid } from "./feed.mjs";
import { is, ok, test, until } from "./house.mjs";

const SECRET = "a-secret-of-a-project-that-has-32-bytes-and-more", ISSUER = "https://project.example/auth/v1";
const b64 = (text) => Buffer.from(text).toString("base64url");

function token(seconds, person, secret = SECRET) {
	const text = `${b64('{"alg":"HS256","typ":"JWT"}')}.${b64(JSON.stringify({ iss: ISSUER, aud: "authenticated",
		sub: uuid(person), role: "authenticated", exp: Math.floor(Date.now() / 1000) + seconds }))}`;

	return `${text}.${createHmac("sha256", secret).update(text).digest("base64url")}`;
}

function watch(house, bearer) {
	const w = { frames: [], socket: new WebSocket(`ws://127.0.0.1:${house.livePort}/live`, { headers: { Authorization: `Bearer ${bearer}` } }) };

	w.socket.on("message", (data) => w.frames.push(...data.toString().split("\n").map((line) => JSON.parse(line))));
	w.socket.on("close", (code, reason) => { w.end = `${code} ${reason}`; });
	w.of = (type) => w.frames.filter((f) => f.type === type);
	w.say = (bringing) => w.socket.send(JSON.stringify({ type: "token", token: bringing }));
	return w;
}

await test(async (open) => {
	const house = await open({ www: false });

	writeFileSync(`${house.dir}/project.jwks`, JSON.stringify({ kty: "oct", k: b64(SECRET) }));
	appendFileSync(`${house.dir}/ihht.conf`, `access
    issuer = "${ISSUER}"
    jwks = "${house.dir}/project.jwks"
`);
	await house.startFanout();
	house.startFeed();
	await house.say("wait live ");
	await house.say("wait news session/");
	for (const n of [1, 2]) await house.say(`news session ${JSON.stringify(session(n))}`);
	const value = (n, spo2) => house.say(`live sample ${JSON.stringify(sample(n, { spo2 }))}`);

	const lazy = watch(house, token(30, 1)), wise = watch(house, token(30, 1)), forger = watch(house, token(3600, 1));
	const late = watch(house, token(3600, 1)), other = watch(house, token(3600, 1));
	const all = [lazy, wise, forger, late, other];
	await until("snapshots", () => all.every((w) => w.frames.length));
	await value(1, 91);
	await until("a value", () => all.every((w) => w.of("sample").length === 1));

	forger.say(token(3600, 1, "another-secret-of-somebody-that-has-32-bytes"));
	late.say(token(-60, 1));
	wise.say(token(3600, 1));
	other.say(token(3600, 2));
	await until("they are parted from", () => forger.end && late.end);
	is(forger.end, "1008 the token's signature is wrong", "a token of a forger ends the stream, and why is said");
	is(late.end, "1008 the token has expired", "so does one that is over already");
	await until("another snapshot", () => other.of("snapshot").length === 2);
	is(other.of("snapshot")[1].sessions.map((s) => s.user_id).join(), uuid(2), "a token of somebody else shows what that one may see, anew");
	await value(1, 92);
	await value(2, 82);
	await until("the value", () => other.of("sample").length === 2);
	is(other.of("sample")[1].spo2, 82, "and from then on only that");

	await until("the end of the lazy one", () => lazy.end);
	is(lazy.end, "4401 token expired", "who brings none in time is parted from");
	is(lazy.of("bye").map((f) => f.why).join(), "token expired", "and was told");
	is(lazy.frames.at(-1).type, "bye", "as the last word");
	await value(1, 93);
	await until("the value after it", () => wise.of("sample").length === 3);
	is(wise.of("sample").map((f) => f.spo2).join(" "), "91 92 93", "who brought one in time goes on past the old one's end");
	is(wise.of("snapshot").length, 1, "without beginning anew");
	ok(!wise.end && !wise.of("hole").length, "and without a hole");

	// `wise` has a token of the project; this one is of another key
	const ours = watch(house, house.token);
	await until("a snapshot", () => ours.frames.length);
	writeFileSync(`${house.dir}/project.jwks`, JSON.stringify({ kty: "oct", k: b64("another-secret-of-the-project-that-has-32-bytes") }));
	await until("the end of those whose key is gone", () => wise.end && other.end);
	is(wise.end, "4401 token's key is gone", "a key that is gone ends the streams it opened");
	is(wise.of("bye").map((f) => f.why).join(), "token's key is gone", "which are told why");
	is(other.end, wise.end, "also one that brought its token on the way");
	await value(1, 94);
	await until("the value", () => ours.of("sample").length);
	ok(!ours.end, "those of other keys go on");
});
