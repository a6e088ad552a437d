/* Which session children and readings belong to, by the id they name. */
#include <string.h>

#include "services/dedupe-auditor/rules/groups.h"

struct home {
	size_t group;
	const char *rule, *why;
};

static const struct home none = {.group = NOBODY};

/* A local id that is one session's, whatever rows that has. */
static struct home
home_of_local(const struct work *work, const char *session_id)
{
	size_t n, i;
	const size_t *rows = work_find_local(work, local_id_of(session_id), &n);
	struct home home = {.group = NOBODY, .rule = "by-local-id"};

	if (!n)
		return none;
	for (i = 0; i < n; i++) {
		if (home.group != NOBODY && home.group != work->rows[rows[i]].group)
			home.why = "under a local id that several sessions have";
		home.group = work->rows[rows[i]].group;
	}
	if (work->groups[home.group].stuck && !home.why)
		home.why = "under a local id of sessions that are undecided";
	if (home.why)
		home.group = NOBODY;
	return home;
}

static struct home
find_home(const struct work *work, int source, const char *session_id)
{
	size_t row = work_find(work, source, session_id);
	const char *id;

	if (!session_id)
		return (struct home){.group = NOBODY, .why = "names no session"};
	if (row != NOBODY)
		return (struct home){.group = work->rows[row].group,
				     .rule = source == LEGACY_CLOUD ? NULL : "on-phone"};
	id = follow_alias(work, session_id);
	if ((row = work_find(work, LEGACY_CLOUD, id)) != NOBODY)
		return (struct home){.group = work->rows[row].group,
				     .rule = id != session_id ? "by-alias" : "by-id"};
	return home_of_local(work, session_id);
}

static void
widen(int64_t *least, int64_t *most, int64_t from, int64_t to)
{
	if (from != MSG_NONE && (*least == MSG_NONE || from < *least))
		*least = from;
	if (to != MSG_NONE && (*most == MSG_NONE || to > *most))
		*most = to;
}

static void
add_readings(struct group *g, const struct legacy_readings *r, const char *rule)
{
	widen(&g->first_us, &g->last_us, r->first_us, r->last_us);
	if (r->source != LEGACY_CLOUD)
		return;
	legacy_figures_join(&g->kept, &r->kept);
	g->n_folds += r->n_again + r->n_twice;
	g->adopts |= rule != NULL;
}

/* Whose sessions of the cloud a phone has. */
static void
find_persons(struct work *work)
{
	const struct group *g;
	const char **person;
	size_t i;

	for (g = work->groups; g < work->groups + work->n_groups; g++)
		for (i = 0; i < g->n_rows && g->user_id; i++) {
			person = &work->persons[work->legacy->sessions[g->rows[i]].source];
			*person = *person && strcmp(*person, g->user_id) != 0 ? "" : g->user_id;
		}
}

/* A phone's row knows no person; its readings may. */
static void
add_person(struct group *g, const char *user_id)
{
	if (!g->user_id && g->canonical == NOBODY)
		g->user_id = user_id;
}

void
find_homes(struct work *work)
{
	const struct legacy *l = work->legacy;
	struct home home;
	size_t i;

	for (i = 0; i < l->n_readings; i++) {
		home = find_home(work, l->readings[i].source, l->readings[i].session_id);
		work->readings_group[i] = home.group;
		work->readings_rule[i] = home.rule;
		work->readings_why[i] = home.why;
		if (home.group == NOBODY)
			continue;
		add_readings(&work->groups[home.group], &l->readings[i], home.rule);
		add_person(&work->groups[home.group], l->readings[i].user_id);
	}
	for (i = 0; i < l->n_children; i++) {
		home = find_home(work, l->children[i].source, l->children[i].session_id);
		work->child_group[i] = home.group;
		work->child_rule[i] = home.rule;
		work->child_why[i] = home.why;
		if (home.group != NOBODY && l->children[i].table == LEGACY_SURVEYS)
			work->groups[home.group].has_post |= l->children[i].has_post;
	}
	find_persons(work);
}
