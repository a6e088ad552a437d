// A question that must be answered first.
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
