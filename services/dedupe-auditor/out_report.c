#include "services/dedupe-auditor/out_report.h"

#include <jansson.h>
#include <string.h>
#include <uuid/uuid.h>

#include "common/clock.h"

static const char *const verdicts[] = {"equal", "pending", "quarantined", "different"};

/* "spo2, heart_rate" */
static const char *
columns_text(uint32_t columns, char *text, size_t size)
{
	const char *name;
	size_t n = 0;
	unsigned i;

	*text = 0;
	for (i = 0; (name = digest_column(i)) && n < size; i++)
		if (columns & 1u << i)
			n += (size_t)snprintf(text + n, size - n, "%s%s", n ? ", " : "", name);
	return text;
}

/* ---- for people */

static void
print_range(FILE *to, enum difference d, const struct range *r)
{
	char from[CLOCK_TEXT], until[CLOCK_TEXT], columns[300];

	(void)fprintf(to, "    %-8s %llu reading%s, %s to %s", difference_text(d),
		      (unsigned long long)r->count, r->count == 1 ? "" : "s",
		      clock_text(r->from_us, from), clock_text(r->to_us, until));
	if (r->columns)
		(void)fprintf(to, ", in %s", columns_text(r->columns, columns, sizeof(columns)));
	(void)fputc('\n', to);
}

static void
print_finding(FILE *to, const struct finding *f)
{
	uint64_t more = 0;
	unsigned i;
	int d;

	for (d = 0; d < N_DIFFERENCES; d++)
		for (i = 0; i < f->n_ranges[d]; i++)
			print_range(to, (enum difference)d, &f->ranges[d][i]);
	for (i = 0; i < f->n_record_notes; i++)
		(void)fprintf(to, "    %-8s %s\n", difference_text(f->records[i].difference),
			      f->records[i].key);
	for (d = 0; d < N_DIFFERENCES; d++)
		more += f->n_records[d];
	if (more > f->n_record_notes)
		(void)fprintf(to, "    and %llu records more\n",
			      (unsigned long long)(more - f->n_record_notes));
	if (f->n_wrong)
		(void)fprintf(to, "    wrong    %s%s\n", f->wrong,
			      f->n_wrong > 1 ? "; and more of that kind" : "");
}

static void
print_session(FILE *to, const struct audited *a)
{
	char id[37], at[CLOCK_TEXT] = "-";
	enum verdict verdict = audited_verdict(a);

	uuid_unparse_lower(a->id, id);
	if (a->no) {
		(void)clock_text(a->start_us, at);
		at[19] = 0;  /* to the second */
	}
	(void)fprintf(to, "%s  %-19s  %9llu  %9llu  %s", id, at,
		      (unsigned long long)a->local.count, (unsigned long long)a->cloud.count,
		      verdicts[verdict]);
	if (verdict == PENDING && audited_pending(a))
		(void)fprintf(to, " %llu", (unsigned long long)audited_pending(a));
	(void)fputc('\n', to);
	if (verdict == DIFFERENT)
		print_finding(to, a->finding);
	if (a->finding && a->finding->quarantined)
		(void)fprintf(to, "    %llu in quarantine: ihht quarantine list\n",
			      (unsigned long long)a->finding->quarantined);
	if (a->finding && a->finding->dropped)
		(void)fprintf(to, "    %llu dropped from quarantine, on record\n",
			      (unsigned long long)a->finding->dropped);
}

void
report_table(FILE *to, const struct audit *audit)
{
	const struct list *list = &audit->sessions;
	const struct audited *a;

	if (list->n)
		(void)fprintf(to, "%-36s  %-19s  %9s  %9s  %s\n", "SESSION", "STARTED (UTC)", "SQLITE",
			      "POSTGRES", "VERDICT");
	for (a = list->items; a < list->items + list->n; a++)
		print_session(to, a);
	if (audit->n_wrong)
		(void)fprintf(to, "wrong: %s%s\n", audit->wrong,
			      audit->n_wrong > 1 ? "; and more of that kind" : "");
	(void)fprintf(to, "%zu session%s: %llu equal, %llu pending, %llu different", list->n,
		      list->n == 1 ? "" : "s", (unsigned long long)audit->n_sessions[EQUAL],
		      (unsigned long long)audit->n_sessions[PENDING],
		      (unsigned long long)audit->n_sessions[DIFFERENT]);
	if (audit->n_quarantined)
		(void)fprintf(to, "; in quarantine: %llu", (unsigned long long)audit->n_quarantined);
	(void)fputc('\n', to);
}

/* ---- as JSON */

static json_t *
number(uint64_t n)
{
	return json_integer((json_int_t)n);
}

static json_t *
ranges_json(const struct finding *f)
{
	json_t *array = json_array(), *item;
	const struct range *r;
	char columns[300];
	unsigned i;
	int d;

	for (d = 0; d < N_DIFFERENCES; d++)
		for (i = 0; i < f->n_ranges[d]; i++) {
			r = &f->ranges[d][i];
			item = json_pack("{s:s, s:o, s:o, s:o}", "what",
					 difference_text((enum difference)d), "from_us",
					 json_integer(r->from_us), "to_us",
					 json_integer(r->to_us), "count", number(r->count));
			if (r->columns)
				json_object_set_new(item, "columns", json_string(columns_text(
					r->columns, columns, sizeof(columns))));
			json_array_append_new(array, item);
		}
	return array;
}

static void
add_finding(json_t *to, const struct finding *f)
{
	json_t *records = json_array();
	unsigned i;
	int d;

	for (d = 0; d < N_DIFFERENCES; d++)
		json_object_set_new(to, difference_text((enum difference)d), number(f->n[d]));
	json_object_set_new(to, "ranges", ranges_json(f));
	for (i = 0; i < f->n_record_notes; i++)
		json_array_append_new(records, json_pack("{s:s, s:s}", "what",
			difference_text(f->records[i].difference), "record", f->records[i].key));
	json_object_set_new(to, "records", records);
	json_object_set_new(to, "records_pending", number(f->pending_records));
	json_object_set_new(to, "in_quarantine", number(f->quarantined));
	json_object_set_new(to, "dropped", number(f->dropped));
	if (f->n_wrong)
		json_object_set_new(to, "wrong", json_string(f->wrong));
}

static json_t *
session_json(const struct audited *a)
{
	char id[37], sqlite[DIGEST_TEXT], postgres[DIGEST_TEXT];
	json_t *o;

	uuid_unparse_lower(a->id, id);
	o = json_pack("{s:s, s:s, s:s, s:o, s:o, s:o, s:s, s:s}", "id", id, "local_session_id",
		      a->local_id, "verdict", verdicts[audited_verdict(a)], "sqlite",
		      number(a->local.count), "postgres", number(a->cloud.count), "pending",
		      number(audited_pending(a)), "sqlite_digest", digest_text(&a->local, sqlite),
		      "postgres_digest", digest_text(&a->cloud, postgres));
	if (o && a->finding)
		add_finding(o, a->finding);
	return o;
}

int
report_json(FILE *to, const struct audit *audit, uint64_t repairs_sent)
{
	const struct list *list = &audit->sessions;
	json_t *o = json_object(), *sessions = json_array();
	const struct audited *a;
	int v, r;

	for (a = list->items; a < list->items + list->n; a++)
		json_array_append_new(sessions, session_json(a));
	json_object_set_new(o, "sessions", sessions);
	for (v = EQUAL; v <= DIFFERENT; v++)
		json_object_set_new(o, verdicts[v], number(audit->n_sessions[v]));
	if (audit->n_wrong)
		json_object_set_new(o, "wrong", json_string(audit->wrong));
	json_object_set_new(o, "repairs_sent", number(repairs_sent));
	json_object_set_new(o, "seconds", json_real((double)audit->took_us / 1e6));
	r = json_dumpf(o, to, JSON_COMPACT | JSON_REAL_PRECISION(9));
	json_decref(o);
	(void)fputc('\n', to);
	return r;
}
