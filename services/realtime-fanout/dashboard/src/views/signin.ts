// Who has no link has a token.
import { setAccessToken } from "../access";
import { h } from "../dom";
import { field, head } from "./parts";
import type { House, View } from "./view";

export class SignIn implements View {
	readonly element = h("div", { class: "narrow" });
	readonly title = "Sign in";
	private readonly token = h("textarea", { rows: 4, autocomplete: "off", spellcheck: "false", required: true });

	constructor(house: House) {
		this.element.append(head("Sign in"), h("p", {}, "Open the link you were given, or paste its token. On the gateway ",
			h("code", {}, "ihht token"), " makes one."),
		h("form", { onsubmit: (e) => {
			e.preventDefault();
			setAccessToken(this.token.value);
			house.live().open();
			house.go("#/");
		} }, field("Token", this.token), h("div", { class: "answers" }, h("button", { class: "strong big" }, "Sign in"))));
	}
}
