/*
 * effects - what a command leads to, said only after the commit
 */
#ifndef EFFECTS_H
#define EFFECTS_H

#include "services/local-store/sessions.h"

struct effects {
	struct reply reply;
	struct entry *entry;            /* has changed: publish it and send it on; or NULL */
	bool arrived;                   /* but not on: it comes from where it would go */
	const struct message *record;   /* accepted: publish it; or NULL */
	union {
		struct survey survey;
		struct event event;
		struct phase_stats phase_stats;
		struct progression progression;
	} as;
};

/* The answer to that request, yet without content. */
void effects_clear(struct effects *effects, const char *request_id);

/* Both always 0: a refusal is an answer, too. */
__attribute__((format(printf, 3, 4)))
int effects_refuse(struct effects *effects, const char *field, const char *format, ...);
int effects_accept(struct effects *effects, const char *session_id, bool added,
		   const char *text);

#endif
