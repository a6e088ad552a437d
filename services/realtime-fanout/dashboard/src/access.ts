// Who looks: the token of the link that was opened, kept for this tab and its reloads.

const KEY = "ihht-token";

function read(): string {
	const given = new URLSearchParams(location.hash.replace(/^#/, "")).get("token");

	try {
		if (given) sessionStorage.setItem(KEY, given);
		return given ?? sessionStorage.getItem(KEY) ?? "";
	} catch {
		return given ?? "";
	}
}

let token = read();

// A token in the address would be in every picture of the screen.
if (new URLSearchParams(location.hash.replace(/^#/, "")).has("token"))
	history.replaceState(null, "", location.pathname + location.search + "#/");

export const accessToken = (): string => token;

export function setAccessToken(text: string): void {
	token = text.trim();
	try {
		if (token) sessionStorage.setItem(KEY, token);
		else sessionStorage.removeItem(KEY);
	} catch { /* then it holds for this visit */ }
}
