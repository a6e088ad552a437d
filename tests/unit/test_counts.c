#include <ctype.h>

#include "proto/counts.h"
#include "proto/link.h"
#include "tests/unit/test.h"

TEST(names_follow_the_conventions_of_prometheus)
{
	static const struct {
		const char *process, *name;
		enum count_kind kind;
		const char *metric;
		double scale;
	} rows[] = {
		{"local-store", "readings_stored", COUNT_TOTAL, "ihht_local_store_readings_stored_total", 1},
		{"local-store", "readings_pending", COUNT_NOW, "ihht_local_store_readings_pending", 1},
		{"dedupe-auditor", "last_verify_age_s", COUNT_NOW, "ihht_dedupe_auditor_last_verify_age_seconds", 1},
		{"realtime-fanout", "live_lag_ms", COUNT_NOW, "ihht_realtime_fanout_live_lag_seconds", 1e-3},
		{"ble-ingest", "spool_used_bytes", COUNT_NOW, "ihht_ble_ingest_spool_used_bytes", 1},
		{"x", "busy_ms", COUNT_TOTAL, "ihht_x_busy_seconds_total", 1e-3},
		{"x", "what", COUNT_UNKNOWN, "ihht_x_what", 1},
		{"x", "_s", COUNT_NOW, "ihht_x__s", 1},
	};
	char metric[COUNT_METRIC];
	double scale;
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		count_metric(rows[i].process, rows[i].name, rows[i].kind, metric, &scale);
		is_str(metric, rows[i].metric);
		is_real(scale, rows[i].scale);
	}
}

static int
is_process(const char *name)
{
	size_t i;

	for (i = 0; link_process(i); i++)
		if (!strcmp(link_process(i), name))
			return 1;
	return 0;
}

TEST(every_count_is_one_metric_of_a_process_that_exists)
{
	const struct count_row *row, *other;
	char a[COUNT_METRIC], b[COUNT_METRIC];
	double scale;
	size_t i, k;

	for (i = 0; (row = count_row(i)); i++) {
		ok(is_process(row->process), "%s", row->process);
		ok(count_find(row->process, row->name) == row, "%s %s twice", row->process, row->name);
		ok(*row->meaning && !strchr(row->meaning, '\n') && !strchr(row->meaning, '\\'), "%s", row->name);
		count_metric(row->process, row->name, row->kind, a, &scale);
		ok(!a[strspn(a, "abcdefghijklmnopqrstuvwxyz0123456789_")], "%s", a);
		for (k = 0; k < i && (other = count_row(k)); k++) {
			count_metric(other->process, other->name, other->kind, b, &scale);
			ok(strcmp(a, b), "%s twice", a);
		}
	}
	ok(i > 50, "%zu rows", i);
	ok(!count_find("local-store", "nothing") && !count_find("nobody", "readings_stored"));
}

int
main(void)
{
	RUN(names_follow_the_conventions_of_prometheus);
	RUN(every_count_is_one_metric_of_a_process_that_exists);
	return test_done();
}
