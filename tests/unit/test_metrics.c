#include <stdlib.h>

#include "services/http-api/metrics.h"
#include "tests/unit/test.h"

#define NOW 100000000

static struct health health;

static void
hear(const char *process, int instance, const char *counts, int64_t age_us)
{
	struct beat beat;

	msg_clear(&msg_beat, &beat);
	(void)snprintf(beat.process, sizeof(beat.process), "%s", process);
	(void)snprintf(beat.counts, sizeof(beat.counts), "%s", counts);
	(void)snprintf(beat.version, sizeof(beat.version), "0.1");
	beat.instance = instance;
	beat.state = PROCESS_READY;
	beat.started_us = 1500000;
	health_beat(&health, &beat, NOW - age_us);
}

/* What is told; freed by the next call. */
static const char *
told(void)
{
	static char *text;
	size_t len;

	free(text);
	text = metrics_text(&health, "g", NOW, &len);
	ok(strlen(text) == len && text[len - 1] == '\n');
	return text;
}

TEST(every_process_is_told_and_each_metric_once_with_all_its_workers)
{
	health = (struct health){.n = 0};
	hear("sync-worker", 1, "bundles_applied=3 postgres_up=1", 0);
	hear("local-store", 1, "readings_stored=7 sync_wait_s=1.500", 0);
	hear("sync-worker", 2, "bundles_applied=4 postgres_up=0", 0);
	is_str(told(),
	       "# HELP ihht_up 1: the process was heard in the last 3 seconds\n"
	       "# TYPE ihht_up gauge\n"
	       "ihht_up{process=\"sync-worker\",worker=\"1\"} 1\n"
	       "ihht_up{process=\"local-store\",worker=\"1\"} 1\n"
	       "ihht_up{process=\"sync-worker\",worker=\"2\"} 1\n"
	       "# HELP ihht_ready 1: it does its work; 0: it waits for a neighbour\n"
	       "# TYPE ihht_ready gauge\n"
	       "ihht_ready{process=\"sync-worker\",worker=\"1\"} 1\n"
	       "ihht_ready{process=\"local-store\",worker=\"1\"} 1\n"
	       "ihht_ready{process=\"sync-worker\",worker=\"2\"} 1\n"
	       "# HELP ihht_start_time_seconds when it was started, since 1970\n"
	       "# TYPE ihht_start_time_seconds gauge\n"
	       "ihht_start_time_seconds{process=\"sync-worker\",worker=\"1\"} 1.5\n"
	       "ihht_start_time_seconds{process=\"local-store\",worker=\"1\"} 1.5\n"
	       "ihht_start_time_seconds{process=\"sync-worker\",worker=\"2\"} 1.5\n"
	       "# HELP ihht_build_info which version runs, on which gateway\n"
	       "# TYPE ihht_build_info gauge\n"
	       "ihht_build_info{process=\"sync-worker\",worker=\"1\",version=\"0.1\",gateway=\"g\"} 1\n"
	       "ihht_build_info{process=\"local-store\",worker=\"1\",version=\"0.1\",gateway=\"g\"} 1\n"
	       "ihht_build_info{process=\"sync-worker\",worker=\"2\",version=\"0.1\",gateway=\"g\"} 1\n"
	       "# HELP ihht_local_store_readings_stored_total readings on disk that are new\n"
	       "# TYPE ihht_local_store_readings_stored_total counter\n"
	       "ihht_local_store_readings_stored_total{worker=\"1\"} 7\n"
	       "# HELP ihht_local_store_sync_wait_seconds since a bundle last arrived in Postgres while "
	       "readings wait; 0 when none does\n"
	       "# TYPE ihht_local_store_sync_wait_seconds gauge\n"
	       "ihht_local_store_sync_wait_seconds{worker=\"1\"} 1.5\n"
	       "# HELP ihht_sync_worker_bundles_applied_total bundles written to Postgres\n"
	       "# TYPE ihht_sync_worker_bundles_applied_total counter\n"
	       "ihht_sync_worker_bundles_applied_total{worker=\"1\"} 3\n"
	       "ihht_sync_worker_bundles_applied_total{worker=\"2\"} 4\n"
	       "# HELP ihht_sync_worker_postgres_up 1: Postgres answers\n"
	       "# TYPE ihht_sync_worker_postgres_up gauge\n"
	       "ihht_sync_worker_postgres_up{worker=\"1\"} 1\n"
	       "ihht_sync_worker_postgres_up{worker=\"2\"} 0\n");
}

TEST(of_a_process_that_is_gone_only_that_is_told)
{
	const char *text;

	health = (struct health){.n = 0};
	hear("local-store", 1, "readings_stored=7", HEALTH_FRESH_US);
	text = told();
	has_str(text, "ihht_up{process=\"local-store\",worker=\"1\"} 0\n");
	ok(!strstr(text, "ihht_ready{") && !strstr(text, "readings_stored") && !strstr(text, "build_info{"));
	hear("local-store", 1, "readings_stored=8", HEALTH_FRESH_US - 1);
	has_str(told(), "ihht_local_store_readings_stored_total{worker=\"1\"} 8\n");
}

TEST(a_count_nobody_described_is_untyped_and_told_once)
{
	const char *text, *at;

	health = (struct health){.n = 0};
	hear("local-store", 1, "news=1 news=2 store_x_s=3 store_x_seconds=4 readings_stored=1", 0);
	hear("local-store", 2, "news=5", 0);
	text = told();
	at = strstr(text, "# TYPE ihht_local_store_news untyped\n");
	if (!ok(at != NULL, "%s", text))
		return;
	has_str(at, "ihht_local_store_news{worker=\"1\"} 1\nihht_local_store_news{worker=\"2\"} 5\n");
	ok(!strstr(at + 1, "# TYPE ihht_local_store_news "), "once");
	at = strstr(text, "# TYPE ihht_local_store_store_x_seconds");
	ok(at && !strstr(at + 1, "# TYPE ihht_local_store_store_x_seconds"), "nor under two names");
	hear("local-store", 1, "sync_wait_s=1 sync_wait_seconds=2", 0);
	text = told();
	at = strstr(text, "# TYPE ihht_local_store_sync_wait_seconds gauge");
	ok(at && !strstr(at + 1, "# TYPE ihht_local_store_sync_wait_seconds"), "nor beside one that is");
}

TEST(an_alert_is_told_as_it_stands)
{
	static const struct { const char *name; int64_t level; } rows[] = {
		{"quarantine", LEVEL_WARN}, {"cannot_store", LEVEL_CRITICAL}, {"a\"b", LEVEL_WARN},
		{"cannot_store", LEVEL_INFO},
	};
	struct alert alert;
	const char *text;
	size_t i;

	health = (struct health){.n = 0};
	ok(!strstr(told(), "alert"));
	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		msg_clear(&msg_alert, &alert);
		(void)snprintf(alert.name, sizeof(alert.name), "%s", rows[i].name);
		alert.level = rows[i].level;
		alert.at_us = 2500000;
		health_alert(&health, &alert);
		if (i == 1)
			has_str(told(), "ihht_alert_level{alert=\"cannot_store\"} 2\n");
	}
	text = told();
	has_str(text, "# TYPE ihht_alert_level gauge\n"
		"ihht_alert_level{alert=\"quarantine\"} 1\n"
		"ihht_alert_level{alert=\"cannot_store\"} 0\n"
		"ihht_alert_level{alert=\"a\\\"b\"} 1\n");
	has_str(text, "ihht_alert_told_time_seconds{alert=\"quarantine\"} 2.5\n");
	for (i = 0; i < 2 * HEALTH_ALERTS; i++) {
		(void)snprintf(alert.name, sizeof(alert.name), "rule_%zu", i);
		health_alert(&health, &alert);
	}
	is_int((long long)health.n_alerts, HEALTH_ALERTS);
}

TEST(what_is_no_count_is_passed_over)
{
	static const char *const rows[] = {"", " ", "x", "=", "=5", "x=", "x=y", "x=1y", "x=nan", "x=inf", "X=1",
					   "9x=1", "x-y=1", "x=1=2", "x==1", "x{a=\"b\"}=1", "x=1e999", "\n=1",
					   "x\n=1", "x=1\n"};
	char counts[200];
	size_t i;

	for (i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		health = (struct health){.n = 0};
		(void)snprintf(counts, sizeof(counts), "%s good=2 %s", rows[i], rows[i]);
		hear("local-store", 1, counts, 0);
		has_str(told(), "untyped\nihht_local_store_good{worker=\"1\"} 2\n");
		ok(!strstr(told(), "ihht_local_store_x"), "\"%s\": %s", rows[i], told());
	}
}

TEST(names_that_are_not_ours_cannot_break_a_line)
{
	const char *text;

	health = (struct health){.n = 0};
	hear("a\"b\\c\nd", 1, "x=1", 0);
	text = told();
	has_str(text, "ihht_up{process=\"a\\\"b\\\\c\\nd\",worker=\"1\"} 1\n");
	ok(!strstr(text, "ihht_a"), "%s", text);
}

int
main(void)
{
	RUN(every_process_is_told_and_each_metric_once_with_all_its_workers);
	RUN(of_a_process_that_is_gone_only_that_is_told);
	RUN(a_count_nobody_described_is_untyped_and_told_once);
	RUN(an_alert_is_told_as_it_stands);
	RUN(what_is_no_count_is_passed_over);
	RUN(names_that_are_not_ours_cannot_break_a_line);
	return test_done();
}
