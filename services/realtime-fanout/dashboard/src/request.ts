// Every request of the page.  None is waited for without an end: a process that hangs is as little
// there as one that is away, and what it said before is not what is so now.

const LIMIT_MS = 10_000;   // http-api itself waits 8 s for Postgres

export const SOON_MS = 5000;       // what is asked again and again, and needs no Postgres
export const LONG_MS = 60_000;     // thousands of readings over a bad line

// Also of its body; rejects when nobody answers.
export function request(path: string, init: RequestInit = {}, limitMs = LIMIT_MS): Promise<Response> {
	return fetch(path, { cache: "no-store", ...init, signal: AbortSignal.timeout(limitMs) });
}

export const asJson = (body: object): RequestInit =>
	({ method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) });
