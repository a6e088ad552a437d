// What all charts share: the page's colours and type, and what lies under the lines.
import type uPlot from "uplot";
import { LIFT, LIFT_TWICE, MASK_OFF, zoneOf, type Zone } from "../rules";
import { phaseWord } from "../words";

// Asked for often: a wall draws fifty charts a second.
const known = new Map<string, string>();
let scale = 0;

export function color(name: string): string {
	let value = known.get(name);

	if (value === undefined)
		known.set(name, value = getComputedStyle(document.documentElement).getPropertyValue(name).trim());
	return value;
}

// As the page's own type: it is larger on a wall.
export const scaled = (): number =>
	scale ||= parseFloat(getComputedStyle(document.documentElement).fontSize) / 16;
export const font = (size = 11): string => `${Math.round(size * scaled())}px system-ui, "DejaVu Sans", sans-serif`;

// The theme or the size of type has changed.
export function forgetPaint(): void {
	known.clear();
	scale = 0;
}

export interface Span { from: number; to: number; phase: string | null; cycle?: number | null }
export interface Mark { at: number; text: string }
export interface Under { spans: Span[]; marks: Mark[]; gaps: { from: number; to: number }[]; subtype: string | null; words: boolean }

const FILLS: Record<string, string> = { ALTITUDE: "--fill-altitude", RECOVERY: "--fill-recovery",
	PAUSED: "--fill-other", TRANSITION: "--fill-other", WARMUP: "--fill-other" };

interface Pen { u: uPlot; c: CanvasRenderingContext2D; ratio: number }

const xOf = ({ u }: Pen, at: number): number =>
	Math.min(u.bbox.left + u.bbox.width, Math.max(u.bbox.left, u.valToPos(at, "x", true)));
const yOf = ({ u }: Pen, value: number): number =>
	Math.min(u.bbox.top + u.bbox.height, Math.max(u.bbox.top, u.valToPos(value, "spo2", true)));

function paintSpan(pen: Pen, span: Span, under: Under, isSpo2: boolean): void {
	const { u, c, ratio } = pen, left = xOf(pen, span.from), right = xOf(pen, span.to);

	if (right - left < 1) return;
	c.fillStyle = color(FILLS[span.phase ?? ""] ?? "--fill-none");
	c.fillRect(left, u.bbox.top, right - left, u.bbox.height);
	if (isSpo2) paintZone(pen, zoneOf(span.phase, under.subtype), left, right, span.phase === "ALTITUDE");
	if (!under.words || !span.phase) return;
	const name = phaseWord(span.phase), text = span.cycle ? `${name} ${span.cycle}` : name;

	c.font = font(11 * ratio);
	c.fillStyle = color("--soft");
	c.textAlign = "left";
	c.textBaseline = "top";
	if (c.measureText(text).width < right - left - 8 * ratio) c.fillText(text, left + 4 * ratio, u.bbox.top + 3 * ratio);
	else if (c.measureText(name.slice(0, 1)).width < right - left) c.fillText(name.slice(0, 1), left + 2 * ratio, u.bbox.top + 3 * ratio);
}

function line(pen: Pen, value: number, left: number, right: number, stroke: string, dash: number[]): void {
	const { c, ratio } = pen, y = Math.round(yOf(pen, value)) + 0.5;

	c.beginPath();
	c.setLineDash(dash.map((d) => d * ratio));
	c.strokeStyle = color(stroke);
	c.lineWidth = 2 * ratio;
	c.moveTo(left, y);
	c.lineTo(right, y);
	c.stroke();
}

function paintZone(pen: Pen, zone: Zone | undefined, left: number, right: number, thresholds: boolean): void {
	if (!zone) return;
	pen.c.fillStyle = color("--fill-zone");
	pen.c.fillRect(left, yOf(pen, zone.max), right - left, yOf(pen, zone.min) - yOf(pen, zone.max));
	if (!thresholds) return;
	line(pen, LIFT, left, right, "--line-lift", [6, 3]);
	line(pen, LIFT_TWICE, left, right, "--line-lift", [6, 2, 2, 2]);
	line(pen, MASK_OFF, left, right, "--line-off", [2, 2]);
}

function paintMark(pen: Pen, mark: Mark): void {
	const { u, c, ratio } = pen, x = u.valToPos(mark.at, "x", true), size = 5 * ratio;

	if (x < u.bbox.left || x > u.bbox.left + u.bbox.width) return;
	c.fillStyle = c.strokeStyle = color("--ink");
	c.setLineDash([]);
	c.lineWidth = ratio;
	c.beginPath();
	c.moveTo(x, u.bbox.top + u.bbox.height);
	c.lineTo(x, u.bbox.top + u.bbox.height * 0.85);
	c.stroke();
	c.beginPath();
	c.moveTo(x, u.bbox.top + u.bbox.height * 0.85 - size);
	c.lineTo(x + size, u.bbox.top + u.bbox.height * 0.85 + size);
	c.lineTo(x - size, u.bbox.top + u.bbox.height * 0.85 + size);
	c.fill();
}

// Where values are missing: slanted lines, so that nobody reads calm into it.
function paintGap(pen: Pen, from: number, to: number): void {
	const { u, c, ratio } = pen, left = xOf(pen, from), right = xOf(pen, to), { top, height } = u.bbox;

	if (right - left < 2) return;
	c.save();
	c.beginPath();
	c.rect(left, top, right - left, height);
	c.clip();
	c.setLineDash([]);
	c.strokeStyle = color("--edge");
	c.lineWidth = ratio;
	c.beginPath();
	for (let x = left - height; x < right; x += 9 * ratio) {
		c.moveTo(x, top + height);
		c.lineTo(x + height, top);
	}
	c.stroke();
	c.restore();
}

// A uPlot hook: before grid and lines are drawn.
export function paintUnder(u: uPlot, under: Under, isSpo2: boolean): void {
	const pen: Pen = { u, c: u.ctx, ratio: devicePixelRatio || 1 };

	u.ctx.save();
	for (const span of under.spans) paintSpan(pen, span, under, isSpo2);
	for (const gap of under.gaps) paintGap(pen, gap.from, gap.to);
	if (isSpo2) for (const mark of under.marks) paintMark(pen, mark);
	u.ctx.restore();
}
