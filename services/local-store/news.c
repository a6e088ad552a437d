#include "services/local-store/news.h"

#include <stdio.h>
#include <string.h>

#include "common/clock.h"
#include "common/log.h"

void
news_say(struct link *news, const struct message *message, const char *key, const void *msg)
{
	struct err err;

	if (link_send(news, message, key, msg, &err) < 0)
		log_warn("news_not_sent", "why=\"%s\"", err.text);
}

void
news_alert(struct link *news, struct standing *standing, const struct alert *alert)
{
	standing_take(standing, alert);
	news_say(news, &msg_alert, alert->name, alert);
}

void
news_warn(struct link *news, struct standing *standing, const char *name, int64_t level,
	  const char *text)
{
	struct alert alert;

	msg_clear(&msg_alert, &alert);
	(void)snprintf(alert.name, sizeof(alert.name), "%s", name);
	(void)snprintf(alert.text, sizeof(alert.text), "%s", text);
	alert.level = level;
	alert.at_us = clock_utc_us();
	news_alert(news, standing, &alert);
}

void
news_stored(struct link *news, const struct heard *heard)
{
	char key[24];

	(void)snprintf(key, sizeof(key), "%lld", (long long)heard->spool);
	news_say(news, &msg_stored, key, &(struct stored){heard->spool, heard->upto, heard->hole});
}

void
news_session(struct link *news, const struct entry *entry)
{
	news_say(news, &msg_session, entry->row.id, &entry->row);
}

void
news_effects(struct link *news, const struct effects *fx)
{
	if (*fx->reply.request_id)
		news_say(news, &msg_reply, fx->reply.request_id, &fx->reply);
	if (fx->record)
		news_say(news, fx->record, fx->reply.session_id, &fx->as);
	if (fx->entry)
		news_session(news, fx->entry);
}

/* Whether a subscription to `prefix` gets topics that begin with `topic`. */
static int
asks_for(const char *prefix, const char *topic)
{
	size_t n = strlen(prefix) < strlen(topic) ? strlen(prefix) : strlen(topic);

	return !strncmp(prefix, topic, n);
}

void
news_greet(struct link *news, const struct sessions *sessions, const struct standing *standing)
{
	struct entry *entry;
	char prefix[80];
	size_t i;

	while (link_joined(news, prefix, sizeof(prefix))) {
		if (asks_for(prefix, "session/"))
			for (entry = NULL; (entry = sessions_next(sessions, entry));)
				if (entry_active(entry))
					news_session(news, entry);
		for (i = 0; i < standing->n && asks_for(prefix, "alert/"); i++)
			news_say(news, &msg_alert, standing->all[i].name, &standing->all[i]);
	}
}
