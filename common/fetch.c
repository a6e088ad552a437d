#include "common/fetch.h"

#include <curl/curl.h>
#include <czmq.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

struct fetch {
	zactor_t *actor;
	char *url;
	size_t max_bytes;
	int asked;
};

/* ---- the actor's side */

struct body {
	char *bytes;
	size_t len, max;
};

static size_t
take_bytes(char *bytes, size_t size, size_t n, void *arg)
{
	struct body *body = arg;
	char *more;

	if (n > (body->max - body->len) / size || !(more = realloc(body->bytes, body->len + n * size + 1)))
		return 0;
	memcpy(more + body->len, bytes, n * size);
	body->bytes = more;
	body->len += n * size;
	return n * size;
}

/* Whoever closes us does not wait for the other side. */
static int
is_over(void *pipe, curl_off_t a, curl_off_t b, curl_off_t c, curl_off_t d)
{
	(void)a, (void)b, (void)c, (void)d;
	return (zsock_events(pipe) & ZMQ_POLLIN) != 0;
}

static CURL *
prepare(const struct fetch *fetch, zsock_t *pipe, struct body *body, char *why)
{
	CURL *curl = curl_easy_init();

	if (!curl)
		return NULL;
	(void)curl_easy_setopt(curl, CURLOPT_URL, fetch->url);
	(void)curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
	(void)curl_easy_setopt(curl, CURLOPT_PROXY, "");
	(void)curl_easy_setopt(curl, CURLOPT_TIMEOUT, (long)FETCH_LIMIT_S);
	(void)curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	(void)curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, why);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_bytes);
	(void)curl_easy_setopt(curl, CURLOPT_WRITEDATA, body);
	(void)curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_over);
	(void)curl_easy_setopt(curl, CURLOPT_XFERINFODATA, pipe);
	return curl;
}

/* In words why there is none, "" when it is there. */
static void
get(const struct fetch *fetch, zsock_t *pipe, struct body *body, char *why)
{
	CURL *curl = prepare(fetch, pipe, body, why);
	CURLcode r = curl ? curl_easy_perform(curl) : CURLE_OUT_OF_MEMORY;
	long status = 0;

	if (r == CURLE_WRITE_ERROR)
		(void)snprintf(why, CURL_ERROR_SIZE, "longer than %zu bytes", body->max);
	else if (r != CURLE_OK && !*why)
		(void)snprintf(why, CURL_ERROR_SIZE, "%s", curl_easy_strerror(r));
	else if (r == CURLE_OK && curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status) == CURLE_OK &&
		 status != 200)
		(void)snprintf(why, CURL_ERROR_SIZE, "status %ld", status);
	curl_easy_cleanup(curl);
}

static void
act(zsock_t *pipe, void *arg)
{
	const struct fetch *fetch = arg;
	char why[CURL_ERROR_SIZE];
	struct body body;
	char *word;

	(void)zsock_signal(pipe, 0);
	while ((word = zstr_recv(pipe)) && strcmp(word, "$TERM")) {
		zstr_free(&word);
		body = (struct body){.max = fetch->max_bytes};
		*why = 0;
		get(fetch, pipe, &body, why);
		(void)zsock_send(pipe, "sb", why, body.bytes ? body.bytes : "", body.len);
		free(body.bytes);
	}
	zstr_free(&word);
}

/* ---- the caller's side */

static int
is_here(const char *host)
{
	static const char *const names[] = {"127.0.0.1", "localhost", "[::1]"};
	size_t i, n = strcspn(host, "/?#");

	for (i = 0; i < 3; i++)
		if (!strncmp(host, names[i], strlen(names[i])) && !memchr(host, '@', n) &&
		    strchr(":/", host[strlen(names[i])]))
			return 1;
	return 0;
}

static int
is_allowed(const char *url)
{
	return (!strncmp(url, "https://", 8) && url[8]) || (!strncmp(url, "http://", 7) && is_here(url + 7));
}

struct fetch *
fetch_open(const char *url, size_t max_bytes, struct err *err)
{
	struct fetch *fetch;

	if (!is_allowed(url))
		return err_set(err, EINVAL, "%s: must begin with https://, or with http:// and be on "
			       "this machine", url), NULL;
	if (curl_global_init(CURL_GLOBAL_DEFAULT) || !(fetch = calloc(1, sizeof(*fetch))))
		return err_set(err, ENOMEM, "out of memory"), NULL;
	fetch->max_bytes = max_bytes;
	if ((fetch->url = strdup(url)) && (fetch->actor = zactor_new(act, fetch)))
		return fetch;
	(void)err_set(err, ENOMEM, "out of memory");
	fetch_close(&fetch);
	return NULL;
}

void
fetch_close(struct fetch **fetch)
{
	if (!*fetch)
		return;
	zactor_destroy(&(*fetch)->actor);
	free((*fetch)->url);
	free(*fetch);
	*fetch = NULL;
	curl_global_cleanup();
}

void
fetch_ask(struct fetch *fetch)
{
	if (!fetch->asked && zstr_send(fetch->actor, "GET") == 0)
		fetch->asked = 1;
}

int
fetch_take(struct fetch *fetch, char **bytes, size_t *len, struct err *err)
{
	char *why = NULL;
	byte *got = NULL;
	int r;

	if (!fetch->asked || !(zsock_events(fetch->actor) & ZMQ_POLLIN))
		return 0;
	fetch->asked = 0;
	r = zsock_recv(fetch->actor, "sb", &why, &got, len);
	if (r == 0 && !*why)
		*bytes = (char *)got;
	else
		r = err_set(err, EIO, "%s: %s", fetch->url, why ? why : "interrupted");
	if (r < 0)
		free(got);
	free(why);
	return r < 0 ? -1 : 1;
}
