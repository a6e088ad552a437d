#include "services/zmq-sniffer/print.h"

#include <jansson.h>
#include <string.h>
#include <time.h>

#include "proto/msg_json.h"

#define MAX_TEXT 8192

/* Length of the UTF-8 character at p, 0 when it is none or a control character. */
static size_t
character(const unsigned char *p)
{
	size_t n = *p < 0x80 ? 1 : *p >= 0xf0 ? 4 : *p >= 0xe0 ? 3 : 2, i;

	if (*p < 0x20 || (*p >= 0x7f && *p < 0xc2) || *p > 0xf4)
		return 0;
	for (i = 1; i < n; i++)
		if ((p[i] & 0xc0) != 0x80)
			return 0;
	if ((*p == 0xc2 && p[1] < 0xa0) || (*p == 0xe0 && p[1] < 0xa0) ||  /* C1, too long a form */
	    (*p == 0xf0 && p[1] < 0x90) || (*p == 0xed && p[1] > 0x9f) ||  /* too long, surrogate */
	    (*p == 0xf4 && p[1] > 0x8f))
		return 0;
	return n;
}

void
print_clean(char *text)
{
	unsigned char *p = (unsigned char *)text;
	size_t n;

	for (; *p; p += n ? n : 1)
		if (!(n = character(p)))
			*p = '.';
}

static void
print_time(FILE *to, int64_t at_us)
{
	time_t seconds = (time_t)(at_us / 1000000);
	struct tm tm;

	localtime_r(&seconds, &tm);
	fprintf(to, "%02d:%02d:%02d.%06d", tm.tm_hour, tm.tm_min, tm.tm_sec,
		(int)(at_us % 1000000));
}

static void
print_json(const struct print *print, json_t *line)
{
	json_dumpf(line, print->to, JSON_COMPACT | JSON_REAL_PRECISION(10));
	fputc('\n', print->to);
	json_decref(line);
}

void
print_message(const struct print *print, int64_t at_us, const char *link,
	      const struct link_frame *frame)
{
	char text[MAX_TEXT];

	(void)snprintf(text, sizeof(text), "%s", frame->topic);
	print_clean(text);
	if (print->json) {
		print_json(print, json_pack("{s:I, s:s, s:s, s:I, s:I, s:o}", "at_us",
					    (json_int_t)at_us, "link", link, "topic", text, "run",
					    (json_int_t)frame->head.run, "n",
					    (json_int_t)frame->head.n, frame->message->name,
					    msg_json(frame->message, frame->msg)));
		return;
	}
	print_time(print->to, at_us);
	fprintf(print->to, " %-8s %-28s ", link, text);
	msg_text(frame->message, frame->msg, text, sizeof(text));
	print_clean(text);
	fprintf(print->to, "%s\n", text);
}

void
print_bad(const struct print *print, int64_t at_us, const char *link, const char *topic,
	  const char *why)
{
	char shown[300], reason[320];

	(void)snprintf(shown, sizeof(shown), "%s", topic ? topic : "?");
	(void)snprintf(reason, sizeof(reason), "%s", why);
	print_clean(shown);
	print_clean(reason);
	if (print->json) {
		print_json(print, json_pack("{s:I, s:s, s:s, s:s}", "at_us", (json_int_t)at_us,
					    "link", link, "topic", shown, "undecodable", reason));
		return;
	}
	print_time(print->to, at_us);
	fprintf(print->to, " %-8s %-28s UNDECODABLE %s\n", link, shown, reason);
}
