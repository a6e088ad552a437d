#include "place.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "ring.h"

/* A decimal number of at most 18 digits and the point after it; NULL, or what follows. */
static const char *
number(const char *p, int64_t *value)
{
	size_t n = strspn(p, "0123456789");

	if (!n || n > 18 || p[n] != '.')
		return NULL;
	*value = strtoll(p, NULL, 10);
	return p + n + 1;
}

static int
is_hash(const char *text)
{
	return *text == '~' && strlen(text) == 17 && strspn(text + 1, "0123456789abcdef") == 16;
}

int
place_read(const char *text, struct place *place)
{
	struct place read = {0};

	if (!(text = number(text, &read.taken_us)) || !(text = number(text, &read.seq)) || !*text ||
	    !read.taken_us)
		return -1;
	read.device = is_hash(text) ? strtoull(text + 1, NULL, 16) : ring_hash(text);
	*place = read;
	return 0;
}

void
place_write(struct text *text, const struct place *place)
{
	char device[18];

	text_int(text, place->taken_us);
	text_add(text, ".", 1);
	text_int(text, place->seq);
	(void)snprintf(device, sizeof(device), "~%016llx", (unsigned long long)place->device);
	text_add(text, ".", 1);
	text_add(text, device, 17);
}

int
place_same(const struct place *a, const struct place *b)
{
	return a->taken_us == b->taken_us && a->seq == b->seq && a->device == b->device;
}
