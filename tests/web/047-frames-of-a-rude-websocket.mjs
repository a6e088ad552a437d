// realtime-fanout's WebSocket against RFC 6455, over a raw socket: the cases of the Autobahn test suite, by
// its own numbers.  Autobahn's server under test echoes.  Ours does so to a heartbeat of Phoenix, whose ref it
// sends back: a case that waits for its text sends one padded to the case's length, or cut into the
// case's fragments.  A case whose very bytes matter sends those; taken as a text, they are answered by 1008 (no message
// of ours).  Who breaks the protocol may also just be cut off (RFC 6455, 7.1.7).
//
//	1, 2, 3, 4, 5, 6.1 to 6.23, 7, 10.1.1   all cases
//	1.2, 9.2, 9.4, 9.6                      binary: only text is taken here, so 1003
//	1.1.6 to 8, 9.1, 9.3, 9.5, 10.1.1       more than a token may have: 1009, whatever the pieces
//	9.7, 9.8                                measure how long an echo takes: tests/bench/60 does, of what we send
//	12, 13                                  compression: we never agree to it, which is checked; without it they do not apply
//
// Where libwebsockets 4.1.6 does otherwise than the suite asks, the row says LWS.
import { connect } from "node:net";
import { is, ok, test } from "./house.mjs";

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

function frame(opcode, payload = "", { fin = true, rsv = 0, masked = true } = {}) {
	const body = Buffer.from(payload), n = body.length;
	const head = [(fin ? 0x80 : 0) | rsv << 4 | opcode];

	if (n < 126) head.push(n);
	else if (n < 65536) head.push(126, n >> 8, n & 255);
	else head.push(127, 0, 0, 0, 0, n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255);
	if (masked) head[1] |= 0x80;
	return Buffer.concat([Buffer.from(head), masked ? MASK : Buffer.alloc(0),
		masked ? body.map((b, i) => b ^ MASK[i % 4]) : body]);
}
const text = (s, more) => frame(1, s, more), binary = (s, more) => frame(2, s, more), more = (s, o) => frame(0, s, o);
const part = (s) => text(s, { fin: false }), on = (s) => more(s, { fin: false }), ping = (s, o) => frame(9, s, o), pong = (s, o) => frame(10, s, o);
const close = (code, why = "") => frame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(why)]));
const bytes = (...b) => Buffer.from(b), hex = (s) => Buffer.from(s, "hex");
const times = (n, make) => [...Array(n).keys()].map(make);
const chop = (buffer, n = 1) => times(Math.ceil(buffer.length / n), (i) => buffer.subarray(i * n, i * n + n));
const octets = (...frames) => chop(Buffer.concat(frames)), atOnce = (...frames) => [Buffer.concat(frames)];
// a message in fragments of n bytes
const fragments = (payload, n, first = text) => chop(Buffer.from(payload), n).map((b, i, all) =>
	(i ? more : first)(b, { fin: i === all.length - 1 }));

// A heartbeat with that ref, `length` bytes long.
function beat(ref, length = 0) {
	const body = JSON.stringify({ topic: "phoenix", event: "heartbeat", payload: {}, ref });

	return body.padEnd(length, " ");
}
const cut3 = (s) => [s.slice(0, 20), s.slice(20, 40), s.slice(40)];

const ECHO = "wait for an echo", PONG = "wait for a pong";

// What the server says after the upgrade: pongs and echoes in order, its head, and how it ends: a close code, "empty
// close", or "cut" (no close frame).
function talk(house, path, pieces, headers = "") {
	return new Promise((done, fail) => {
		const socket = connect(house.livePort, "127.0.0.1"), pongs = [], echoes = [];
		let got = Buffer.alloc(0), head = "", end = "cut", over = false, heard = () => {}, n = { [PONG]: 0, [ECHO]: 0 };
		const has = { [PONG]: () => pongs.length, [ECHO]: () => echoes.length };
		const give = async () => {
			for (const piece of pieces) {
				if (over) return;
				if (piece === PONG || piece === ECHO)
					for (n[piece]++; !over && has[piece]() < n[piece];) await new Promise((next) => (heard = next));
				else if (!socket.write(piece)) await new Promise((next) => { heard = next; socket.once("drain", next); });
				await new Promise(setImmediate);
			}
		};
		const take = (opcode, body) => {
			if (opcode === 10) pongs.push(body.toString("latin1"));
			if (opcode === 1) {
				const said = JSON.parse(body);

				if (said.event === "phx_reply") echoes.push(said.ref);
			}
			if (opcode === 8) {
				end = body.length >= 2 ? body.readUInt16BE(0) : "empty close";
				over = true;
				socket.end();
			}
			heard();
		};

		socket.setNoDelay(true);
		socket.setTimeout(60_000, () => fail(new Error(`no end after a minute: ${pongs} ${echoes}`)));
		socket.write(`GET ${path} HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n${headers}` +
			`Authorization: Bearer ${house.token}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
		socket.on("error", () => {});
		socket.on("close", () => {
			over = true;
			heard();
			done({ pongs, echoes, end, head });
		});
		socket.on("data", (data) => {
			got = Buffer.concat([got, data]);
			if (!head) {
				const at = got.indexOf("\r\n\r\n");

				if (at < 0) return;
				head = got.subarray(0, at).toString();
				got = got.subarray(at + 4);
				void give();
			}
			while (got.length >= 2) {
				let length = got[1] & 127, at = 2;

				if (length === 126) { if (got.length < 4) return; length = got.readUInt16BE(2); at = 4; }
				if (length === 127) { if (got.length < 10) return; length = Number(got.readBigUInt64BE(2)); at = 10; }
				if (got.length < at + length) return;
				const opcode = got[0] & 15, body = got.subarray(at, at + length);

				got = got.subarray(at + length);
				take(opcode, body);
			}
		});
	});
}

const BYE = close(1000), NO_MESSAGE = 1008, LWS = (end) => end;
const broken = hex("cebae1bdb9cf83cebcceb5eda080656469746564"), word = hex("cebae1bdb9cf83cebcceb5");
const late = hex("cebae1bdb9cf83cebcceb5f4908080656469746564"), hello = beat("hello"), [h1, h2, h3] = cut3(hello);
const K = 1024, M = K * K;
const notText = Buffer.from([0, 255, 254, 253, 252, 251, 0, 255]), noEcho = { echoes: [] };
const echoed = { echoes: ["hello"] };

// number, name, what is sent, how it must end, what must come back before
const cases = [
	// 1 framing
	["1.1.1", "an empty text", [text("")], NO_MESSAGE],
	...[125, 126, 127, 128].map((n, i) => [`1.1.${i + 2}`, `a text of ${n} bytes`, [text(beat("hello", n)), ECHO, BYE], 1000, echoed]),
	["1.1.6", "of 65535", [text("*".repeat(65535))], 1009],
	["1.1.7", "of 65536", [text("*".repeat(65536))], 1009],
	["1.1.8", "of 65536 in chops of 997", chop(text("*".repeat(65536)), 997), 1009],
	["1.2.1", "an empty binary", [binary("")], 1003],
	...[125, 126, 127, 128, 65535, 65536].map((n, i) => [`1.2.${i + 2}`, `a binary of ${n} bytes`, [binary(Buffer.alloc(n, 0xfe))], 1003]),
	["1.2.8", "of 65536 in chops of 997", chop(binary(Buffer.alloc(65536, 0xfe)), 997), 1003],
	// 2 pings
	["2.1", "a ping without payload", [ping(""), PONG, BYE], 1000, { pongs: [""] }],
	["2.2", "a ping with text", [ping("Hello, world!"), PONG, BYE], 1000, { pongs: ["Hello, world!"] }],
	["2.3", "a ping with bytes that are no text", [ping(notText), PONG, BYE], 1000, { pongs: [notText.toString("latin1")] }],
	["2.4", "a ping of 125", [ping(Buffer.alloc(125, 0xfe)), PONG, BYE], 1000, { pongs: ["\xfe".repeat(125)] }],
	["2.5", "a ping of 126", [ping(Buffer.alloc(126, 0xfe))], 1002, { pongs: [] }],
	["2.6", "a ping of 125, octet by octet", [...octets(ping(Buffer.alloc(125, 0xfe))), PONG, BYE], 1000, { pongs: ["\xfe".repeat(125)] }],
	["2.7", "a pong nobody asked for", [pong(""), BYE], 1000, { pongs: [] }],
	["2.8", "such a pong with payload", [pong("unsolicited pong payload"), BYE], 1000, { pongs: [] }],
	["2.9", "such a pong, then a ping", [pong("unsolicited pong payload"), ping("ping payload"), PONG, BYE], 1000, { pongs: ["ping payload"] }],
	["2.10", "ten pings at once", [...atOnce(...times(10, (i) => ping(`payload-${i}`))), PONG, BYE], 1000, { lastPong: true }],
	["2.11", "ten pings, octet by octet", [...octets(...times(10, (i) => ping(`payload-${i}`))), PONG, BYE], 1000, { lastPong: true }],
	// 3 reserved bits
	["3.1", "RSV 1", [text(hello, { rsv: 1 })], 1002, noEcho],
	["3.2", "a text, then RSV 2, then a ping", [text(hello), ECHO, text(hello, { rsv: 2 }), ping("")], 1002, { ...echoed, pongs: [] }],
	["3.3", "a text, then RSV 3, frame by frame", [text(hello), ECHO, text(hello, { rsv: 3 }), ping("")], 1002, echoed],
	["3.4", "a text, then RSV 4, octet by octet", [...octets(text(hello)), ECHO, ...octets(text(hello, { rsv: 4 }), ping(""))], 1002, echoed],
	["3.5", "RSV 5 in a binary", [binary(notText, { rsv: 5 })], 1002],
	["3.6", "RSV 6 in a ping", [ping("Hello, world!", { rsv: 6 })], 1002, { pongs: [] }],
	["3.7", "RSV 7 in a close", [frame(8, "", { rsv: 7 })], 1002],
	// 4 opcodes
	...[[4.1, 3], [4.2, 11]].flatMap(([section, first]) => [
		[`${section}.1`, `opcode ${first}`, [frame(first)], 1002],
		[`${section}.2`, `opcode ${first + 1} with payload`, [frame(first + 1, "reserved opcode payload")], 1002],
		[`${section}.3`, `a text, then opcode ${first + 2}, then a ping`, [text(hello), ECHO, frame(first + 2), ping("")], 1002, echoed],
		[`${section}.4`, `a text, then opcode ${first + 3} with payload`, [text(hello), ECHO, frame(first + 3, hello), ping("")], 1002, echoed],
		[`${section}.5`, `a text, then opcode ${first + 4}, octet by octet`,
			[...octets(text(hello)), ECHO, ...octets(frame(first + 4, hello), ping(""))], 1002, echoed]]),
	// 5 fragments
	["5.1", "a ping in two fragments", [ping("fragment1", { fin: false }), more("fragment2")], 1002, { pongs: [] }],
	["5.2", "a pong in two fragments", [pong("fragment1", { fin: false }), more("fragment2")], 1002],
	["5.3", "a text in two fragments", [...atOnce(part(h1), more(h2 + h3)), ECHO, BYE], 1000, echoed],
	["5.4", "frame by frame", [part(h1), more(h2 + h3), ECHO, BYE], 1000, echoed],
	["5.5", "octet by octet", [...octets(part(h1), more(h2 + h3)), ECHO, BYE], 1000, echoed],
	["5.6", "with a ping between", [...atOnce(part(h1), ping("ping payload"), more(h2 + h3)), PONG, ECHO, BYE], 1000, { ...echoed, pongs: ["ping payload"] }],
	["5.7", "frame by frame", [part(h1), ping("ping payload"), PONG, more(h2 + h3), ECHO, BYE], 1000, { ...echoed, pongs: ["ping payload"] }],
	["5.8", "octet by octet", [...octets(part(h1), ping("ping payload"), more(h2 + h3)), PONG, ECHO, BYE], 1000, { ...echoed, pongs: ["ping payload"] }],
	...[[9, true], [12, false]].flatMap(([n, fin]) => [[atOnce, "in one chop"], [(...f) => f, "frame by frame"], [octets, "octet by octet"]].map(([sent, how], i) =>
		[`5.${n + i}`, `a continuation of nothing, ${fin ? "last" : "not last"}, then a text, ${how}`, sent(more("non-continuation payload", { fin }), text(hello)), 1002, noEcho])),
	["5.15", "a message, then a continuation of nothing, then a text", atOnce(part(h1), more(h2 + h3), on("fragment3"), text("fragment4")), 1002],
	["5.16", "twice: a continuation of nothing, not last, then two fragments", times(2, () => [on("fragment1"), part(h1), more(h2 + h3)]).flat(), 1002, noEcho],
	["5.17", "twice: the same, last", times(2, () => [more("fragment1"), part(h1), more(h2 + h3)]).flat(), 1002, noEcho],
	["5.18", "a text within a text", [part(h1), text(h2 + h3)], 1002, noEcho],
	["5.19", "five fragments and two pings, all legal", [...atOnce(part(h1), on(h2), ping("pongme 1!")), PONG, ...atOnce(on(h3.slice(0, 2)), on(h3.slice(2, 4)), ping("pongme 2!"), more(h3.slice(4))),
		PONG, ECHO, BYE], 1000, { ...echoed, pongs: ["pongme 1!", "pongme 2!"] }],
	["5.20", "frame by frame", [part(h1), on(h2), ping("pongme 1!"), PONG, on(h3.slice(0, 2)), on(h3.slice(2, 4)), ping("pongme 2!"), more(h3.slice(4)), PONG, ECHO, BYE],
		1000, { ...echoed, pongs: ["pongme 1!", "pongme 2!"] }],
	// 6 UTF-8
	["6.1.1", "an empty text", [text("")], NO_MESSAGE],
	["6.1.2", "three empty fragments", [part(""), on(""), more("")], NO_MESSAGE],
	["6.1.3", "one between two empty ones", [part(""), on(hello), more(""), ECHO, BYE], 1000, echoed],
	["6.2.1", "UTF-8", [text(beat("µ@ßöäüàá")), ECHO, BYE], 1000, { echoes: ["µ@ßöäüàá"] }],
	["6.2.2", "in two fragments", [...fragments(beat("µ@ßöäüàá"), Buffer.from(beat("µ@ßö")).length - 2), ECHO, BYE], 1000, { echoes: ["µ@ßöäüàá"] }],
	["6.2.3", "in fragments of an octet", [...fragments(beat("µ@ßöäüàá"), 1), ECHO, BYE], 1000, { echoes: ["µ@ßöäüàá"] }],
	["6.2.4", "another, in fragments of an octet", [...fragments(beat(word.toString()), 1), ECHO, BYE], 1000, { echoes: [word.toString()] }],
	["6.3.1", "broken UTF-8", [text(broken)], 1007],
	["6.3.2", "in fragments of an octet", fragments(broken, 1), 1007],
	["6.4.1", "fragments, of which the second breaks it: no more need be sent", [part(late.subarray(0, 11)), ping(""), PONG, on(late.subarray(11, 15))], 1007],
	["6.4.2", "up to the octet that breaks it", [part(late.subarray(0, 12)), ping(""), PONG, on(late.subarray(12, 13))], 1007],
	["6.4.3", "chops of one frame", [text(late).subarray(0, 6 + 11), text(late).subarray(6 + 11, 6 + 15), text(late).subarray(6 + 15)], 1007],
	["6.4.4", "up to the octet that breaks it", [text(late).subarray(0, 6 + 12), text(late).subarray(6 + 12, 6 + 13), text(late).subarray(6 + 13)], 1007],
	...sequences().map(([number, body, valid]) => [number, `${valid ? "good" : "broken"} UTF-8 ${body.toString("hex").slice(0, 40)}`, [text(body)], valid ? NO_MESSAGE : 1007]),
	// 7 closing
	["7.1.1", "a message, then a close", [text(hello), ECHO, BYE], 1000, echoed],
	["7.1.2", "two closes", atOnce(BYE, frame(8)), 1000],
	["7.1.3", "a ping after the close", atOnce(BYE, ping("late")), 1000, { pongs: [] }],
	["7.1.4", "a text after the close", atOnce(BYE, text(hello)), 1000, noEcho],
	["7.1.5", "a close within a message", atOnce(part(h1), BYE, more(h2 + h3)), 1000, noEcho],
	["7.1.6", "256 KiB, then a close, then a ping: no more can be said than that it ends", atOnce(text("BAsd7&jh23".repeat(26215).slice(0, 256 * K)), text(hello), BYE, ping("")), null],
	["7.3.1", "an empty close", [frame(8)], "empty close"],
	["7.3.2", "a close of one byte", [frame(8, "a")], LWS("empty close")],
	["7.3.3", "a close with a code", [BYE], 1000],
	["7.3.4", "with a reason", [close(1000, "Hello World!")], 1000],
	["7.3.5", "with the longest reason", [close(1000, "*".repeat(123))], 1000],
	["7.3.6", "with one longer", [close(1000, "*".repeat(124))], 1002],
	["7.5.1", "with a reason that is no UTF-8", [close(1000, broken)], 1007],
	...[1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999].map((c, i) => [`7.7.${i + 1}`, `close code ${c}`, [close(c)], c]),
	...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((c, i) => [`7.9.${i + 1}`, `close code ${c}, which may not be sent`, [close(c)], 1002]),
	...[5000, 65535].map((c, i) => [`7.13.${i + 1}`, `close code ${c}: no more is asked for than that it ends`, [close(c)], null]),
	// 9 limits: what is sent and not heard any more is of no use, so the larger ones are as large as their head says
	...[64 * K, 256 * K, M, 4 * M, 8 * M, 16 * M].flatMap((n, i) => [[`9.1.${i + 1}`, `a text of ${n} bytes`, [text("*".repeat(n))], 1009],
		[`9.2.${i + 1}`, `a binary of ${n} bytes`, [binary(Buffer.alloc(n, 0xfe))], 1003]]),
	...times(9, (i) => 64 * 4 ** i).flatMap((n, i) => [[`9.3.${i + 1}`, `a text of 4 MiB in fragments of ${n}`, atOnce(...fragments("*".repeat(4 * M), n)), 1009],
		[`9.4.${i + 1}`, `a binary of 4 MiB in fragments of ${n}`, atOnce(...fragments(Buffer.alloc(4 * M, 0xfe), n, binary)), 1003]]),
	...times(6, (i) => 64 * 2 ** i).flatMap((n, i) => [[`9.5.${i + 1}`, `a text of 1 MiB in chops of ${n}`, chop(text("*".repeat(M)), n), 1009],
		[`9.6.${i + 1}`, `a binary of 1 MiB in chops of ${n}`, chop(binary(Buffer.alloc(M, 0xfe)), n), 1003]]),
	["10.1.1", "a text of 65536 in fragments of 1300", fragments("*".repeat(65536), 1300), 1009],
];

// 6.5 to 6.23: from Markus Kuhn's UTF-8 decoder test, in Autobahn's order.
function sequences() {
	const prefixes = times(11, (i) => word.subarray(0, i + 1).toString("hex"));
	const run = (from, to) => Buffer.from(times(to - from, (i) => [from + i, 0x20]).flat()).toString("hex");
	const short = ["c0", "e080", "f08080", "f8808080", "fc80808080", "df", "efbf", "f7bfbf", "fbbfbfbf", "fdbfbfbfbf"];
	const strange = ["f0", "f1", "f2", "f3", "f4"].flatMap((a) => ["8f", "9f", "af", "bf"].filter((b) => a === "f4" ? b === "8f" : a !== "f0" || b !== "8f")
		.flatMap((b) => [`${a}${b}bfbe`, `${a}${b}bfbf`]));
	const at = (...good) => (i) => good.includes(i), all = () => true, none = () => false;

	return [
		[["68656c6c6f24776f726c64", "68656c6c6fc2a2776f726c64", "68656c6c6fe282ac776f726c64", "68656c6c6ff0a4ada2776f726c64", word.toString("hex")], all],
		[prefixes, at(1, 4, 6, 8, 10)],
		[["00", "c280", "e0a080", "f0908080"], all],
		[["f888808080", "fc8480808080"], none],
		[["7f", "dfbf", "efbfbf", "f48fbfbf"], all],
		[["f7bfbfbf", "fbbfbfbfbf", "fdbfbfbfbfbf"], none],
		[["ed9fbf", "ee8080", "efbfbd", "f48fbfbf", "f4908080"], at(0, 1, 2, 3)],
		[["80", "bf", "80bf", "80bf80", "80bf80bf", "80bf80bf80", "80bf80bf80bf", Buffer.from(times(63, (i) => 0x80 + i)).toString("hex")], none],
		[[run(0xc0, 0xdf), run(0xe0, 0xef), run(0xf0, 0xf7), run(0xf8, 0xfb), run(0xfc, 0xfd)], none],
		[short, none],
		[[short.join("")], none],
		[["fe", "ff", "fefeffff"], none],
		[["c0af", "e080af", "f08080af", "f8808080af", "fc80808080af"], none],
		[["c1bf", "e09fbf", "f08fbfbf", "f887bfbfbf", "fc83bfbfbfbf"], none],
		[["c080", "e08080", "f0808080", "f880808080", "fc8080808080"], none],
		[["eda080", "edadbf", "edae80", "edafbf", "edb080", "edbe80", "edbfbf"], none],
		[["eda080edb080", "eda080edbfbf", "edadbfedb080", "edadbfedbfbf", "edae80edb080", "edae80edbfbf", "edafbfedb080", "edafbfedbfbf"], none],
		[["efbfbe", "efbfbf", ...strange], all],
		[["efbfb9", "efbfba", "efbfbb", "efbfbc", "efbfbd", "efbfbe", "efbfbf"], all],
	].flatMap(([list, good], i) => list.map((s, j) => [`6.${i + 5}.${j + 1}`, hex(s), good(j)]));
}

const PHOENIX = "/realtime/v1/websocket?vsn=1.0.0";
// who goes on sending what nobody reads may be cut off before the close has come through, too
const mayCut = (number, end) => end === 1002 || end === 1007 || (/^(1\.[12]\.[678]|9|10)/.test(number) && (end === 1003 || end === 1009));

await test(async (open) => {
	const house = await open({ www: false });
	await house.startFanout();
	is(cases.length, 289, "these are all cases but those that do not apply");
	for (const [number, name, pieces, end, back = {}] of cases) {
		const got = await talk(house, PHOENIX, pieces);

		ok(end === null || got.end === end || (got.end === "cut" && mayCut(number, end)), `${number} ${name}: ${end ?? "it ends"}`, `got ${got.end}`);
		if (back.pongs) is(JSON.stringify(got.pongs), JSON.stringify(back.pongs), `${number}   and its pongs`);
		if (back.echoes) is(JSON.stringify(got.echoes), JSON.stringify(back.echoes), `${number}   and its echoes`);
		// RFC 6455, 5.5.3: of several pings only the latest must be answered
		if (back.lastPong) ok(got.pongs.length && got.pongs.every((p) => /^payload-\d$/.test(p)), `${number}   with pongs of its own`, got.pongs.join());
	}
	const { head } = await talk(house, PHOENIX, [BYE], "Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n");
	ok(/^HTTP\/1.1 101/.test(head) && !/extensions/i.test(head), "12, 13: no compression is agreed to", head);

	// what /live takes: a token
	const token = JSON.stringify({ type: "token", token: house.token }), third = Math.ceil(token.length / 3);
	const [t1, t2, t3] = chop(Buffer.from(token), third), rest = [ping("after"), PONG, BYE];
	for (const [name, pieces, pongs] of [
		["whole", [text(token), ...rest], ["after"]],
		["in three fragments with a ping between", [part(t1), ping("between"), PONG, on(t2), more(t3), ...rest], ["between", "after"]],
		["octet by octet", [...octets(part(t1), on(t2), more(t3)), ...rest], ["after"]]]) {
		const got = await talk(house, "/live?types=alert", pieces);

		is(`${got.end} ${got.pongs}`, `1000 ${pongs}`, `/live: a token ${name} keeps the stream`);
	}
	for (const [name, pieces, end] of [
		["with two fragments in the wrong order", [part(t1), on(t3), more(t2)], 1008],
		["that is binary", [binary(token)], 1003],
		["that is too long", [text(token.padEnd(9000, " "))], 1009],
		["without a mask", [text(token, { masked: false }), BYE], LWS(1000)]])
		is((await talk(house, "/live?types=alert", pieces)).end, end, `/live: a token ${name}: ${end}`);
	ok((await fetch(`http://127.0.0.1:${house.livePort}/health`)).ok, "it is well after all of that");
});
