#include <errno.h>
#include <jansson.h>
#include <string.h>

#include "common/clock.h"
#include "services/dedupe-auditor/migrate/migrate.h"
#include "services/dedupe-auditor/migrate/proof.h"

static void
tell(const struct migrate *m, const struct proof *p)
{
	json_t *o, *lines = json_array();
	int i;

	for (i = 0; i < p->n_findings; i++) {
		if (!m->json)
			printf("%-5s %s\n", p->findings[i].is_well ? "ok" : "WRONG", p->findings[i].text);
		json_array_append_new(lines, json_pack("{s:b, s:s}", "well", p->findings[i].is_well, "what",
						       p->findings[i].text));
	}
	o = json_pack("{s:o, s:i}", "findings", lines, "wrong", p->n_unwell);
	if (m->json) {
		(void)json_dumpf(o, stdout, JSON_COMPACT);
		(void)fputc('\n', stdout);
	}
	json_decref(o);
}

int
migrate_verify(struct migrate *m, struct err *err)
{
	struct plan_file file = {0};
	struct proof proof = {.pg = m->pg, .shape = &m->shape, .pause = &m->pause,
			      .now_us = clock_utc_us()};
	FILE *from;
	int r = 0;

	if (m->file) {
		if (!(from = fopen(m->file, "r")))
			return err_set(err, errno, "%s: %s", m->file, strerror(errno));
		r = plan_file_read(&file, from, err);
		(void)fclose(from);
		if (r == 0 && strcmp(file.head.identity, m->shape.identity) != 0)
			r = err_set(err, EINVAL, "made for another database (%s)", file.head.database);
		if (r < 0)
			(void)err_in(err, "%s", m->file);
		proof.file = &file;
	}
	if (r == 0)
		r = proof_run(&proof, err);
	if (r == 0) {
		tell(m, &proof);
		r = proof.n_unwell ? MIGRATE_UNWELL : 0;
	}
	proof_release(&proof);
	plan_file_clear(&file);
	return r;
}
