// Who looks.  A token is handed to the gateway once, which keeps it in a cookie that no script can
// read; from then on the address alone will do.
import { asJson, request, SOON_MS } from "./request";

export interface Me { user_id: string; role: "person" | "coach" | "admin"; people: string[]; expires: number }

// The token of the link that was opened, "" without one.  It would be in every picture of the
// screen and in the history: it leaves the address at once.
export function takeToken(): string {
	const token = new URLSearchParams(location.hash.slice(1)).get("token") ?? "";

	if (token) history.replaceState(null, "", `${location.pathname}${location.search}#/`);
	return token;
}

async function post(path: string, body: object): Promise<string> {
	const answer = await request(path, asJson(body)).catch(() => undefined);
	const said = await answer?.json().catch(() => ({})) as { detail?: string } | undefined;

	if (!answer) return "The gateway cannot be reached.";
	return answer.ok ? "" : said?.detail ?? `The gateway answered ${answer.status}.`;
}

// "" when it is done, else why not.
export const signIn = (token: string): Promise<string> => post("/api/sign-in", { token: token.trim() });
export const signOut = (): Promise<string> => post("/api/sign-out", {});

// null: nobody is signed in; undefined: that cannot be told now.
export async function whoAmI(): Promise<Me | null | undefined> {
	const answer = await request("/api/me", {}, SOON_MS).catch(() => undefined);

	if (answer?.status === 401) return null;
	return answer?.ok ? await answer.json().catch(() => undefined) as Me | undefined : undefined;
}
