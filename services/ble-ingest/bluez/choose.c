#include "services/ble-ingest/bluez/choose.h"

#include <ctype.h>
#include <errno.h>
#include <fnmatch.h>
#include <stdio.h>
#include <string.h>

#define ENTRY 64

/* The next entry without the blanks around it; 0 after the last, -1 it is too long. */
static int
next_entry(const char **list, char entry[ENTRY])
{
	const char *at = *list, *end;
	size_t len;

	at += strspn(at, " ,");
	if (!*at)
		return 0;
	end = at + strcspn(at, ",");
	*list = end;
	while (end > at && end[-1] == ' ')
		end--;
	len = (size_t)(end - at);
	if (len >= ENTRY)
		return -1;
	memcpy(entry, at, len);
	entry[len] = '\0';
	return 1;
}

int
choose_listed(const char *list, const char *word)
{
	char entry[ENTRY];

	while (next_entry(&list, entry) > 0)
		if (!fnmatch(entry, word, FNM_CASEFOLD | FNM_NOESCAPE))
			return 1;
	return 0;
}

/* A mistyped address would be a name that nobody has. */
static int
looks_mistyped(const char *entry)
{
	size_t n_colons = 0, i;

	for (i = 0; entry[i]; i++)
		n_colons += entry[i] == ':';
	if (n_colons < 4 || strchr(entry, '*'))
		return 0;
	for (i = 0; entry[i]; i++)
		if (i % 3 == 2 ? entry[i] != ':' : !isxdigit((unsigned char)entry[i]))
			return 1;
	return i != 17;
}

static int
check_list(const char *key, const char *list, struct err *err)
{
	char entry[ENTRY];
	int n, r;

	for (n = 0; (r = next_entry(&list, entry)) > 0; n++)
		if (looks_mistyped(entry))
			return err_set(err, EINVAL, "ble-ingest/%s: \"%s\" is no address: must be like "
				       "aa:bb:cc:dd:ee:ff", key, entry);
	if (r < 0)
		return err_set(err, EINVAL, "ble-ingest/%s: entry %d has more than %d bytes", key,
			       n + 1, ENTRY - 1);
	if (n > CHOOSE_MOST)
		return err_set(err, EINVAL, "ble-ingest/%s: %d entries, at most %d", key, n,
			       CHOOSE_MOST);
	return n;
}

int
choose_init(struct choose *choose, const char *pick, const char *allow, const char *deny,
	    struct err *err)
{
	int n = check_list("allow", allow, err);

	if (n < 0 || check_list("deny", deny, err) < 0)
		return -1;
	*choose = (struct choose){
		.pick = !strcmp(pick, "listed") ? PICK_LISTED : !strcmp(pick, "first") ? PICK_FIRST
										    : PICK_ALL,
		.allow = allow,
		.deny = deny,
	};
	if (choose->pick == PICK_LISTED && !n)
		return err_set(err, EINVAL, "ble-ingest/pick is listed, but ble-ingest/allow is empty: "
			       "name the oximeters there, by address or name");
	return 0;
}

static int
is_in(const char *list, const char *device_id, const char *name)
{
	return choose_listed(list, device_id) || (*name && choose_listed(list, name));
}

int
choose_take(struct choose *choose, const char *device_id, const char *name)
{
	const char *any = choose->allow + strspn(choose->allow, " ,");

	if (is_in(choose->deny, device_id, name))
		return 0;
	if (*any && !is_in(choose->allow, device_id, name))
		return 0;
	if (choose->pick != PICK_FIRST)
		return 1;
	if (!*choose->first)
		(void)snprintf(choose->first, sizeof(choose->first), "%s", device_id);
	return !strcmp(choose->first, device_id);
}

void
choose_forget(struct choose *choose, const char *device_id)
{
	if (!strcmp(choose->first, device_id))
		*choose->first = '\0';
}
