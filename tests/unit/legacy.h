/*
 * legacy - old data in a few words, and plans as text, for the tests of the rules
 *
 * Times are seconds after T0.  A plan is one line an entry:
 *	merge same-local-id a: b
 *	adopt by-local-id readings a: IHHT_1754000000000_abc
 *	fold copies session_surveys a: s2 s1*          (* stays)
 *	settle settle a: status=completed start=0 end=600 user=u local=...
 *	recompute recount a
 *	leave same-start sessions: b c
 */
#ifndef TEST_LEGACY_H
#define TEST_LEGACY_H

#include "services/dedupe-auditor/rules/rules.h"
#include "tests/unit/test.h"

#define T0_MS 1754000000000LL                    /* 2025-07-31T22:13:20Z */
#define AT(s) ((int64_t)((T0_MS + (int64_t)((s) * 1000)) * 1000))

static struct legacy legacy;
static struct rules_options options;

/* A completed session of 600 s on device d, of person u, made 1 s after its start. */
__attribute__((unused)) static struct legacy_session *
cloud(const char *id, const char *local_id, double start_s)
{
	struct legacy_session *s = legacy_add_session(&legacy);

	s->id = legacy_text(&legacy, id);
	s->local_id = legacy_text(&legacy, local_id);
	s->device_id = legacy_text(&legacy, "d");
	s->user_id = legacy_text(&legacy, "u");
	s->start_us = AT(start_s);
	s->end_us = AT(start_s + 600);
	s->created_us = s->updated_us = AT(start_s + 1);
	s->status = SESSION_COMPLETED;
	return s;
}

/* The same, still active. */
__attribute__((unused)) static struct legacy_session *
open_cloud(const char *id, const char *local_id, double start_s)
{
	struct legacy_session *s = cloud(id, local_id, start_s);

	s->end_us = MSG_NONE;
	s->status = SESSION_ACTIVE;
	return s;
}

__attribute__((unused)) static struct legacy_session *
phone(int source, const char *id, double start_s)
{
	struct legacy_session *s = cloud(id, id, start_s);

	s->source = source;
	s->device_id = s->user_id = NULL;
	return s;
}

/* n readings, one a second, all of 95 % and 60. */
__attribute__((unused)) static struct legacy_readings *
readings(int source, const char *session_id, double from_s, int n)
{
	struct legacy_readings *r = legacy_add_readings(&legacy);
	int i;

	r->source = source;
	r->session_id = legacy_text(&legacy, session_id);
	r->user_id = legacy_text(&legacy, "u");
	r->first_us = AT(from_s);
	r->last_us = AT(from_s + n - 1);
	r->n = n;
	for (i = 0; i < n; i++)
		legacy_figures_add(&r->kept, 95, 60);
	return r;
}

/* The session's row says what `n` such readings amount to. */
__attribute__((unused)) static void
states(struct legacy_session *s, int n)
{
	s->stated_n = n;
	s->stated_avg_spo2 = s->stated_min_spo2 = s->stated_max_spo2 = 95;
	s->stated_avg_heart_rate = s->stated_min_heart_rate = s->stated_max_heart_rate = 60;
}

__attribute__((unused)) static struct legacy_child *
add_child(enum legacy_table table, int source, const char *id, const char *session_id,
	  double made_s)
{
	struct legacy_child *c = legacy_add_child(&legacy);

	c->table = table;
	c->source = source;
	c->id = legacy_text(&legacy, id);
	c->session_id = legacy_text(&legacy, session_id);
	c->created_us = c->updated_us = AT(made_s);
	c->set = 1;
	return c;
}

__attribute__((unused)) static const char *
plan_text(const struct plan *plan, char *text, size_t size)
{
	const struct entry *e;
	const struct settled *d;
	size_t n = 0, i;

	text[0] = 0;
#define SAY(...) n += (size_t)snprintf(text + n, n < size ? size - n : 0, __VA_ARGS__)
	for (e = plan->entries; e < plan->entries + plan->n && n < size; e++) {
		SAY("%s %s", entry_kind_text(e->kind), e->rule);
		if (e->kind == ENTRY_ADOPT || e->kind == ENTRY_FOLD || e->kind == ENTRY_LEAVE)
			SAY(" %s", legacy_table_name(e->table));
		if (e->session)
			SAY(" %s", e->session);
		d = &e->settled;
		if (e->kind == ENTRY_MERGE || e->kind == ENTRY_ADOPT || e->kind == ENTRY_FOLD ||
		    e->kind == ENTRY_LEAVE) {
			SAY(":");
			for (i = 0; i < e->n_members; i++)
				SAY(" %s%s", e->members[i],
				    e->kind == ENTRY_FOLD && e->table != LEGACY_READINGS &&
				    i == e->keep ? "*" : "");
		}
		if (e->kind == ENTRY_SETTLE) {
			SAY(":");
			if (d->which & SETTLE_STATUS)
				SAY(" status=%s", words_text(&words_session_status, d->status));
			if (d->which & SETTLE_START)
				SAY(" start=%g", (double)(d->start_us - AT(0)) / 1e6);
			if (d->which & SETTLE_END && d->end_us == MSG_NONE)
				SAY(" end=null");
			else if (d->which & SETTLE_END)
				SAY(" end=%g", (double)(d->end_us - AT(0)) / 1e6);
			if (d->which & SETTLE_USER)
				SAY(" user=%s", d->user_id);
			if (d->which & SETTLE_LOCAL)
				SAY(" local=%s", d->local_id);
		}
		SAY("\n");
	}
#undef SAY
	return text;
}

/* Plans what was said since the last call, and forgets it. */
__attribute__((unused)) static int
check_plan(const char *want, const char *why, const char *file, int line)
{
	static char text[8192];
	struct plan plan = {0};
	int r;

	rules_plan(&legacy, &options, &plan);
	r = test_str(plan_text(&plan, text, sizeof(text)), want, file, line, "the plan");
	if (why && plan.n)
		r &= test_has(plan.entries[plan.n - 1].why, why, file, line, "the last reason");
	plan_clear(&plan);
	legacy_clear(&legacy);
	options = (struct rules_options){.now_us = MSG_NONE, .abandon_us = MSG_NONE};
	return r;
}
#define is_plan(want)          check_plan(want, NULL, __FILE__, __LINE__)
#define is_plan_why(want, why) check_plan(want, why, __FILE__, __LINE__)

/* At the start of main(). */
#define LEGACY_TEST() \
	(options = (struct rules_options){.now_us = MSG_NONE, .abandon_us = MSG_NONE})

#endif
