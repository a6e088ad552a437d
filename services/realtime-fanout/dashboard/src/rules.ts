// What a value of SpO2 asks for: target zones, the mask-lift thresholds and what follows from them.
// The order of the rules is the adaptive engine's: emergency, first lift, second lift, cool-down.

export const LIFT = 83;
export const LIFT_TWICE = 80;
export const MASK_OFF = 75;
const COOLDOWN_S = 15;

// As fine as oximeters tell it, and as it is shown: a number and what it asks for never disagree.
export const tenth = (spo2: number | null): number | null => spo2 === null ? null : Math.round(spo2 * 10) / 10;

export interface Zone { readonly min: number; readonly max: number }

const CALIBRATION: Zone = { min: 88, max: 93 };
const TRAINING: Zone = { min: 85, max: 90 };
const RECOVERY: Zone = { min: 95, max: 100 };

export function zoneOf(phase: string | null | undefined, subtype: string | null | undefined): Zone | undefined {
	if (phase === "ALTITUDE") return subtype === "calibration" ? CALIBRATION : TRAINING;
	return phase === "RECOVERY" ? RECOVERY : undefined;
}

export type Advice = "none" | "in" | "above" | "below" | "lift" | "lift_twice" | "mask_off";

// One altitude phase as the engine would see it; a new phase is a new Guide.
export class Guide {
	private liftS: number | undefined;
	private twice = false;
	private now: Advice = "none";

	take(atS: number, spo2: number | null): void {
		if (spo2 === null) return;
		if (spo2 < MASK_OFF) {
			this.now = "mask_off";
			return;
		}
		// also when the clock was set back: a lift too many is told rather than one too few
		if (this.liftS !== undefined && Math.abs(atS - this.liftS) >= COOLDOWN_S) {
			this.liftS = undefined;
			this.twice = false;
		}
		if (this.liftS === undefined && spo2 <= LIFT) this.liftS = atS;
		else if (this.liftS !== undefined && !this.twice && spo2 <= LIFT_TWICE) {
			this.liftS = atS;
			this.twice = true;
		}
		this.now = this.liftS === undefined || spo2 > LIFT ? "none" : this.twice ? "lift_twice" : "lift";
	}

	get advice(): Advice { return this.now; }
}

// What the latest value means in its phase.
export function judge(guide: Guide | undefined, zone: Zone | undefined, spo2: number | null): Advice {
	if (spo2 === null || !zone) return "none";
	if (guide && guide.advice !== "none") return guide.advice;
	return spo2 > zone.max ? "above" : spo2 < zone.min ? "below" : "in";
}
