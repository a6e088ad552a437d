/*
 * stream - an answer that is made while it is taken: see in_http.h
 */
#include <stdio.h>

#include "common/clock.h"
#include "services/http-api/requests/request.h"

#define STREAM_PIECE 65536

static void
pause_stream(struct request *r)
{
	r->is_paused = 1;
	TAILQ_INSERT_TAIL(&r->http->paused, r, waits);
	request_allow(r, 0);
	MHD_suspend_connection(r->connection);
}

/* As long as it is taken it may go on; who takes nothing is cut off as with any answer. */
static ssize_t
read_stream(void *arg, uint64_t pos, char *to, size_t room)
{
	struct request *r = arg;
	long n = r->http->is_closing ? HTTP_STREAM_BROKEN : r->read(r->ask.work, to, room);

	(void)pos;
	if (n == HTTP_STREAM_END)
		return MHD_CONTENT_READER_END_OF_STREAM;
	if (n == HTTP_STREAM_BROKEN)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (n == 0) {
		pause_stream(r);
		return 0;
	}
	r->sent += (size_t)n;
	request_allow(r, SEND_US);
	return n;
}

void
http_stream(struct ask *ask, const char *type, const char *filename, http_stream_read *read)
{
	struct request *r = (struct request *)ask;
	char disposition[200];

	r->read = read;
	r->status = 200;
	r->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_PIECE, read_stream, r, NULL);
	ASSERT(r->response);
	(void)snprintf(disposition, sizeof(disposition), "attachment; filename=\"%s\"", filename);
	(void)MHD_add_response_header(r->response, "Content-Disposition", disposition);
	request_set_head(r, type, "no-store");
	request_wake(r);
}

void
http_stream_go_on(struct ask *ask)
{
	struct request *r = (struct request *)ask;

	ASSERT(r->is_paused);
	r->is_paused = 0;
	TAILQ_REMOVE(&r->http->paused, r, waits);
	request_allow(r, SEND_US);
	MHD_resume_connection(r->connection);
	r->http->woken = 1;
}

void
streams_break_off(struct http *http)
{
	struct request *r;

	http->is_closing = 1;
	while ((r = TAILQ_FIRST(&http->paused)))
		http_stream_go_on(&r->ask);
}
