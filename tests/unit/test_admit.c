#include "services/http-api/requests/admit.h"
#include "tests/unit/test.h"

#define HOSTS "ihht.example  clinic"
#define JSON  "application/json"

TEST(a_head_is_admitted_or_refused_by_each_of_its_lines)
{
	static const struct {
		struct head head;  /* host, origin, type, encoding, length, has_body, is_listed */
		int status;        /* 0: admitted */
		const char *field;
	} t[] = {
		{{"localhost", NULL, NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"LocalHost:8080", NULL, NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"127.0.0.1:1", NULL, NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"[::1]", NULL, NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"[::1]:65535", NULL, NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"ihht.example", NULL, NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"clinic:80", NULL, NULL, NULL, NULL, 0, 0}, 0, ""},
		{{NULL, NULL, NULL, NULL, NULL, 0, 0}, 400, "Host"},
		{{"", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{":80", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"evil.example", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"localhost.evil.example", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"xlocalhost", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"local", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"ihht.example clinic", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"localhost:", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"localhost:80x", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"localhost:123456", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"localhost:80@evil.example", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"[::1", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"[::1]x", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"127.0.0.2", NULL, NULL, NULL, NULL, 0, 0}, 421, "Host"},
		{{"localhost", "http://localhost:8080", NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"localhost", "https://ihht.example", NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"localhost", "http://[::1]:8080", NULL, NULL, NULL, 0, 0}, 0, ""},
		{{"localhost", "http://evil.example", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "http://localhost.evil.example", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "http://localhost@evil.example", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "http://localhost/", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "file://localhost", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "localhost", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "null", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "", NULL, NULL, NULL, 0, 0}, 403, "Origin"},
		{{"localhost", "https://app.example", NULL, NULL, NULL, 0, 1}, 0, ""},
		{{"evil.example", "https://app.example", NULL, NULL, NULL, 0, 1}, 421, "Host"},
		{{"localhost", NULL, JSON, NULL, "1000", 1, 0}, 0, ""},
		{{"localhost", NULL, "Application/JSON; charset=utf-8", NULL, "0", 1, 0}, 0, ""},
		{{"localhost", NULL, JSON " ;x", NULL, NULL, 1, 0}, 0, ""},
		{{"localhost", NULL, NULL, NULL, "10", 1, 0}, 415, "Content-Type"},
		{{"localhost", NULL, "", NULL, "10", 1, 0}, 415, "Content-Type"},
		{{"localhost", NULL, "text/plain", NULL, "10", 1, 0}, 415, "Content-Type"},
		{{"localhost", NULL, JSON "p", NULL, "10", 1, 0}, 415, "Content-Type"},
		{{"localhost", NULL, "application/x-www-form-urlencoded", NULL, "10", 1, 0}, 415, "Content-Type"},
		{{"localhost", NULL, "text/plain;" JSON, NULL, "10", 1, 0}, 415, "Content-Type"},
		{{"localhost", NULL, JSON, "gzip", "10", 1, 0}, 415, "Content-Encoding"},
		{{"localhost", NULL, JSON, NULL, "1001", 1, 0}, 413, ""},
		{{"localhost", NULL, JSON, NULL, "99999999999999999999999", 1, 0}, 413, ""},
		{{"localhost", NULL, JSON, NULL, "-1", 1, 0}, 413, ""},
	};
	struct problem problem;
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++) {
		problem = (struct problem){0};
		ok(admit(&t[i].head, HOSTS, 1000, &problem) == (t[i].status ? -1 : 0) &&
		   problem.status == t[i].status, "%zu %s %s: %d", i, t[i].head.host ? t[i].head.host : "-",
		   t[i].head.origin ? t[i].head.origin : "-", problem.status);
		is_str(problem.field, t[i].field);
	}
}

int
main(void)
{
	RUN(a_head_is_admitted_or_refused_by_each_of_its_lines);
	return test_done();
}
