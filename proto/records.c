#include "proto/records.h"

#include <errno.h>
#include <string.h>

int
records_add(uint8_t *bytes, size_t size, uint32_t *len, const struct message *message,
	    const void *msg, struct err *err)
{
	struct msg_head head = {message->version, 0, 0};
	uint8_t *p = bytes + *len;
	size_t n;

	ASSERT(message->size <= RECORDS_MAX);
	if (size - *len < 6)
		return err_set(err, EMSGSIZE, "records: no room for %s", message->name);
	if (msg_encode(message, &head, msg, p + 6, size - *len - 6, &n, err) < 0)
		return -1;
	p[0] = (uint8_t)message->index;
	p[1] = (uint8_t)(message->index >> 8);
	p[2] = (uint8_t)n;
	p[3] = (uint8_t)(n >> 8);
	p[4] = (uint8_t)(n >> 16);
	p[5] = (uint8_t)(n >> 24);
	*len += (uint32_t)n + 6;
	return 0;
}

int
records_next(struct records *records, const struct message **message, void *msg,
	     struct err *err)
{
	struct msg_head head;
	const uint8_t *p;
	size_t n;

	while (records->p < records->end) {
		p = records->p;
		if (records->end - p < 6)
			return err_set(err, EBADMSG, "records: cut off");
		n = (size_t)p[2] | (size_t)p[3] << 8 | (size_t)p[4] << 16 | (size_t)p[5] << 24;
		if (n > (size_t)(records->end - p) - 6)
			return err_set(err, EBADMSG, "records: a length beyond the end");
		records->p += n + 6;
		*message = msg_at(p[0] | p[1] << 8);
		if (!*message)
			continue;
		if ((*message)->size > RECORDS_MAX)
			return err_set(err, EBADMSG, "records: %s is no record", (*message)->name);
		return msg_decode(*message, p + 6, n, &head, msg, err) < 0 ? -1 : 1;
	}
	return 0;
}
