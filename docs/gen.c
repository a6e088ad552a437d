/*
 * gen - print docs/reference.md from links.def, messages.def, words.def and counts.def
 */
#include <stdio.h>
#include <string.h>

#include "proto/counts.h"
#include "proto/link.h"

#define POINTER(vocabulary, meaning) &words_##vocabulary,
static const struct words *const vocabularies[] = {VOCABULARIES(POINTER) NULL};

static const char head[] =
	"<!-- Made by `make docs` from proto/*.def; `make check` fails when it is stale. -->\n"
	"# Reference\n\n"
	"Every process, link, message and word of the pipeline. What each process does stands on top of\n"
	"its `main.c`; its settings in [deploy/ihht.conf](../deploy/ihht.conf), with limits and defaults;\n"
	"how it all hangs together in [architecture.md](architecture.md).\n\n"
	"[Processes](#processes) · [Links](#links) · [Messages](#messages) · [Words](#words) ·\n"
	"[Metrics](#metrics)\n\n";

static const char links_text[] =
	"PUSH/PULL gives each message to one reader and makes the sender wait when that is slow; PUB/SUB\n"
	"gives it to whoever listens and drops what a listener does not take. The process under *binds*\n"
	"owns the endpoint: `ipc://<gateway/run>/<link>`, for `beats` with `-<process>` appended, and\n"
	"`-<n>` for the n-th instance. The section `links` of ihht.conf moves a link elsewhere; over\n"
	"`tcp://` it needs CURVE keys (`ihht keys`). *Holds* is how many messages a socket keeps.\n\n";

static const char messages_text[] =
	"On the wire a message is two frames: the topic `<message>/<gateway>/<device or session>/`, so\n"
	"that a prefix selects, and a msgpack array `[version, run, n, field, …]` in the order of the\n"
	"table. `run` is the sender's start (µs since 1970) and `n` its own dense count of this message:\n"
	"a hole in it is a loss. A newer sender may append fields, which an older reader skips; *since*\n"
	"is the version that brought a field. Names are the same in JSON, in SQLite and for `ihht`.\n"
	"*Needed* fields are never absent; absent is nil on the wire, `null` in JSON and NULL in SQL.\n\n";

static void
print_processes(void)
{
	size_t i;

	printf("## Processes\n\n| process | its promise |\n|---|---|\n");
	for (i = 0; link_process(i); i++)
		printf("| %s | %s |\n", link_process(i), link_promise(i));
	printf("\n");
}

/* The word is in the list "a b". */
static int
listed(const char *list, const char *word)
{
	size_t n = strlen(word);
	const char *p;

	for (p = list; (p = strstr(p, word)); p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ' '))
			return 1;
	return 0;
}

static void
print_links(void)
{
	const struct link_row *row;
	const struct message *m;
	const char *comma;
	size_t i;
	int k;

	printf("## Links\n\n%s", links_text);
	printf("| link | pattern | from | to | binds | holds | carries | what for |\n"
	       "|---|---|---|---|---|---:|---|---|\n");
	for (i = 0; (row = link_row(i)); i++) {
		printf("| %s | %s | %s | %s | %s | %d | ", row->name,
		       row->pattern == PUB_SUB ? "PUB/SUB" : "PUSH/PULL", *row->from == '*' ? "all" : row->from,
		       *row->to == '*' ? "all" : row->to, *row->binder == '*' ? "each sender" : row->binder,
		       row->hwm);
		for (k = 0, comma = ""; (m = msg_at(k)); k++)
			if (listed(m->links, row->name)) {
				printf("%s[%s](#%s)", comma, m->name, m->name);
				comma = ", ";
			}
		printf(" | %s |\n", row->meaning);
	}
	printf("\n");
}

static int
is_needed(const struct msg_field *f)
{
	return f->kind == MSG_INT || ((f->kind == MSG_STR || f->kind == MSG_UUID || f->kind == MSG_BIN) &&
				      f->min > 0);
}

static int
is_time(const struct msg_field *f)
{
	size_t n = strlen(f->name);

	return n > 3 && !strcmp(f->name + n - 3, "_us");
}

static void
print_limits(const struct msg_field *f)
{
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		if (is_time(f))
			printf("time, µs | 1970 to 2100");
		else if (f->max == MSG_COUNT || f->max == INT64_MAX)
			printf("whole | %lld or more", (long long)f->min);
		else
			printf("whole | %lld to %lld", (long long)f->min, (long long)f->max);
		break;
	case MSG_REAL:
		printf("number | %lld to %lld", (long long)f->min, (long long)f->max);
		break;
	case MSG_WORD:
		printf("word | [%s](#words)", f->words->name);
		break;
	case MSG_SET:
		printf("words | some of [%s](#words)", f->words->name);
		break;
	case MSG_STR:
		printf("text | %lld to %lld bytes", (long long)f->min, (long long)f->max);
		break;
	case MSG_UUID:
		printf("UUID | lower case");
		break;
	case MSG_BIN:
		printf("bytes | %lld to %lld", (long long)f->min, (long long)f->max);
		break;
	}
}

static void
print_messages(void)
{
	const struct msg_field *f;
	const struct message *m;
	int i;

	printf("## Messages\n\n%s", messages_text);
	for (i = 0; (m = msg_at(i)); i++) {
		printf("### %s\n\n%s. ", m->name, m->meaning);
		printf(*m->links ? "Travels on: %s. " : "%s", m->links);
		printf("Version %d, at most %zu bytes.\n\n", m->version, m->max_bytes);
		printf("| field | kind | limits | needed | since | meaning |\n|---|---|---|---|---:|---|\n");
		for (f = m->fields; f < m->fields + m->n_fields; f++) {
			printf("| %s | ", f->name);
			print_limits(f);
			printf(" | %s | %d | %s |\n", is_needed(f) ? "yes" : "", f->since, f->meaning);
		}
		printf("\n");
	}
}

static void
print_words(void)
{
	const struct words *const *w;
	const char *comma;
	int i;

	printf("## Words\n\nOn the wire a word is its place in the list, counted from 0; a set has a bit "
	       "for each.\n\n| vocabulary | words | for |\n|---|---|---|\n");
	for (w = vocabularies; *w; w++) {
		printf("| %s | ", (*w)->name);
		for (i = 0, comma = ""; i < (*w)->n; i++, comma = ", ")
			if (*(*w)->texts[i])
				printf("%s%d `%s`", comma, i, (*w)->texts[i]);
			else
				printf("%s%d (none said)", comma, i);
		printf(" | %s |\n", (*w)->meaning);
	}
}

static const char metrics_text[] =
	"\n## Metrics\n\n`GET /metrics` of http-api (through nginx too) has all of them for Prometheus, text format 0.0.4,\n"
	"from the beats that each process sends once a second; `ihht status --json` has the same counts\n"
	"under the names of the beats. The label `worker` tells instances apart. For every process:\n"
	"`ihht_up` and `ihht_ready` (0 or 1), `ihht_start_time_seconds` and `ihht_build_info`, with the\n"
	"label `process`. Of a process that is not heard for 3 s only `ihht_up` is left. Counters start\n"
	"at 0 with their process: use `rate()`. Alerts told since http-api started: `ihht_alert_level` (0 over,\n"
	"1 warning, 2 critical) and `ihht_alert_told_time_seconds`, with the label `alert`. The lag of\n"
	"each hop:\n\n"
	"| hop | how far it is behind | what waits |\n|---|---|---|\n"
	"| oximeter to watchers | `ihht_realtime_fanout_live_lag_seconds` | |\n"
	"| spool to SQLite | `ihht_ble_ingest_store_wait_seconds` | `ihht_ble_ingest_samples_waiting` |\n"
	"| SQLite to Postgres | `ihht_local_store_sync_wait_seconds`; up to bundle-seconds is normal | "
	"`ihht_local_store_readings_pending` |\n"
	"| both compared | `ihht_dedupe_auditor_last_verify_age_seconds` | "
	"`ihht_dedupe_auditor_readings_missing` |\n\n"
	"| metric | type | meaning |\n|---|---|---|\n";

static void
print_metrics(void)
{
	const struct count_row *row;
	char metric[COUNT_METRIC];
	double scale;
	size_t i;

	printf("%s", metrics_text);
	for (i = 0; (row = count_row(i)); i++) {
		count_metric(row->process, row->name, row->kind, metric, &scale);
		printf("| %s | %s | %s |\n", metric, row->kind == COUNT_TOTAL ? "counter" : "gauge",
		       row->meaning);
	}
}

int
main(void)
{
	printf("%s", head);
	print_processes();
	print_links();
	print_messages();
	print_words();
	print_metrics();
	return 0;
}
