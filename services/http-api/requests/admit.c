#include "services/http-api/requests/admit.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* Length of the name in "name:port", 0 when it is not that. */
static size_t
name_len(const char *host)
{
	size_t n = *host == '[' ? strcspn(host, "]") + 1 : strcspn(host, ":"), digits;

	if (n > strlen(host))
		return 0;
	if (!host[n])
		return n;
	digits = strspn(host + n + 1, "0123456789");
	return host[n] == ':' && digits && digits <= 5 && !host[n + 1 + digits] ? n : 0;
}

static int
is_listed(const char *list, const char *name, size_t len)
{
	size_t n;

	for (; *list; list += n) {
		list += strspn(list, " ");
		n = strcspn(list, " ");
		if (n && n == len && !strncasecmp(list, name, n))
			return 1;
	}
	return 0;
}

static int
is_ours(const char *host, const char *hosts)
{
	size_t n = name_len(host);

	return n && (is_listed("localhost 127.0.0.1 [::1]", host, n) || is_listed(hosts, host, n));
}

static int
origin_is_ours(const char *origin, const char *hosts)
{
	const char *host = strstr(origin, "://");

	return host && (!strncasecmp(origin, "http:", 5) || !strncasecmp(origin, "https:", 6)) &&
	       is_ours(host + 3, hosts);
}

static int
is_json(const char *type)
{
	static const char json[] = "application/json";
	const char *rest = type + sizeof(json) - 1;

	if (strncasecmp(type, json, sizeof(json) - 1))
		return 0;
	rest += strspn(rest, " \t");
	return !*rest || *rest == ';';
}

static int
length_fits(const char *text, size_t most)
{
	unsigned long long n;

	errno = 0;
	n = strtoull(text, NULL, 10);
	return !errno && n <= most;
}

int
admit(const struct head *head, const char *hosts, size_t body_bytes, struct problem *problem)
{
	if (!head->host)
		return problem_set(problem, 400, "Host", "a request must name its host");
	if (!is_ours(head->host, hosts))
		return problem_set(problem, 421, "Host", "this host is not known here by that name; "
				   "http-api/hosts in ihht.conf lists further names");
	if (head->origin && !head->is_listed && !origin_is_ours(head->origin, hosts))
		return problem_set(problem, 403, "Origin", "pages of other sites may not ask here; "
				   "access/origins in ihht.conf lists those that may");
	if (!head->has_body)
		return 0;
	if (!head->content_type || !is_json(head->content_type))
		return problem_set(problem, 415, "Content-Type", "must be application/json");
	if (head->content_encoding)
		return problem_set(problem, 415, "Content-Encoding", "must not be packed");
	if (head->content_length && !length_fits(head->content_length, body_bytes))
		return problem_set(problem, 413, "", "a body may have %zu bytes", body_bytes);
	return 0;
}
