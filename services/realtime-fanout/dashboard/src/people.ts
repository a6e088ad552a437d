// What people are called.  The pipeline knows ids only; names are the coach's own, kept in this
// browser and sent nowhere.
import { shortId } from "./words";

const KEY = "ihht-names";

function read(): Map<string, string> {
	try {
		return new Map(JSON.parse(localStorage.getItem(KEY) ?? "[]") as [string, string][]);
	} catch {
		return new Map();
	}
}

export class People {
	private readonly names = read();

	// "" takes the name away.
	call(id: string, name: string): void {
		if (name.trim()) this.names.set(id, name.trim());
		else this.names.delete(id);
		try {
			localStorage.setItem(KEY, JSON.stringify([...this.names]));
		} catch { /* then it holds for this visit */ }
	}

	given(id: string): string {
		return this.names.get(id) ?? "";
	}

	name(id: string): string {
		return this.names.get(id) ?? `Person ${shortId(id)}`;
	}
}
