#include "services/local-store/effects.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void
effects_clear(struct effects *fx, const char *request_id)
{
	memset(fx, 0, sizeof(*fx));
	msg_clear(&msg_reply, &fx->reply);
	(void)snprintf(fx->reply.request_id, sizeof(fx->reply.request_id), "%s", request_id);
}

int
effects_refuse(struct effects *fx, const char *field, const char *format, ...)
{
	va_list args;

	fx->reply.ok = 0;
	(void)snprintf(fx->reply.field, sizeof(fx->reply.field), "%s", field);
	va_start(args, format);
	(void)vsnprintf(fx->reply.text, sizeof(fx->reply.text), format, args);
	va_end(args);
	return 0;
}

int
effects_accept(struct effects *fx, const char *session_id, bool added, const char *text)
{
	fx->reply.ok = 1;
	fx->reply.added = added;
	fx->reply.seen = !added;
	(void)snprintf(fx->reply.session_id, sizeof(fx->reply.session_id), "%s", session_id);
	(void)snprintf(fx->reply.text, sizeof(fx->reply.text), "%s", text);
	return 0;
}
