// What time it is at the gateway, to the second; undefined when it does not say.
import { request, SOON_MS } from "./request";

export async function gatewayMs(): Promise<number | undefined> {
	const answer = await request("/", { method: "HEAD" }, SOON_MS).catch(() => undefined);
	const second = Date.parse(answer?.headers.get("Date") ?? "");

	return Number.isNaN(second) ? undefined : second + 500;
}
