#include "services/http-api/requests/request.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/jwt.h"
#include "common/log.h"
#include "services/http-api/requests/admit.h"
#include "services/http-api/requests/once.h"
#include "services/http-api/requests/representation.h"

/* How long a body may take, whatever it trickles: so long, and what 16 kB a second need. */
#define BODY_US (30 * CLOCK_SECOND)
#define BODY_US_PER_BYTE 60

#define BODIES_MOST 16  /* bodies of full size that may be in memory at once */

void
request_allow(struct request *r, int64_t more_us)
{
	if (r->peer)
		r->peer->until_us = more_us ? clock_mono_us() + more_us : INT64_MAX;
}

/* Called with the untouched request line: the only place where a %00 can still be seen. */
void *
request_begin(void *arg, const char *uri, struct MHD_Connection *connection)
{
	const union MHD_ConnectionInfo *mine =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
	struct request *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->http = arg;
	r->connection = connection;
	r->peer = mine ? mine->socket_context : NULL;
	r->bad_uri = strstr(uri, "%00") || strlen(uri) > 2000;
	r->since_us = clock_mono_us();
	r->http->counts.n_requests++;
	return r;
}

void
request_end(void *arg, struct MHD_Connection *connection, void **mine,
	     enum MHD_RequestTerminationCode code)
{
	struct request *r = *mine;

	(void)arg;
	(void)connection;
	if (!r)
		return;
	log_info("request", "route=\"%s %s\" status=%d ms=%lld in=%zu out=%zu%s",
		 r->ask.route ? r->ask.route->method : "?", r->ask.route ? r->ask.route->path : "?",
		 r->status, (long long)(clock_mono_us() - r->since_us) / 1000, r->ask.len, r->sent,
		 code == MHD_REQUEST_TERMINATED_COMPLETED_OK ? "" : " cut=1");
	request_allow(r, HEAD_US);
	if (r->response)
		MHD_destroy_response(r->response);
	r->http->bodies -= r->room;
	if (r->ask.release)
		r->ask.release(r->ask.work);
	caller_release(&r->ask.caller);
	free(r->cookie);
	free(r->body);
	free(r);
	*mine = NULL;
}

static enum MHD_Result
send_response(struct request *r)
{
	enum MHD_Result sent = MHD_queue_response(r->connection, (unsigned)r->status, r->response);

	MHD_destroy_response(r->response);
	r->response = NULL;
	request_allow(r, SEND_US);
	return sent;
}

static void
add_header(struct MHD_Response *response, const char *name, const char *value)
{
	(void)MHD_add_response_header(response, name, value);
}

static const char *
header(struct request *r, const char *name)
{
	return MHD_lookup_connection_value(r->connection, MHD_HEADER_KIND, name);
}

const char *
http_header(const struct ask *ask, const char *name)
{
	return header((struct request *)ask, name);
}

static int
is_listed(struct request *r)
{
	const char *origin = header(r, "Origin");

	return origin && access_origin(r->http->limits.access, origin);
}

/* CORS: a page of another site that is listed may read the answer. */
static void
allow_origin(struct request *r)
{
	if (!is_listed(r))
		return;
	add_header(r->response, "Access-Control-Allow-Origin", header(r, "Origin"));
	add_header(r->response, "Access-Control-Expose-Headers", "Location, Retry-After, ETag");
	add_header(r->response, "Vary", "Origin");
}

/* What was asked for and is here: the caller may have it already, or want it packed. */
static void
represent(struct request *r, int *status, char **body, size_t *len, int *is_packed)
{
	const char *known = header(r, "If-None-Match");
	size_t packed_len;
	char *packed;

	etag_of(*body, *len, r->etag);
	if (known && etag_listed(known, r->etag)) {
		*status = 304;
		*len = 0;
	} else if (accepts_gzip(header(r, "Accept-Encoding")) &&
		   (packed = gzip(*body, *len, &packed_len))) {
		free(*body);
		*body = packed;
		*len = packed_len;
		*is_packed = 1;
	}
}

void
request_set_head(struct request *r, const char *type, const char *cached)
{
	add_header(r->response, "Content-Type", type);
	add_header(r->response, "Cache-Control", cached);
	add_header(r->response, "X-Content-Type-Options", "nosniff");
	if (r->cookie)
		add_header(r->response, "Set-Cookie", r->cookie);
	allow_origin(r);
}

void
request_set_answer(struct request *r, int status, char *body, size_t len, const char *type)
{
	int is_read = status == 200 && r->ask.route && !strcmp(r->ask.route->method, "GET");
	int is_packed = 0;

	if (!body) {  /* out of memory: the status must do */
		status = 500;
		len = 0;
	} else if (is_read) {
		represent(r, &status, &body, &len, &is_packed);
	}
	r->response = MHD_create_response_from_buffer(len, body, MHD_RESPMEM_MUST_FREE);
	ASSERT(r->response);
	r->status = status;
	r->sent = len;
	r->http->counts.n_refused += status >= 400 && status < 500;
	r->http->counts.n_failed += status >= 500;
	request_set_head(r, type, is_read ? "private, no-cache" : "no-store");
	if (is_read) {
		add_header(r->response, "ETag", r->etag);
		add_header(r->response, "Vary", "Accept-Encoding, Authorization, Cookie");
	}
	if (is_packed)
		add_header(r->response, "Content-Encoding", "gzip");
}

/* An agent is told where it says who gives tokens. */
static void
challenge(struct request *r)
{
	const char *host = header(r, "Host");
	char text[400];

	(void)snprintf(text, sizeof(text), "Bearer realm=\"ihht\"");
	if (r->ask.route->kind == ROUTE_MCP && host && strlen(host) < 260)
		(void)snprintf(text, sizeof(text), "Bearer realm=\"ihht\", resource_metadata=\"%s://%s%s%s\"",
			       r->ask.is_https ? "https" : "http", host, MCP_TOKENS_PATH, MCP_PATH);
	add_header(r->response, "WWW-Authenticate", text);
}

void
request_set_problem(struct request *r, const struct problem *problem)
{
	char seconds[16];
	size_t len;
	char *text = problem_text(problem, &len);

	request_set_answer(r, problem->status, text, len, "application/problem+json");
	if (problem->allow[0])
		add_header(r->response, "Allow", problem->allow);
	if (problem->status == 401)
		challenge(r);
	(void)snprintf(seconds, sizeof(seconds), "%d", problem->retry_after_s);
	if (problem->retry_after_s)
		add_header(r->response, "Retry-After", seconds);
}

/* ---- head */

struct args_in {
	struct ask *ask;
	struct problem *problem;
};

static enum MHD_Result
take_arg(void *arg, enum MHD_ValueKind kind, const char *name, const char *value)
{
	struct args_in *in = arg;
	struct ask *ask = in->ask;
	char list[160];
	size_t i;

	(void)kind;
	if (!route_param(ask->route, name)) {
		(void)problem_set(in->problem, 400, name, "no such argument; there are: %s",
				  route_params(ask->route, list, sizeof(list)));
		return MHD_NO;
	}
	for (i = 0; i < ask->n_args && strcmp(ask->args[i].name, name); i++)
		;
	if (i < ask->n_args || !value || i == ASK_ARGS) {
		(void)problem_set(in->problem, 400, name, "must be given once, with a value");
		return MHD_NO;
	}
	ask->args[ask->n_args++] = (struct ask_arg){name, value};
	return MHD_YES;
}

/* Who asks: 0, or -1 and a 401. */
static int
identify(struct request *r, struct problem *problem)
{
	char token[JWT_MAX_BYTES + 2];
	struct err err;

	if (r->ask.route->is_open)
		return 0;
	if (!access_token(header(r, "Authorization"), header(r, "Cookie"), token, sizeof(token)))
		return problem_set(problem, 401, "Authorization", "must be Bearer and a token; `ihht "
				   "token` makes one");
	if (access_check(r->http->limits.access, token, clock_utc_us(), &r->ask.caller, &err) < 0)
		return problem_set(problem, 401, "Authorization", "%s", err.text);
	return 0;
}

static enum MHD_Result
see_header(void *once, enum MHD_ValueKind kind, const char *name, const char *value)
{
	(void)kind;
	(void)value;
	once_see(once, name);
	return MHD_YES;
}

/* 0, or -1 and why not.  404 and 405 come first, so that they are told without a body. */
static int
check_head(struct request *r, const char *method, const char *path, struct problem *problem)
{
	struct head head = {.host = header(r, "Host"), .origin = header(r, "Origin"),
			    .content_type = header(r, "Content-Type"),
			    .content_encoding = header(r, "Content-Encoding"),
			    .content_length = header(r, "Content-Length"),
			    .is_listed = is_listed(r)};
	struct args_in in = {&r->ask, problem};
	struct once once = {0};

	if (r->bad_uri)
		return problem_set(problem, 400, "", "the address is too long or has a NUL in it");
	if (route_find(method, path, &r->ask.route, r->ask.key, problem) < 0)
		return -1;
	(void)MHD_get_connection_values(r->connection, MHD_HEADER_KIND, see_header, &once);
	if (once.twice)
		return problem_set(problem, 400, once.twice, "must be given once");
	head.has_body = !strcmp(r->ask.route->method, "POST");
	if (admit(&head, r->http->limits.hosts, r->http->limits.body_bytes, problem) < 0)
		return -1;
	r->ask.idempotency_key = header(r, "Idempotency-Key");
	r->ask.is_https = header(r, "X-Forwarded-Proto") && !strcmp(header(r, "X-Forwarded-Proto"), "https");
	problem->status = 0;
	(void)MHD_get_connection_values(r->connection, MHD_GET_ARGUMENT_KIND, take_arg, &in);
	return problem->status ? -1 : identify(r, problem);
}

/* A browser asks first whether a listed page may send what it is about to. */
static enum MHD_Result
answer_preflight(struct request *r)
{
	request_set_answer(r, 204, strdup(""), 0, "text/plain");
	add_header(r->response, "Access-Control-Allow-Methods", "GET, POST, DELETE");
	add_header(r->response, "Access-Control-Allow-Headers",
		   "Authorization, Content-Type, Idempotency-Key, If-None-Match, Mcp-Method, "
		   "Mcp-Name, MCP-Protocol-Version");
	add_header(r->response, "Access-Control-Max-Age", "600");
	return send_response(r);
}

static enum MHD_Result
begin(struct request *r, const char *method, const char *path)
{
	struct problem problem;

	r->begun = 1;
	request_allow(r, BODY_US);
	if (!strcmp(method, "OPTIONS") && is_listed(r))
		return answer_preflight(r);
	if (check_head(r, method, path, &problem) == 0)
		return MHD_YES;
	request_set_problem(r, &problem);
	return send_response(r);
}

/* ---- body */

static int
make_room(struct request *r, size_t need)
{
	size_t room = r->room ? r->room : 2048, most = r->http->limits.body_bytes;
	char *body;

	if (need <= r->room)
		return 0;
	while (room < need)
		room *= 2;
	room = room > most ? most : room;
	if (r->http->bodies + room - r->room > most * BODIES_MOST)
		return -1;
	if (!(body = realloc(r->body, room)))
		return -1;
	r->http->bodies += room - r->room;
	r->body = body;
	r->room = room;
	return 0;
}

/* What is too large is read to its end and refused then, as a sender deaf until it has sent
 * all would not hear us before; but not for ever. */
static enum MHD_Result
take_body(struct request *r, const char *bytes, size_t n)
{
	if (r->too_large || n > r->http->limits.body_bytes - r->ask.len) {
		r->too_large = 413;
		r->dropped += n;
		return r->dropped > 2 * r->http->limits.body_bytes ? MHD_NO : MHD_YES;
	}
	if (make_room(r, r->ask.len + n) < 0) {
		r->too_large = 503;
		return MHD_YES;
	}
	memcpy(r->body + r->ask.len, bytes, n);
	r->ask.len += n;
	r->ask.body = r->body;
	return MHD_YES;
}

static enum MHD_Result
hand_over(struct request *r)
{
	struct problem problem;

	if (r->too_large) {
		(void)problem_set(&problem, r->too_large, "",
				  r->too_large == 413 ? "a body may have %zu bytes"
						      : "too many bodies of up to %zu bytes at once",
				  r->http->limits.body_bytes);
		request_set_problem(r, &problem);
		return send_response(r);
	}
	r->handed = 1;
	request_allow(r, 0);
	MHD_suspend_connection(r->connection);
	TAILQ_INSERT_TAIL(&r->http->fresh, r, waits);
	return MHD_YES;
}

enum MHD_Result
request_go_on(void *arg, struct MHD_Connection *connection, const char *path, const char *method,
	   const char *version, const char *bytes, size_t *n, void **mine)
{
	struct request *r = *mine;
	enum MHD_Result taken;

	(void)arg;
	(void)connection;
	(void)version;
	if (!r)
		return MHD_NO;  /* out of memory */
	if (!r->begun)
		return begin(r, method, path);
	if (*n) {
		if (r->peer)
			r->peer->until_us += (int64_t)*n * BODY_US_PER_BYTE;
		taken = take_body(r, bytes, *n);
		*n = 0;
		return taken;
	}
	if (r->response)
		return send_response(r);
	return r->handed ? MHD_YES : hand_over(r);
}
