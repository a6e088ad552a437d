// Questions that must be answered first.
import { h } from "../dom";

interface Answer { value: string; text: string }

let questions = 0;

// The value of the answer; "" when it was put away.  The last answer is the safe one and has the focus.
export function confirm(question: string, remark: string, answers: Answer[]): Promise<string> {
	const id = `question-${++questions}`, safe = answers.at(-1);
	const dialog = h("dialog", { class: "question", "aria-labelledby": id },
		h("form", { method: "dialog" }, h("h2", { id }, question), h("p", { class: "soft" }, remark),
			h("div", { class: "answers" }, ...answers.map((a) => h("button",
				{ value: a.value, class: a === safe ? "" : "strong", autofocus: a === safe }, a.text)))));

	document.body.append(dialog);
	dialog.showModal();
	return new Promise((done) => dialog.addEventListener("close", () => {
		dialog.remove();
		done(dialog.returnValue);
	}));
}

// A line of text; null when it was put away.
export function askFor(question: string, remark: string, value: string, most: number): Promise<string | null> {
	const id = `question-${++questions}`;
	const input = h("input", { type: "text", id: `${id}-text`, value, maxlength: most, autocomplete: "off", autofocus: true, "aria-labelledby": id });
	const dialog = h("dialog", { class: "question", "aria-labelledby": id },
		h("form", { method: "dialog" }, h("h2", { id }, question), input, h("p", { class: "soft" }, remark),
			h("div", { class: "answers" }, h("button", { value: "keep", class: "strong" }, "Keep"), h("button", { value: "", formnovalidate: true }, "Cancel"))));

	document.body.append(dialog);
	dialog.showModal();
	input.select();
	return new Promise((done) => dialog.addEventListener("close", () => {
		dialog.remove();
		done(dialog.returnValue === "keep" ? input.value : null);
	}));
}
