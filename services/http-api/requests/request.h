/*
 * request - one request on its way through libmicrohttpd; for in_http.c only
 *
 * libmicrohttpd calls request_begin() with the request line, then request_go_on() with the head,
 * with each piece of the body, at its end and when it has been woken, then request_end().
 */
#ifndef REQUEST_H
#define REQUEST_H

#include <microhttpd.h>
#include <sys/queue.h>

#include "services/http-api/requests/in_http.h"
#include "services/http-api/requests/peers.h"
#include "services/http-api/requests/representation.h"

#define HEAD_US (20 * CLOCK_SECOND)  /* for a head, also for the next one on a connection */
#define SEND_US (60 * CLOCK_SECOND)  /* for an answer to be taken */

struct request {
	struct ask ask;  /* first: an ask is its request */
	struct http *http;
	struct MHD_Connection *connection;
	struct peer *peer;
	TAILQ_ENTRY(request) waits;
	int bad_uri, begun, handed;
	int too_large;   /* the status that says so */
	char *body;
	size_t room, dropped;
	struct MHD_Response *response;
	char *cookie;    /* to be set by the answer */
	char etag[ETAG_MAX];
	int status;
	http_stream_read *read;  /* of a stream */
	int is_paused;
	size_t sent;
	int64_t since_us;
};
TAILQ_HEAD(requests, request);

struct http {
	struct MHD_Daemon *daemon;
	struct http_limits limits;
	struct peers peers;
	struct requests fresh, asleep;  /* not yet taken by http_next(); taken */
	struct requests paused;         /* streams that wait for more */
	int is_closing;
	int woken;                      /* MHD_resume_connection() does not make epoll_fd readable */
	size_t bodies;                  /* bytes of all bodies */
	struct http_counts counts;
};

void *request_begin(void *http, const char *uri, struct MHD_Connection *connection);
enum MHD_Result request_go_on(void *http, struct MHD_Connection *connection, const char *path,
			      const char *method, const char *version, const char *bytes,
			      size_t *n, void **mine);
void request_end(void *http, struct MHD_Connection *connection, void **mine,
		 enum MHD_RequestTerminationCode code);

/* Takes body; NULL is "out of memory". */
void request_set_answer(struct request *request, int status, char *body, size_t len,
			const char *type);
void request_set_problem(struct request *request, const struct problem *problem);
/* Its response is there: out of `asleep`. */
void request_wake(struct request *request);

/* What every response has. */
void request_set_head(struct request *request, const char *type, const char *cached);
/* So long for what it does now; 0: until further notice. */
void request_allow(struct request *request, int64_t more_us);

/* Streams that wait are told that there is no more. */
void streams_break_off(struct http *http);

#endif
