// A peer of realtime-fanout for 67-few-watchers.sh: the `ws` of Node sends on to all what one says.
//	node peer.mjs PORT
import { createRequire } from "node:module";

const { WebSocket, WebSocketServer } = createRequire(new URL("../web/package.json", import.meta.url))("ws");
const server = new WebSocketServer({ host: "127.0.0.1", port: Number(process.argv[2]), perMessageDeflate: false });

server.on("connection", (socket) => {
	socket.on("message", (data) => {
		for (const each of server.clients) if (each.readyState === WebSocket.OPEN) each.send(data, { binary: false });
	});
	socket.on("error", () => {});
});
