// realtime-fanout's WebSocket against RFC 6455, over a raw socket: a table in the numbering of the Autobahn
// test suite, as far as a server goes that never echoes.  A text that ends whole is answered by
// 1008 (it is no token), so 1008 here means: the frames were taken as they should be.  Who breaks the
// protocol may also just be cut off (RFC 6455, 7.1.7).  Where libwebsockets 4.1.6 does otherwise the
// table says LWS.
import { connect } from "node:net";
import { is, ok, test } from "./house.mjs";

const MASK = Buffer.from([0x37, 0xfa, 0x21, 0x3d]);

function frame(opcode, payload = "", { fin = true, rsv = 0, masked = true, len } = {}) {
	const body = Buffer.from(payload), n = len ?? body.length;
	const head = [(fin ? 0x80 : 0) | rsv << 4 | opcode];

	if (n < 126) head.push(n);
	else if (n < 65536) head.push(126, n >> 8, n & 255);
	else head.push(127, 0, 0, 0, 0, n >>> 24, n >> 16 & 255, n >> 8 & 255, n & 255);
	if (masked) head[1] |= 0x80;
	return Buffer.concat([Buffer.from(head), masked ? MASK : Buffer.alloc(0),
		masked ? body.map((b, i) => b ^ MASK[i % 4]) : body]);
}
const text = (s, more) => frame(1, s, more), more = (s, o) => frame(0, s, o), ping = (s, o) => frame(9, s, o);
const part = (s) => text(s, { fin: false }), close = (code, why = "") => frame(8, Buffer.concat([Buffer.from([code >> 8, code & 255]), Buffer.from(why)]));
const bytes = (...b) => Buffer.from(b);

// What the server says after the upgrade: pongs in order, and how it ends: a close code, or "cut" (no close frame).
function talk(house, pieces) {
	return new Promise((done, fail) => {
		const socket = connect(house.livePort, "127.0.0.1"), pongs = [];
		let got = Buffer.alloc(0), upgraded = false, end = "cut", heard = () => {};
		const give = async () => {
			for (const piece of pieces) {
				if (piece === PONG) await new Promise((next) => pongs.length ? next() : (heard = next));
				else socket.write(piece);
				await new Promise(setImmediate);
			}
		};

		socket.setTimeout(60_000, () => fail(new Error("no end after a minute")));
		socket.write("GET /live?types=alert HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n" +
			`Authorization: Bearer ${house.token}\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n`);
		socket.on("error", () => {});
		socket.on("close", () => done({ pongs, end }));
		socket.on("data", (data) => {
			got = Buffer.concat([got, data]);
			if (!upgraded) {
				const at = got.indexOf("\r\n\r\n");

				if (at < 0) return;
				upgraded = true;
				got = got.subarray(at + 4);
				void give();
			}
			for (;;) {
				if (got.length < 2) return;
				let n = got[1] & 127, at = 2;

				if (n === 126) { if (got.length < 4) return; n = got.readUInt16BE(2); at = 4; }
				if (n === 127) { if (got.length < 10) return; n = Number(got.readBigUInt64BE(2)); at = 10; }
				if (got.length < at + n) return;
				const opcode = got[0] & 15, body = got.subarray(at, at + n);

				if (opcode === 10) {
					pongs.push(body.toString("latin1"));
					heard();
				}
				if (opcode === 8) {
					end = n >= 2 ? body.readUInt16BE(0) : "empty close";
					socket.end();
				}
				got = got.subarray(at + n);
			}
		});
	});
}

const BYE = close(1000), TOKEN_PLEASE = 1008, PONG = "wait for a pong", LWS = (end) => end;
const broken = [bytes(0xce, 0xba, 0xe1, 0xbd, 0xb9, 0xcf, 0x83, 0xce, 0xbc, 0xce, 0xb5, 0xed, 0xa0, 0x80, 0x65, 0x64, 0x69, 0x74, 0x65, 0x64),
	bytes(0xf8, 0x88, 0x80, 0x80, 0x80), bytes(0xc0, 0xaf), bytes(0xf4, 0x90, 0x80, 0x80), bytes(0xed, 0xa0, 0x80), bytes(0x80), bytes(0xfe)];
// number, name, what is sent, how it must end, pongs
const cases = [
	["1.1.1", "an empty text", [text("")], TOKEN_PLEASE],
	["1.1.2", "a text of 125 bytes", [text("*".repeat(125))], TOKEN_PLEASE],
	["1.1.3", "of 126", [text("*".repeat(126))], TOKEN_PLEASE],
	["1.1.6", "of 4096", [text("*".repeat(4096))], TOKEN_PLEASE],
	["1.1.8", "of 4096, octet by octet", [...text("*".repeat(4096))].map((b) => bytes(b)), TOKEN_PLEASE],
	["2.1", "a ping without payload", [ping(""), PONG, BYE], 1000, [""]],
	["2.2", "a ping with text", [ping("Hello, world!"), PONG, BYE], 1000, ["Hello, world!"]],
	["2.3", "a ping with bytes that are no text", [ping(bytes(0, 255, 254, 253, 0, 255)), PONG, BYE], 1000, ["\0\xff\xfe\xfd\0\xff"]],
	["2.4", "a ping of 125", [ping("x".repeat(125)), PONG, BYE], 1000, ["x".repeat(125)]],
	["2.5", "a ping of 126", [ping("x".repeat(126))], 1002],
	["2.6", "a ping of 125, octet by octet", [...[...ping("x".repeat(125))].map((b) => bytes(b)), PONG, BYE], 1000, ["x".repeat(125)]],
	["2.7", "a pong nobody asked for", [frame(10, ""), BYE], 1000, []],
	["2.8", "such a pong with payload", [frame(10, "unsolicited"), BYE], 1000, []],
	["2.9", "such a pong, then a ping", [frame(10, "unsolicited"), ping("p"), PONG, BYE], 1000, ["p"]],
	["2.10", "ten pings at once, of which one must be answered", [Buffer.concat([...Array(10).keys()].map((i) => ping(`p${i}`))), PONG, BYE], 1000],
	["3.1", "RSV 1", [text("x", { rsv: 1 })], 1002],
	["3.2", "RSV 2", [text("x", { rsv: 2 })], 1002],
	["3.4", "RSV 4", [text("x", { rsv: 4 })], 1002],
	["3.5", "RSV 5 in a binary", [frame(2, "x", { rsv: 5 })], 1002],
	["3.6", "RSV 6 in a ping", [ping("x", { rsv: 6 })], 1002],
	["3.7", "RSV 7 in a close", [frame(8, "", { rsv: 7 })], 1002],
	...[3, 4, 5, 6, 7].map((o, i) => [`4.1.${i + 1}`, `opcode ${o}`, [frame(o, "x")], 1002]),
	...[11, 12, 13, 14, 15].map((o, i) => [`4.2.${i + 1}`, `control opcode ${o}`, [frame(o, "x")], 1002]),
	["5.1", "a ping in two fragments", [ping("a", { fin: false }), more("b")], 1002],
	["5.2", "a pong in two fragments", [frame(10, "a", { fin: false }), more("b")], 1002],
	["5.3", "a text in two fragments", [part("a"), more("b")], TOKEN_PLEASE],
	["5.6", "with a ping between", [part("a"), ping("p"), PONG, more("b")], TOKEN_PLEASE, ["p"]],
	["5.9", "a continuation of nothing", [more("a", { fin: false }), text("b")], 1002],
	["5.10", "a last one of nothing", [more("a")], 1002],
	["5.15", "a continuation after the end", [part("a"), more("b"), more("c")], TOKEN_PLEASE],
	["5.18", "a text within a text", [part("a"), text("b")], 1002],
	["6.1.1", "an empty text in three fragments", [part(""), more("", { fin: false }), more("")], TOKEN_PLEASE],
	["6.2.1", "UTF-8", [text("Hello-µ@ßöäüàá-UTF-8!!")], TOKEN_PLEASE],
	["6.2.3", "UTF-8, octet by octet", [...text("κόσμε")].map((b) => bytes(b)), TOKEN_PLEASE],
	...broken.map((b, i) => [`6.${i + 3}`, `broken UTF-8 ${b.toString("hex")}`, [text(b)], 1007]),
	["7.1.1", "a close", [BYE], 1000],
	["7.1.2", "two closes", [Buffer.concat([BYE, BYE])], 1000],
	["7.1.3", "a ping after the close", [Buffer.concat([BYE, ping("late")])], 1000, []],
	["7.3.1", "an empty close", [frame(8, "")], "empty close"],
	["7.3.2", "a close of one byte", [frame(8, "x")], LWS("empty close")],
	["7.3.4", "a close with a reason", [close(1000, "Hello World!")], 1000],
	["7.3.5", "with the longest reason", [close(1000, "x".repeat(123))], 1000],
	["7.3.6", "with one longer", [close(1000, "x".repeat(124))], 1002],
	["7.5.1", "with a reason that is no UTF-8", [close(1000, broken[0])], 1007],
	...[1000, 1001, 1002, 1003, 1007, 1011, 3000, 3999, 4000, 4999].map((c, i) => [`7.7.${i + 1}`, `close code ${c}`, [close(c)], c]),
	...[0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999].map((c, i) => [`7.9.${i + 1}`, `close code ${c}, which may not be sent`, [close(c)], 1002]),
	["9.1.1", "a text of 64 KiB, more than a token may have", [text("*".repeat(65536))], 1009],
	["9.1.6", "the head of a text of 2 GiB", [text("x", { len: 0x7fffffff }), Buffer.alloc(65536).map((_, i) => 0x79 ^ MASK[(i + 1) % 4])], 1009],
	["10.1", "a frame without a mask", [text("x", { masked: false })], LWS(1008)],
];

await test(async (open) => {
	const house = await open({ www: false });
	await house.startFanout();
	for (const [number, name, pieces, end, pongs] of cases) {
		const got = await talk(house, pieces);

		ok(got.end === end || (got.end === "cut" && (end === 1002 || end === 1007)), `${number} ${name}: ${end}`, `got ${got.end}`);
		if (pongs) is(JSON.stringify(got.pongs), JSON.stringify(pongs), `${number}   and its pongs`);
	}
	ok((await fetch(`http://127.0.0.1:${house.livePort}/health`)).ok, "it is well after all of that");
});
