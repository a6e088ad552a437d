// What a chart shows: its own pixels, of the line in the page's colour of that name.

// For each column of the plot the lowest row of the line, 0 (top) to 1; null where there is none.
export const lineOf = (chart, name = "--spo2") => chart.evaluate((e, colour) => {
	const canvas = e.querySelector("canvas"), over = e.querySelector(".u-over");

	if (!over) return [null];   // not drawn yet
	const wanted = getComputedStyle(document.documentElement).getPropertyValue(colour).trim();
	const rgb = [1, 3, 5].map((i) => parseInt(wanted.slice(i, i + 2), 16));
	const all = canvas.getBoundingClientRect(), plot = over.getBoundingClientRect(), scale = canvas.width / all.width;
	const [left, top, width, height] = [plot.left - all.left, plot.top - all.top, plot.width, plot.height].map((x) => Math.round(x * scale));
	const { data } = canvas.getContext("2d").getImageData(left, top, width, height);

	return Array.from({ length: width }, (_, x) => {
		for (let y = height - 1; y >= 0; y--)
			if (rgb.every((c, i) => Math.abs(data[(y * width + x) * 4 + i] - c) < 30)) return y / height;
		return null;
	});
}, name);

// Where the line is interrupted, as shares of the plot's width; a few columns more or less are the pen's.
export function breaksOf(line) {
	const found = [], there = line.flatMap((y, x) => y === null ? [] : [x]);

	there.forEach((x, i) => {
		const length = (x - there[i - 1] - 1) / line.length;

		if (i && length > 0.02) found.push(length);
	});
	return found;
}

// How much of the plot's width has a line.
export const shareOf = (line) => line.filter((y) => y !== null).length / line.length;

// The stretches of columns that have a line: [[from, to], ...].
export function runsOf(line) {
	const runs = [];

	line.forEach((y, x) => {
		if (y === null) return;
		if (runs.at(-1)?.[1] === x - 1) runs.at(-1)[1] = x;
		else runs.push([x, x]);
	});
	return runs;
}
