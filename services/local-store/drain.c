#include "services/local-store/drain.h"

#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "common/clock.h"
#include "common/fault.h"
#include "proto/records.h"
#include "services/local-store/clocks.h"
#include "services/local-store/commands.h"
#include "services/local-store/quarantine/release.h"
#include "services/local-store/retention/recall.h"
#include "services/local-store/transaction.h"

#define MAX_FRAMES  10000  /* of one link, before the others have their turn */

static void
complain(struct local_store *me, const struct err *err)
{
	if (!log_often(&me->bad_often, clock_mono_us()))
		return;
	log_warn("bad_frame", "why=\"%s\" count=%llu", err->text,
		 (unsigned long long)me->bad_often.n);
	me->bad_often.n = 0;
}

typedef int take_fn(struct local_store *me, const struct link_frame *frame, struct err *err);

/* What is there, until the transaction is full. -1 only when the store fails. */
static int
drain(struct local_store *me, struct link *link, take_fn *take, struct err *err)
{
	struct link_frame frame;
	int n, r;

	me->utc_us = clock_utc_us();
	if ((r = clocks_look(&me->life, me->utc_us, clock_mono_us(), err)) < 0)
		return -1;
	if (r && !me->begun_us)
		me->begun_us = clock_mono_us();
	for (n = 0; n < MAX_FRAMES && !transaction_is_full(me); n++) {
		r = link_recv(link, &frame, err);
		if (r < 0 && err->code != EBADMSG)
			return -1;
		if (r < 0)
			complain(me, err);
		else if (r == 0)
			break;
		else if (take(me, &frame, err) < 0)
			return -1;
		else if (!me->begun_us)
			me->begun_us = clock_mono_us();
	}
	return 0;
}

static int
take_sample(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	FAULT("local-store.received");
	return samples_take(&me->intake, &me->life, me->outbox, frame->message, frame->msg,
			    me->utc_us, err);
}

static int
take_one(struct local_store *me, const struct message *message, const void *msg, struct err *err)
{
	struct effects *fx = transaction_effects(me, msg_str(&message->fields[0], msg));

	me->n_commands++;
	if (transaction_settle(me, err) < 0 || store_begin(me->store, err) < 0)
		return -1;
	if ((message == &msg_release ? release_apply(&me->life, me->outbox, msg, me->utc_us, fx, err)
				     : commands_apply(&me->life, message, msg, me->utc_us, fx, err)) < 0)
		return -1;
	FAULT("local-store.commanded");
	me->apart |= message == &msg_misfit || message == &msg_release;
	me->n_refused += !fx->reply.ok;
	if (fx->entry && fx->arrived)
		fx->entry->n_untold++;
	else if (fx->entry)
		outbox_due(me->outbox, fx->entry);  /* which also keeps it in hand until then */
	return 0;
}

/* All of it before the next commit; what is damaged ends it, and nobody is answered. */
static int
take_pack(struct local_store *me, const struct pack *pack, struct err *err)
{
	struct records commands = {pack->commands.bytes, pack->commands.bytes + pack->commands.len};
	const struct message *message;
	_Alignas(max_align_t) char msg[RECORDS_MAX];
	int r;

	while ((r = records_next(&commands, &message, msg, err)) > 0)
		if (!strstr(message->links, "commands"))
			(void)err_set(err, EBADMSG, "pack: %s is no command", message->name), complain(me, err);
		else if (take_one(me, message, msg, err) < 0)
			return -1;
	if (r < 0)
		complain(me, err);
	return 0;
}

static int
take_command(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	return frame->message == &msg_pack ? take_pack(me, frame->msg, err)
					    : take_one(me, frame->message, frame->msg, err);
}

/* To be told once what the receipt leads to is on disk. */
static void
note_synced(struct local_store *me, const struct receipt *receipt)
{
	struct synced *synced = &me->synced[me->n_synced++];
	struct outbox_counts counts;

	outbox_counts(me->outbox, &counts);
	*synced = (struct synced){.readings = receipt->added + receipt->seen, .pending = counts.pending};
	memcpy(synced->session_id, receipt->session_id, sizeof(synced->session_id));
}

/* Of none of those that were refused something still waits. */
static void
end_refusal(struct local_store *me)
{
	struct outbox_counts counts;

	if (standing_level(&me->standing, "bundle_refused") == LEVEL_INFO)
		return;
	outbox_counts(me->outbox, &counts);
	if (!counts.refusing)
		news_warn(me->news, &me->standing, "bundle_refused", LEVEL_INFO, "bundles arrive again");
}

static int
take_receipt(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	const struct receipt *receipt = frame->msg;
	struct entry *entry;
	int known;

	if (frame->message == &msg_alert) {
		news_alert(me->news, &me->standing, frame->msg);
		return 0;
	}
	if (frame->message == &msg_hello) {
		outbox_hello(me->outbox, frame->msg);
		return 0;
	}
	/* who is let go of below must not be named by readings that wait */
	if (transaction_settle(me, err) < 0 || store_begin(me->store, err) < 0)
		return -1;
	FAULT("local-store.receipted");
	known = outbox_receipt(me->outbox, receipt, clock_mono_us(), &entry, err);
	FAULT("local-store.marked");
	if (known <= 0)
		return known;
	if (receipt->outcome == OUTCOME_REFUSED) {
		/* Postgres' own words may quote values of people */
		log_warn("bundle_refused", "session=%s sqlstate=\"%s\" why=\"%s\"", receipt->session_id,
			 receipt->sqlstate, *receipt->sqlstate ? "see the alert" : receipt->text);
		news_warn(me->news, &me->standing, "bundle_refused", LEVEL_WARN, receipt->text);
	} else {
		end_refusal(me);
		note_synced(me, receipt);
	}
	sessions_trim(me->sessions, entry->row.device_id);
	return 0;
}

static int
take_repair(struct local_store *me, const struct link_frame *frame, struct err *err)
{
	const struct repair *repair = frame->msg;
	struct entry *entry;

	if (frame->message == &msg_alert) {
		news_say(me->news, &msg_alert, ((const struct alert *)frame->msg)->name, frame->msg);
		return 0;
	}
	entry = store_load_id(me->store, me->sessions, repair->session_id, err);

	if (!entry && err->code != ENOENT)
		return -1;
	if (!entry)
		return 0;  /* not of this gateway */
	if (!me->life.room && entry->n_archived)
		return 0;  /* no room to bring it back: likewise */
	if (transaction_settle(me, err) < 0 || store_begin(me->store, err) < 0 ||
	    recall_span(&me->life, entry, repair->from_us, repair->to_us, me->utc_us, err) < 0)
		return -1;
	if (outbox_repair(me->outbox, entry, repair->from_us, repair->to_us, err) < 0)
		return err->code == ENOBUFS ? 0 : -1;  /* the auditor asks again */
	FAULT("local-store.repaired");
	return 0;
}

int
drain_samples(struct local_store *me, struct err *err)
{
	if (!me->life.room)
		return 0;  /* at its cap: the sender keeps them */
	return drain(me, me->samples, take_sample, err);
}

int
drain_commands(struct local_store *me, struct err *err)
{
	return drain(me, me->commands, take_command, err);
}

int
drain_receipts(struct local_store *me, struct err *err)
{
	return drain(me, me->receipts, take_receipt, err);
}

int
drain_repairs(struct local_store *me, struct err *err)
{
	return drain(me, me->repairs, take_repair, err);
}
