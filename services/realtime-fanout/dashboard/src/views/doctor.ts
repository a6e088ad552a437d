// What `ihht doctor` says, hop by hop: the first that is broken, what shows it, and the cure.
import type { Diagnosis, Hop } from "../api";
import { h, icon, setHidden, setText, type IconName } from "../dom";

const HOPS: Record<string, [text: string, sign: IconName]> = { device: ["Oximeters heard", "device"], spool: ["Kept until then", "wait"],
	store: ["Recorded here", "disk"], worker: ["Sent to the cloud", "cloud"], postgres: ["In the cloud", "check"], watcher: ["Shown live", "live"] };
const STATES: Record<Hop["state"], [kind: string, word: string]> =
	{ ok: ["good", "works"], note: ["wait", "works, with a remark"], broken: ["bad", "broken"], hidden: ["unknown", "not known"] };

export class DoctorWords {
	private readonly what = h("strong");
	private readonly cure = h("span");
	private readonly evidence = h("p", { class: "evidence" });
	private readonly list = h("ol", { class: "hops", "aria-label": "The way of a value" });
	private shown = "";
	// Read out when the hop or the cure is another one; figures in the evidence go on all the time.
	private readonly said = h("p", { class: "cure", role: "status", "aria-live": "polite" }, this.what, this.cure);
	readonly verdict = h("div", {}, this.said, this.evidence);
	readonly hops = h("section", { "aria-label": "Hops" }, this.list);

	// null: nobody answered
	show(diagnosis: Diagnosis | null): void {
		const first = diagnosis?.hops.find((each) => each.hop === diagnosis.first_broken);

		setText(this.what, first ? `First broken hop: ${first.hop}. ` : "");
		setText(this.cure, first ? `Cure: ${first.cure}` : "");
		setText(this.evidence, first?.evidence ?? "");
		setHidden(this.evidence, !first);
		if (JSON.stringify(diagnosis) === this.shown) return;
		this.shown = JSON.stringify(diagnosis);
		this.list.replaceChildren(...Object.keys(HOPS).map((hop) => hopItem(hop, diagnosis?.hops.find((each) => each.hop === hop))));
	}
}

function hopItem(hop: string, said: Hop | undefined): HTMLElement {
	const [text, sign] = HOPS[hop]!, [kind, word] = STATES[said?.state ?? "hidden"];

	return h("li", { "data-hop": hop, "data-kind": kind }, icon(sign), h("strong", {}, text), h("span", {}, word),
		said ? h("small", {}, said.evidence) : null, said?.state === "note" && said.cure ? h("small", {}, said.cure) : null);
}
