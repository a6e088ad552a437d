#include "services/ble-ingest/out_samples.h"

#include <errno.h>

#include "common/clock.h"
#include "common/fault.h"

#define SEND_AT_ONCE  4000
#define ENOUGH        500                  /* not worth gathering any longer */
#define RETRY_US      50000                /* local-store takes nothing now */

int
out_samples_open(struct out_samples *out, struct process *process, struct spool *spool,
		 int64_t gather_us, struct err *err)
{
	out->spool = spool;
	out->gather_us = gather_us;
	out->answered_us = clock_mono_us();
	window_init(&out->window, spool_acked(spool));
	out->link = link_open(process, "samples", LINK_OUT, err);
	return out->link ? 0 : -1;
}

void
out_samples_close(struct out_samples *out)
{
	link_close(&out->link);
}

static int
send_resume(struct out_samples *out, struct err *err)
{
	struct resume resume = {spool_id(out->spool), out->window.acked + 1};
	int sent = link_send(out->link, &msg_resume, "-", &resume, err);

	if (sent > 0)
		window_resumed(&out->window);
	return sent;
}

static int
send_next(struct out_samples *out, int64_t pos, int64_t now_us, struct err *err)
{
	union spool_out record;
	const struct message *message = spool_get(out->spool, pos, &record);
	int sent = link_send(out->link, message, record.sample.device_id, &record, err);

	if (sent > 0) {
		window_sent(&out->window, now_us);
		FAULT("ble-ingest.sent");
	}
	return sent;
}

/* When what is in the spool should go; INT64_MAX: nothing, or not before there is news. */
static int64_t
send_due_us(struct out_samples *out, int64_t now_us)
{
	int64_t head = spool_head(out->spool);

	if (!out->window.resume && !window_next(&out->window, head))
		out->send_at_us = 0;
	else if (out->retry_at_us)
		return out->retry_at_us;
	else if (out->window.resume || head - out->window.sent >= ENOUGH)
		return now_us;
	else if (!out->send_at_us)
		out->send_at_us = now_us + out->gather_us;
	return out->send_at_us ? out->send_at_us : INT64_MAX;
}

int64_t
out_samples_due_us(struct out_samples *out, int64_t now_us)
{
	int64_t send_us = send_due_us(out, now_us), late_us = window_due_us(&out->window);

	return send_us < late_us ? send_us : late_us;
}

int
out_samples_send(struct out_samples *out, struct err *err)
{
	int64_t now_us = clock_mono_us(), pos;
	int n, sent = 1;

	window_late(&out->window, now_us);
	if (send_due_us(out, now_us) > now_us)
		return 0;
	out->retry_at_us = 0;
	if (out->window.resume)
		sent = send_resume(out, err);
	for (n = 0; n < SEND_AT_ONCE && sent > 0; n++) {
		if (!(pos = window_next(&out->window, spool_head(out->spool))))
			break;
		sent = send_next(out, pos, now_us, err);
	}
	if (sent == 0)
		out->retry_at_us = now_us + RETRY_US;
	return sent < 0 ? -1 : 0;
}

int
out_samples_stored(struct out_samples *out, const struct stored *stored, struct err *err)
{
	int64_t before = out->window.acked;

	if (stored->spool != spool_id(out->spool))
		return 0;
	if (stored->upto > spool_head(out->spool))
		return err_set(err, EBADMSG, "local-store has more of this spool than is in it: was "
			       "an old copy put back? Move the spool file aside: what is in it is "
			       "stored or lost");
	FAULT("ble-ingest.heard");
	window_stored(&out->window, stored->upto, (int)stored->hole, clock_mono_us());
	spool_ack(out->spool, out->window.acked);
	FAULT("ble-ingest.marked");
	if (out->window.acked > before)
		out->answered_us = clock_mono_us();
	return 0;
}

int64_t
out_samples_waiting(const struct out_samples *out)
{
	return spool_head(out->spool) - spool_acked(out->spool);
}

int64_t
out_samples_silence_us(struct out_samples *out)
{
	int64_t now_us = clock_mono_us();

	if (!out_samples_waiting(out))
		out->answered_us = now_us;
	return now_us - out->answered_us;
}
