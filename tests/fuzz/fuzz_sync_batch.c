/*
 * Any bytes as the body of POST /api/sync/batch: refused with a status and words, or taken as
 * commands of which every one is valid; taken again they are the same commands, and packed they
 * are a valid message.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "proto/columns.h"
#include "services/http-api/requests/body.h"
#include "services/http-api/commands/sync_batch.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static int
take(const uint8_t *data, size_t size, struct plan *plan)
{
	struct problem problem = {0};
	json_t *body = body_read((const char *)data, size, &problem);
	int r = body ? sync_batch_read(body, plan, &problem) : -1;
	size_t len;

	json_decref(body);
	if (r < 0) {
		ASSERT(problem.status >= 400 && problem.status < 500 && problem.detail[0]);
		ASSERT(!plan->n && !plan->steps);
		free(problem_text(&problem, &len));
		ASSERT(len > 0);
	}
	return r;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct plan one = {0}, two = {0};
	struct err err;
	size_t i;

	if (take(data, size, &one) == 0) {
		ASSERT(take(data, size, &two) == 0 && one.n == two.n);
		for (i = 0; i < one.n; i++) {
			const struct message *m = one.steps[i].message;

			ASSERT(m == two.steps[i].message && msg_check(m, one.steps[i].msg, &err) == 0);
			if (m == &msg_import)
				ASSERT(!memcmp(&((struct import *)one.steps[i].msg)->columns,
					       &((struct import *)two.steps[i].msg)->columns,
					       4 + ((struct import *)one.steps[i].msg)->columns.len));
		}
		if (plan_pack(&one) == 0 && one.pack.msg)
			ASSERT(msg_check(&msg_pack, one.pack.msg, &err) == 0);
	}
	plan_release(&one);
	plan_release(&two);
	return 0;
}
