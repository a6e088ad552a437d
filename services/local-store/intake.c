#include "services/local-store/intake.h"

enum verdict
intake_pos(struct heard *heard, int64_t pos)
{
	if (heard->known && pos <= heard->upto) {
		heard->touched = true;
		return INTAKE_SEEN;
	}
	if (!heard->known || pos != heard->upto + 1) {
		heard->hole = !heard->told;
		heard->touched |= heard->hole;
		return INTAKE_HOLE;
	}
	heard->upto = pos;
	heard->hole = heard->told = false;
	heard->touched = true;
	return INTAKE_NEW;
}

void
intake_told(struct heard *heard)
{
	heard->saved = heard->upto;
	heard->told |= heard->hole;
	heard->hole = heard->touched = false;
}

int64_t
intake_resume(struct heard *heard, int64_t from)
{
	int64_t skipped = heard->known && from > heard->upto + 1 ? from - heard->upto - 1 : 0;

	if (!heard->known || skipped)
		heard->upto = from - 1;
	heard->known = heard->touched = true;
	heard->hole = heard->told = false;
	return skipped;
}

void
intake_reading(const struct sample *sample, const struct entry *entry, int64_t us,
	       struct reading *reading)
{
	struct span span = entry_span_at(entry, us);

	*reading = (struct reading){
		.taken_us = sample->taken_us,
		.epoch = sample->epoch,
		.seq = sample->seq,
		.device_us = sample->device_us,
		.spo2 = sample->spo2,
		.heart_rate = sample->heart_rate,
		.perfusion_index = sample->perfusion_index,
		.motion = sample->motion,
		.signal_strength = sample->signal_strength,
		.battery = sample->battery,
		.status = sample->status,
		.invalid = sample->invalid,
		.data_source = sample->data_source,
		.phase_type = span.phase,
		.cycle_number = span.cycle,
		.altitude_level = span.altitude_level,
		.rr = sample->rr,
	};
}
