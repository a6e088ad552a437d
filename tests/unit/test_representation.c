#include "tests/unit/test.h"

#include <stdlib.h>
#include <zlib.h>

#include "services/http-api/requests/representation.h"

TEST(the_same_bytes_have_the_same_tag_and_others_another)
{
	char a[ETAG_MAX], b[ETAG_MAX], c[ETAG_MAX];

	etag_of("{}", 2, a);
	etag_of("{}", 2, b);
	etag_of("[]", 2, c);
	is_str(a, b);
	ok(strcmp(a, c) != 0);
	ok(!strncmp(a, "W/\"", 3) && strlen(a) == 20);
}

TEST(a_list_of_tags_is_searched)
{
	static const struct {
		const char *list;
		int want;
	} t[] = {{"W/\"12\"", 1}, {"\"12\"", 1}, {"*", 1}, {"\"1\", W/\"12\"", 1}, {" W/\"12\" , \"3\"", 1},
		 {"", 0}, {"\"123\"", 0}, {"12", 0}, {"\"12", 0}, {"\"12\"3", 0}, {"*x", 0}, {",,,", 0},
		 {"W/", 0}, {"W/\"1\"2\"", 0}};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ok(etag_listed(t[i].list, "W/\"12\"") == t[i].want, "%s", t[i].list);
}

TEST(gzip_is_sent_to_who_takes_it)
{
	static const struct {
		const char *accept;
		int want;
	} t[] = {{NULL, 0}, {"", 0}, {"gzip", 1}, {"GZIP", 1}, {"deflate, gzip", 1}, {"gzip;q=0.5, br", 1},
		 {"gzip;q=0", 0}, {"gzip; q=0.0, br", 0}, {"gzip, br;q=0", 1}, {"br", 0}, {"gzipped", 0},
		 {"x-gzip", 0}, {"identity", 0}};
	size_t i;

	for (i = 0; i < sizeof(t) / sizeof(t[0]); i++)
		ok(accepts_gzip(t[i].accept) == t[i].want, "%s", t[i].accept);
}

TEST(what_is_packed_comes_out_again)
{
	char body[5000], out[5000];
	z_stream z = {0};
	size_t len, i;
	char *packed;

	for (i = 0; i < sizeof(body); i++)
		body[i] = "{\"spo2\":97},"[i % 12];
	packed = gzip(body, sizeof(body), &len);
	if (!ok(packed && len < 500))
		return;
	z.next_in = (Bytef *)packed;
	z.avail_in = (uInt)len;
	z.next_out = (Bytef *)out;
	z.avail_out = sizeof(out);
	ok(inflateInit2(&z, 31) == Z_OK && inflate(&z, Z_FINISH) == Z_STREAM_END);
	ok(z.total_out == sizeof(out) && !memcmp(body, out, sizeof(out)));
	(void)inflateEnd(&z);
	free(packed);
}

TEST(what_would_not_shrink_stays_plain)
{
	char noise[4000];
	size_t len, i;

	srand(1);
	for (i = 0; i < sizeof(noise); i++)
		noise[i] = (char)rand();
	ok(!gzip(noise, sizeof(noise), &len));
	ok(!gzip("{}", 2, &len));
}

int
main(void)
{
	RUN(the_same_bytes_have_the_same_tag_and_others_another);
	RUN(a_list_of_tags_is_searched);
	RUN(gzip_is_sent_to_who_takes_it);
	RUN(what_is_packed_comes_out_again);
	RUN(what_would_not_shrink_stays_plain);
	return test_done();
}
