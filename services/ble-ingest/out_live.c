#include "services/ble-ingest/out_live.h"

#include <string.h>

#include "common/log.h"

int
out_live_open(struct out_live *live, struct process *process, const struct spool *spool,
	      struct err *err)
{
	live->pos = spool_head(spool);
	live->link = link_open(process, "live", LINK_OUT, err);
	return live->link ? 0 : -1;
}

void
out_live_close(struct out_live *live)
{
	link_close(&live->link);
}

static void
greet_devices(struct out_live *live, const struct inflow *inflow)
{
	const struct device *device;
	unsigned i;

	for (i = 0; i < inflow_devices(inflow); i++)
		if ((device = inflow_device(inflow, i)))
			out_live_device(live, device);
}

void
out_live_greet(struct out_live *live, const struct source *source, void *self,
	       const struct inflow *inflow)
{
	char prefix[256];
	int about_devices = 0, about_raw = 0, left;

	while (link_audience(live->link, prefix, sizeof(prefix), &left)) {
		about_raw |= askers_take(&live->askers, prefix, left);
		if (left)
			continue;
		live->is_watched = 1;
		about_devices |= !*prefix || !strncmp(prefix, "device/", 7);
	}
	if (about_raw && source->tell_raw)
		source->tell_raw(self, askers_any(&live->askers));
	if (about_devices)
		greet_devices(live, inflow);
}

void
out_live_device(struct out_live *live, const struct device *device)
{
	struct err err;

	if (live->is_watched &&
	    link_send(live->link, &msg_device, device->device_id, device, &err) < 0)
		log_warn("not_shown", "why=\"%s\"", err.text);
}

void
out_live_raw(struct out_live *live, const struct raw *raw)
{
	struct err err;

	if (link_send(live->link, &msg_raw, raw->device_id, raw, &err) < 0)
		log_warn("not_shown", "why=\"%s\"", err.text);
}

int
out_live_show(struct out_live *live, struct spool *spool, struct err *err)
{
	int64_t head = spool_head(spool);
	const struct message *message;
	union spool_out out;

	if (!live->is_watched)
		live->pos = head;
	while (live->pos < head) {
		message = spool_get(spool, ++live->pos, &out);
		if (link_send(live->link, message, out.sample.device_id, &out, err) < 0)
			return -1;
		live->n_sent++;
	}
	return 0;
}
