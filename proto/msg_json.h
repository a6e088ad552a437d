/*
 * msg_json - the JSON form of every message, both ways
 *
 * Names are those of messages.def.  Words are text, sets are arrays of text, times stay
 * numbers (us since 1970), bytes are base64.  Absent is null on the way out and may be
 * null or left out on the way in; an INT must be given, unless it is a count or a stamp
 * (its limit is MSG_COUNT or more), which is then 0.
 */
#ifndef MSG_JSON_H
#define MSG_JSON_H

#include <jansson.h>

#include "proto/msg.h"

json_t *msg_json(const struct message *message, const void *msg);  /* a new reference */
json_t *words_json(const struct words *words);                     /* its texts; likewise */

/*
 * Fills *msg whole from an object; -1 and "message.field: what would be right" when a field
 * has the wrong type or range, is unknown or is missing.  A time may also be ISO 8601 text,
 * a UUID in upper case.
 * `ignore` names keys that are not the message's and not an error, NULL-terminated, or NULL.
 */
int msg_from_json(const struct message *message, const json_t *object,
		  const char *const *ignore, void *msg, struct err *err);

#endif
