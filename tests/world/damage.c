/* What the app made of it: rows doubled, split and orphaned, in any mix. */
#include <string.h>

#include "tests/world/world.h"

#define CLOUD_MOST 3
#define IS(shape) (1u << SHAPE_##shape)

static const unsigned on_phones = IS(GOOD) | IS(TWINS) | IS(BOTH_COMPLETED) | IS(REINSTALLED) |
				  IS(CRASHED) | IS(NEAR);

/* Whose readings may be under an id that is nowhere, and can be found by their time. */
static const unsigned can_be_lost = IS(GOOD) | IS(TWINS) | IS(BOTH_COMPLETED) | IS(REINSTALLED) |
				    IS(NAMELESS_TWIN) | IS(TRAINING);

/* One true session on its way into the stores. */
struct damage {
	struct world *w;
	struct true_session *s;
	int truth;
	const char *rows[CLOUD_MOST];    /* ids in the cloud */
	int n_rows;
	int phone;                       /* source, 0: not on a phone */
	const char *phone_id;
	const char *lost_id;             /* readings' session that is nowhere; or NULL */
	const char *person;              /* as the cloud's child rows say */
};

static struct a_session *
put_session(struct damage *d, int source, const char *id, const char *local_id, int64_t later_ms)
{
	struct a_session *row = add_session(&d->w->now);
	const struct true_session *s = d->s;

	row->truth = d->truth;
	row->source = source;
	row->id = id;
	row->local_id = local_id;
	row->device = source ? NULL : s->device;
	row->user = source ? NULL : s->user;
	row->start_ms = s->start_ms + later_ms;
	row->end_ms = s->end_ms;
	row->status = s->status;
	row->created_ms = row->updated_ms = (row->start_ms + (int64_t)dice(d->w, 900)) / 1000 * 1000;
	row->cycles = chance(d->w, 70) ? 3 : MSG_NONE;
	row->hypoxic_s = 420;
	row->hyperoxic_s = 180;
	row->n = chance(d->w, 50) ? 0 : 7;
	row->duration_s = MSG_NONE;
	row->avg_spo2 = row->min_spo2 = row->max_spo2 = 95;      /* hard-coded */
	row->avg_hr = row->min_hr = row->max_hr = 72;
	return row;
}

static struct a_session *
put_cloud(struct damage *d, const char *local_id, int64_t later_ms)
{
	const char *id = a_uuid(d->w);

	d->rows[d->n_rows++] = id;
	return put_session(d, LEGACY_CLOUD, id, local_id, later_ms);
}

static void
never_ended(struct a_session *row)
{
	row->end_ms = MSG_NONE;
	row->status = SESSION_ACTIVE;
}

static int64_t
seconds(struct damage *d, int most)
{
	return (int64_t)dice(d->w, (uint64_t)most) * 1000 + (int64_t)dice(d->w, 1000);
}

static void
put_twins(struct damage *d)
{
	struct a_session *row;

	put_cloud(d, d->s->local_id, 0);
	row = put_cloud(d, d->s->local_id, seconds(d, 5));       /* D1 */
	never_ended(row);
	if (chance(d->w, 30))
		row->user = NULL;
	if (chance(d->w, 40)) {
		row = put_cloud(d, d->s->local_id, 0);           /* D3: replayed later */
		row->created_ms = row->updated_ms += 60000 + seconds(d, 3000);
		never_ended(row);
	}
}

static void
put_both_nameless(struct damage *d, int made_late)
{
	struct a_session *a = put_cloud(d, NULL, 0), *b;
	const char *user = chance(d->w, 30) ? NULL : d->s->user;
	int64_t made_ms;

	a->user = user;
	made_ms = a->created_ms;
	b = put_cloud(d, NULL, seconds(d, 9));
	b->user = chance(d->w, 50) ? NULL : user;
	b->created_ms = made_ms + (made_late ? 31000 : 0) + seconds(d, 28);
	never_ended(b);
	d->s->user = d->person = user;
}

static void
put_cloud_rows(struct damage *d)
{
	struct a_session *row;

	switch (d->s->shape) {
	case SHAPE_TWINS:
		put_twins(d);
		break;
	case SHAPE_BOTH_COMPLETED:
		put_cloud(d, d->s->local_id, 0)->end_ms -= 500;
		put_cloud(d, d->s->local_id, 0);
		break;
	case SHAPE_REINSTALLED:
		put_cloud(d, d->s->local_id, 0);
		row = put_cloud(d, d->s->local_id, seconds(d, 5));
		row->device = say(d->w, "%sX", d->s->device);
		never_ended(row);
		break;
	case SHAPE_NAMELESS_TWIN:
		row = put_cloud(d, d->s->local_id, 0);
		row->created_ms = d->s->start_ms;
		row = put_cloud(d, NULL, seconds(d, 9));
		row->created_ms = d->s->start_ms + seconds(d, 28);
		row->user = chance(d->w, 50) ? NULL : row->user;
		never_ended(row);
		break;
	case SHAPE_BOTH_NAMELESS:
	case SHAPE_MADE_LATE:
		put_both_nameless(d, d->s->shape == SHAPE_MADE_LATE);
		break;
	case SHAPE_EMPTY_TWIN:
		put_cloud(d, d->s->local_id, 0);
		row = put_cloud(d, say(d->w, "IHHT_%lld_twin", (long long)d->s->start_ms + 1),
				seconds(d, 4));
		never_ended(row);
		d->n_rows = 1;           /* nothing goes under it */
		break;
	case SHAPE_TRAINING:
		put_cloud(d, "IHHT_TRAINING", 0);
		break;
	case SHAPE_END_BEFORE_START:
		put_cloud(d, d->s->local_id, 0)->end_ms = d->s->start_ms - 100000;
		break;
	case SHAPE_TWO_PERSONS:
		put_cloud(d, d->s->local_id, 0);
		put_cloud(d, d->s->local_id, seconds(d, 5))->user = a_uuid(d->w);
		break;
	case SHAPE_TWO_DEVICES:
		put_cloud(d, d->s->local_id, 0)->user = NULL;
		put_cloud(d, d->s->local_id, 0)->device = "device_1_other";
		break;
	case SHAPE_ONLY_ON_PHONE:
		break;
	case SHAPE_GOOD:
	case SHAPE_CRASHED:
	case SHAPE_NEAR:
	case SHAPES:
		put_cloud(d, d->s->local_id, 0);
		break;
	}
}

static void
put_phone_row(struct damage *d)
{
	struct a_session *row;
	int imported = d->n_rows && chance(d->w, 20);

	d->phone_id = imported ? d->rows[dice(d->w, (uint64_t)d->n_rows)] : d->s->local_id;
	row = put_session(d, d->phone, d->phone_id, d->phone_id, 0);
	if (imported)            /* D6 */
		row->start_ms = row->end_ms = d->s->start_ms + 86400000LL * 30;
}

static int
has_own_local_id(const struct damage *d)
{
	return d->s->shape != SHAPE_BOTH_NAMELESS && d->s->shape != SHAPE_MADE_LATE &&
	       d->s->shape != SHAPE_TRAINING;
}

static struct a_reading *
put_reading(struct damage *d, const struct a_reading *truth, int source, const char *session)
{
	static const char *const phases[] = {"ALTITUDE", "HYPOXIC", "HYPEROXIC", "altitude", NULL};
	struct a_reading *r = add_reading(&d->w->now);

	*r = *truth;
	r->source = source;
	r->session = session;
	r->user = source || chance(d->w, 80) || session == d->lost_id ? d->person : NULL;
	r->phase = phases[dice(d->w, 5)];
	return r;
}

/* A row of the cloud for a reading: they follow whichever id was in the map just then. */
static const char *
cloud_home(struct damage *d, int split, size_t i)
{
	if (d->n_rows == 1)
		return d->rows[0];
	if (split == 0)          /* all under one */
		return d->rows[d->n_rows - 1];
	if (split == 1)          /* the first half here, the second there */
		return d->rows[i % 20 < 10];
	return d->rows[dice(d->w, (uint64_t)d->n_rows)];
}

static void
put_readings(struct damage *d)
{
	struct rows *truth = &d->w->truth;
	int split = (int)dice(d->w, 3), again = chance(d->w, 30) * 30, twice = chance(d->w, 20) * 40;
	int local = has_own_local_id(d) && d->w->text_ids && chance(d->w, 20) ? 30 : 0;
	int may_be_lost = !d->w->foreign_keys && (1u << d->s->shape & can_be_lost);
	int lost = may_be_lost && chance(d->w, 15) ? 30 : 0;
	int cloud = d->n_rows && (!d->phone || chance(d->w, 80)), on_phone = d->phone != 0;
	struct a_reading *r;
	size_t i;

	d->lost_id = a_uuid(d->w);
	for (i = 0; i < d->s->n_readings; i++) {
		struct a_reading *t = &truth->readings[d->s->readings + i];
		const char *home;

		if (on_phone)
			put_reading(d, t, d->phone, d->phone_id);
		if (!cloud || (on_phone && chance(d->w, 30)))
			continue;
		home = local && chance(d->w, local) ? d->s->local_id
		     : lost && chance(d->w, lost)   ? d->lost_id
						    : cloud_home(d, split, i);
		put_reading(d, t, LEGACY_CLOUD, home);
		t->reached_cloud = 1;
		if (chance(d->w, again))
			put_reading(d, t, LEGACY_CLOUD, cloud_home(d, 2, i));
		if (chance(d->w, twice)) {
			r = put_reading(d, t, LEGACY_CLOUD, home);
			r->ms += 3 + (int64_t)dice(d->w, 20);
			r->signal = MSG_NONE;
			d->s->folded_twice = 1;
		}
	}
}

static struct a_child *
put_child(struct damage *d, const struct a_child *truth, int source, const char *session)
{
	struct a_child *c = add_a_child(&d->w->now);

	*c = *truth;
	c->id = source && truth->table != LEGACY_EVENTS ? say(d->w, "%zu", d->w->now.n_children)
							: a_uuid(d->w);
	c->source = source;
	c->session = session;
	c->user = source ? NULL : d->person;
	return c;
}

static const char *
some_row(struct damage *d)
{
	if (has_own_local_id(d) && d->w->text_ids && chance(d->w, 5))
		return d->s->local_id;
	return d->rows[dice(d->w, (uint64_t)d->n_rows)];
}

static void
clear_half(struct a_child *survey, int post)
{
	static const char *const pre[] = {"clarity_pre", "energy_pre", "stress_pre"};
	static const char *const after[] = {"clarity_post", "energy_post", "stress_post",
					    "notes_post", "post_symptoms", "overall_rating"};
	size_t i;

	for (i = 0; i < (post ? 6 : 3); i++)
		set_value(survey, post ? after[i] : pre[i], NULL);
}

/* The post survey under "session_<ms of the answer>", the one before where it belongs. */
static void
put_lost_survey(struct damage *d, const struct a_child *t, int source, const char *home)
{
	int64_t at_ms = d->s->end_ms + 3000 + (int64_t)dice(d->w, 1700000);
	struct a_child *c = put_child(d, t, source, home);

	clear_half(c, 1);
	c->updated_ms = c->created_ms;
	c = put_child(d, t, source, say(d->w, "session_%lld", (long long)at_ms));
	clear_half(c, 0);
	c->created_ms = c->updated_ms = at_ms / 1000 * 1000;
	d->s->survey_lost = d->s->shape == SHAPE_NEAR;
}

static void
put_survey(struct damage *d, const struct a_child *t)
{
	int post = value_of(t, "clarity_post") != NULL, lost = post && d->s->end_ms != MSG_NONE;
	struct a_child *c;

	if (lost && d->n_rows && d->w->text_ids && d->person &&
	    (d->s->shape == SHAPE_NEAR || chance(d->w, 30))) {
		put_lost_survey(d, t, LEGACY_CLOUD, some_row(d));
		return;
	}
	if (lost && d->phone && d->s->shape != SHAPE_NEAR && chance(d->w, 30)) {
		put_lost_survey(d, t, d->phone, d->phone_id);
		return;
	}
	if (d->phone && (!d->n_rows || chance(d->w, 50))) {
		put_child(d, t, d->phone, d->phone_id);
		if (d->n_rows && chance(d->w, 40))       /* an old answer reached the cloud */
			c = put_child(d, t, LEGACY_CLOUD, some_row(d));
		else
			return;
		set_value(c, "clarity_pre", "1");
		c->updated_ms = t->updated_ms - 5000;
		return;
	}
	if (post && d->n_rows > 1 && chance(d->w, 50)) { /* one half under each twin */
		c = put_child(d, t, LEGACY_CLOUD, d->rows[0]);
		clear_half(c, 1);
		c->updated_ms = c->created_ms;
		c = put_child(d, t, LEGACY_CLOUD, d->rows[1]);
		clear_half(c, 0);
		return;
	}
	put_child(d, t, LEGACY_CLOUD, some_row(d));
}

static void
put_events(struct damage *d, const struct a_child *t)
{
	const char *spo2 = value_of(t, "spo2_value");
	int emergency = spo2 && spo2[0] == '7' && spo2[1] < '5', n, i;
	int64_t jitter;
	struct a_child *c;

	n = d->n_rows ? 1 + (int)dice(d->w, 5) : 0;
	for (i = 0; i < n; i++) {
		c = put_child(d, t, LEGACY_CLOUD, some_row(d));
		if (!i)
			continue;
		jitter = (int64_t)dice(d->w, emergency ? 200 : 600);
		set_value(c, "event_timestamp", say(d->w, "%lld", (long long)t->created_ms + jitter));
		set_value(c, "additional_data", NULL);
		c->created_ms = c->updated_ms += jitter + 1;
		if (chance(d->w, 30))
			set_value(c, "current_altitude_level", NULL);
		if (!emergency && chance(d->w, 20))
			set_value(c, "altitude_phase_number", NULL);
	}
	for (i = 0; d->phone && i < 1 + chance(d->w, 50); i++)
		put_child(d, t, d->phone, d->phone_id);
}

/* Copies say less, or were said earlier. */
static void
put_other(struct damage *d, const struct a_child *t)
{
	int on_phone = d->phone && (!d->n_rows || chance(d->w, 30));
	struct a_child *c;

	if (on_phone)
		put_child(d, t, d->phone, d->phone_id);
	if (!d->n_rows || (on_phone && chance(d->w, 40)))
		return;
	put_child(d, t, LEGACY_CLOUD, some_row(d));
	if (!chance(d->w, 40))
		return;
	c = put_child(d, t, LEGACY_CLOUD, some_row(d));
	if (t->table == LEGACY_RESPONSES) {
		c->created_ms = c->updated_ms -= 2000;
		set_value(c, "timestamp", say(d->w, "%lld", (long long)c->created_ms));
		set_value(c, "clarity", "1");
	} else if (t->table == LEGACY_PHASE_STATS) {
		set_value(c, "phase_type", value_of(t, "phase_type"));
		set_value(c, "avg_spo2", "95");
		set_value(c, "min_spo2", NULL);
	}
}

static void
put_children(struct damage *d)
{
	size_t i;

	for (i = 0; i < d->s->n_children; i++) {
		const struct a_child *t = &d->w->truth.children[d->s->children + i];

		if (t->table == LEGACY_SURVEYS)
			put_survey(d, t);
		else if (t->table == LEGACY_EVENTS)
			put_events(d, t);
		else
			put_other(d, t);
	}
}

void
damage_make(struct world *w, const struct world_size *size)
{
	struct damage d;
	size_t i;

	w->n_sources = 1 + (size->phones ? w->n_persons : 0);
	for (i = 0; i < w->n; i++) {
		d = (struct damage){.w = w, .s = &w->sessions[i], .truth = (int)i,
				    .person = w->sessions[i].user};
		put_cloud_rows(&d);
		if (size->phones && (d.s->shape == SHAPE_ONLY_ON_PHONE ||
				     ((1u << d.s->shape & on_phones) && chance(w, 50)))) {
			d.phone = d.s->person + 1;
			put_phone_row(&d);
		}
		d.s->undecided = d.s->shape >= SHAPE_TWO_PERSONS ||
				 (d.s->shape == SHAPE_EMPTY_TWIN && !w->empty_twins);
		put_readings(&d);
		put_children(&d);
	}
}
