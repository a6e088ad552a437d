// What the charts have drawn: each call of the 2D context since the picture was wiped last.
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
