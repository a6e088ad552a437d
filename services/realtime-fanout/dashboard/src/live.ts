// The stream of what happens: comes back by itself, and asks for what it missed.
import { whoAmI } from "./access";
import type { Frame } from "./frames";

export type LinkState = "connecting" | "live" | "lost" | "refused";

const QUIET_MS = 25_000;   // a dead line says nothing; asking again costs little
const MOST_WAIT_MS = 10_000;

export class Live {
	private socket: WebSocket | undefined;
	private run = "";
	private seq = 0;
	private seen = "";   // the last value of a session: what comes after it is in the store
	private tries = 0;
	private heard = 0;
	private timer = 0;

	constructor(private readonly onFrame: (frame: Frame) => void,
		private readonly onState: (state: LinkState) => void) {
		addEventListener("online", () => this.open());
		setInterval(() => this.look(), 5000);
	}

	// Also when somebody has just signed in.
	open(): void {
		const scheme = location.protocol === "https:" ? "wss:" : "ws:";
		const seen = this.seen ? `&seen=${encodeURIComponent(this.seen)}` : "";
		const resume = this.run ? `?resume=${this.run}.${this.seq}${seen}` : "";

		clearTimeout(this.timer);
		this.close();
		this.onState("connecting");
		const socket = this.socket = new WebSocket(`${scheme}//${location.host}/live${resume}`);
		this.heard = performance.now();
		socket.onmessage = (event) => this.take(String(event.data));
		socket.onclose = () => this.again();
	}

	private close(): void {
		if (!this.socket) return;
		this.socket.onclose = this.socket.onmessage = null;
		this.socket.close();
		this.socket = undefined;
	}

	// Full jitter, so that a hall full of screens does not come back in step.
	private again(): void {
		const most = Math.min(MOST_WAIT_MS, 250 * 2 ** this.tries++);

		this.close();
		this.onState("lost");
		clearTimeout(this.timer);
		this.timer = window.setTimeout(() => this.open(), 50 + Math.random() * most);
		void this.askWhy();
	}

	// A browser does not tell a page why it was not let in.  Nobody waits for the answer: http-api
	// may be away, too.
	private async askWhy(): Promise<void> {
		const tries = this.tries;

		if (await whoAmI() !== null || this.tries < tries) return;
		clearTimeout(this.timer);
		this.close();
		this.onState("refused");
	}

	private look(): void {
		if (this.socket && performance.now() - this.heard > QUIET_MS) this.open();
	}

	private take(text: string): void {
		this.heard = performance.now();
		this.tries = 0;
		for (const line of text.split("\n")) {
			const frame = JSON.parse(line) as Frame;

			if (frame.type === "snapshot" || frame.type === "resumed") {
				this.run = frame.run;
				this.onState("live");
			}
			if (frame.type === "snapshot" && frame.seen) this.seen = frame.seen;
			if ((frame.type === "sample" || frame.type === "recalled") && frame.session_id)
				this.seen = `${frame.taken_us}.${frame.device_seq}.${frame.device_id}`;
			this.seq = frame.seq;
			this.onFrame(frame);
		}
	}
}
