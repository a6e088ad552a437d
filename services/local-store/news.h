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

void news_say(struct link *news, const struct message *message, const char *key,
	      const void *msg);
void news_alert(struct link *news, const char *name, int64_t level, const char *text);
void news_stored(struct link *news, const struct heard *heard);
void news_session(struct link *news, const struct entry *entry);
void news_synced(struct link *news, const struct receipt *receipt, int64_t pending);

/* The answer, and the record and the session as they are now. */
void news_effects(struct link *news, const struct effects *effects);

/* To those who have just begun to listen to sessions: all that run, as they are. */
void news_greet(struct link *news, const struct sessions *sessions);

#endif
