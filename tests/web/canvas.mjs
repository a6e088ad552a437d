// What the charts have drawn: each call of the 2D context since the picture was wiped last, and where
// a line of some colour is.
export const recordCanvas = (page) => page.addInitScript(() => {
	const real = { ...Object.fromEntries(["clearRect", "beginPath", "moveTo", "lineTo", "stroke", "fill", "fillRect", "fillText"]
		.map((name) => [name, CanvasRenderingContext2D.prototype[name]])) };
	const drawn = window.drawn = new Map();
	let path = [];
	const note = (context, op, more) => drawn.get(context.canvas)?.push({ op, stroke: context.strokeStyle, fill: context.fillStyle, ...more });
	const replace = (name, before) => {
		CanvasRenderingContext2D.prototype[name] = function (...args) {
			before(this, args);
			return real[name].apply(this, args);
		};
	};

	replace("clearRect", (c) => drawn.set(c.canvas, []));
	replace("beginPath", () => { path = []; });
	for (const name of ["moveTo", "lineTo"]) replace(name, (_c, [x, y]) => path.push([x, y]));
	replace("stroke", (c, [whole]) => whole || note(c, "stroke", { path, dash: c.getLineDash() }));
	replace("fill", (c, [whole]) => whole || note(c, "fill", { path }));
	replace("fillRect", (c, [x, y, w, h]) => note(c, "rect", { x, y, w, h }));
	replace("fillText", (c, [text, x, y]) => note(c, "text", { text, x, y }));
});

// Colours are named as the page's style names them.
export const drawnOn = (page, selector) => page.evaluate((which) => {
	const c = document.createElement("canvas").getContext("2d"), style = getComputedStyle(document.documentElement);
	const names = new Map(["--fill-altitude", "--fill-recovery", "--fill-zone", "--line-lift", "--line-off", "--ink", "--edge"].map((name) => {
		c.fillStyle = style.getPropertyValue(name).trim();
		return [c.fillStyle, name];
	}));

	return window.drawn.get(document.querySelector(which)).map((d) => ({ ...d, stroke: names.get(d.stroke) ?? d.stroke, fill: names.get(d.fill) ?? d.fill }));
}, selector);

// The columns of pixels that have a line of the colour: [[from, to], ...].
export const lineAt = (page, selector, name) => page.evaluate(([which, color]) => {
	const canvas = document.querySelector(which), { width, height } = canvas, c = canvas.getContext("2d");
	const probe = document.createElement("canvas").getContext("2d", { willReadFrequently: true });
	probe.fillStyle = getComputedStyle(document.documentElement).getPropertyValue(color).trim();
	probe.fillRect(0, 0, 1, 1);
	const [r, g, b] = probe.getImageData(0, 0, 1, 1).data, left = Math.round(60 * devicePixelRatio), all = c.getImageData(0, 0, width, height).data;
	const is = (i) => Math.abs(all[i] - r) + Math.abs(all[i + 1] - g) + Math.abs(all[i + 2] - b) < 40 && all[i + 3] > 100;
	const runs = [];

	for (let x = left; x < width; x++) {
		let has = false;

		for (let y = 0; y < height && !has; y++) has = is(4 * (y * width + x));
		if (has && runs.at(-1)?.[1] === x - 1) runs.at(-1)[1] = x;
		else if (has) runs.push([x, x]);
	}
	return runs;
}, [selector, name]);
