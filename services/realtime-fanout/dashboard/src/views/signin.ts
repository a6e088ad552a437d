// Who has no link has a token.
import { signIn } from "../access";
import { h, setHidden } from "../dom";
import { field, head } from "./parts";
import type { House, View } from "./view";

export class SignIn implements View {
	readonly element = h("div", { class: "narrow" });
	readonly title = "Sign in";
	private readonly token = h("textarea", { rows: 4, autocomplete: "off", spellcheck: "false", required: true });

	private readonly wrong = h("p", { class: "wrong", role: "alert", hidden: true });

	constructor(private readonly house: House) {
		this.element.append(head("Sign in"), h("p", {}, "Open the link you were given, or paste its token. On the gateway ",
			h("code", {}, "ihht token"), " makes one."),
		h("form", { onsubmit: (e) => {
			e.preventDefault();
			void this.enter();
		} }, field("Token", this.token), this.wrong, h("div", { class: "answers" }, h("button", { class: "strong big" }, "Sign in"))));
	}

	private async enter(): Promise<void> {
		const why = await signIn(this.token.value);

		this.wrong.textContent = why;
		setHidden(this.wrong, !why);
		if (why) return;
		this.house.enter();
		this.house.go("#/");
	}
}
