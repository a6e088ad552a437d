// What time it is at the gateway, to the second; undefined when it does not say.
const ASK_MS = 5000;

export async function gatewayMs(): Promise<number | undefined> {
	const answer = await fetch("/", { method: "HEAD", cache: "no-store", signal: AbortSignal.timeout(ASK_MS) }).catch(() => undefined);
	const second = Date.parse(answer?.headers.get("Date") ?? "");

	return Number.isNaN(second) ? undefined : second + 500;
}
