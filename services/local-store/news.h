/*
 * news - what local-store says once it is true
 *
 * Everything here is published at once: call it after the commit that covers it.
 */
#ifndef NEWS_H
#define NEWS_H

#include "proto/link.h"
#include "services/local-store/effects.h"
#include "services/local-store/intake.h"
#include "proto/standing.h"

void news_say(struct link *news, const struct message *message, const char *key,
	      const void *msg);
/* An alert that lasts until it is told with level info. */
void news_alert(struct link *news, struct standing *standing, const struct alert *alert);
void news_warn(struct link *news, struct standing *standing, const char *name, int64_t level,
	       const char *text);
void news_stored(struct link *news, const struct heard *heard);
void news_session(struct link *news, const struct entry *entry);

/* The answer, and the record and the session as they are now. */
void news_effects(struct link *news, const struct effects *effects);

/* To those who have just begun to listen: all sessions that run, all alerts that stand. */
void news_greet(struct link *news, const struct sessions *sessions,
		const struct standing *standing);

#endif
