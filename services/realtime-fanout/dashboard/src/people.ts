// What people are called.
import { shortId } from "./words";

export class People {
	private readonly names = new Map<string, string>();

	set(id: string, name: string | null | undefined): void {
		if (name) this.names.set(id, name);
	}

	name(id: string): string {
		return this.names.get(id) ?? `Person ${shortId(id)}`;
	}
}
