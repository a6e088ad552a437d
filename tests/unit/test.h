/*
 * test - TAP in one header
 *
 *	TEST(every_truncation_is_refused)
 *	{
 *		ok(n > 0, "n is %d", n);
 *		is_int(f(3), 9);
 *	}
 *
 *	int
 *	main(void)
 *	{
 *		RUN(every_truncation_is_refused);
 *		return test_done();
 *	}
 *
 * One TEST is one line of TAP; each check in it that fails is told with file, line and
 * values (the first ten of a test).  Checks return whether they held.
 */
#ifndef TEST_H
#define TEST_H

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct {
	int n, n_failed;        /* tests */
	int n_bad;              /* failed checks of the running test */
	const char *skip;       /* why it was not run */
} test_state;

#define TEST(name) static void test_##name(void)
#define RUN(name)  test_run(#name, test_##name)

#define ok(cond, ...)         test_ok((cond) ? 1 : 0, __FILE__, __LINE__, #cond, " " __VA_ARGS__)
#define is_int(got, want)     test_int((long long)(got), (long long)(want), __FILE__, __LINE__, #got)
#define is_str(got, want)     test_str((got), (want), __FILE__, __LINE__, #got)
#define is_real(got, want)    test_real((got), (want), __FILE__, __LINE__, #got)
#define has_str(got, part)    test_has((got), (part), __FILE__, __LINE__, #got)

/* Leaves the test: what it needs is not here. */
#define SKIP(why)                         \
	do {                              \
		test_state.skip = (why);  \
		return;                   \
	} while (0)

__attribute__((unused, format(printf, 3, 4))) static int
test_bad(const char *file, int line, const char *format, ...)
{
	va_list args;

	if (++test_state.n_bad > 10)
		return 0;
	printf("# %s:%d: ", file, line);
	va_start(args, format);
	vprintf(format, args);
	va_end(args);
	printf("\n");
	return 0;
}

__attribute__((unused, format(printf, 5, 6))) static int
test_ok(int holds, const char *file, int line, const char *what, const char *format, ...)
{
	char text[512];
	va_list args;

	if (holds)
		return 1;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	return test_bad(file, line, "not true: %s%s%s", what, text[1] ? ";" : "", text);
}

__attribute__((unused)) static int
test_int(long long got, long long want, const char *file, int line, const char *what)
{
	if (got == want)
		return 1;
	return test_bad(file, line, "%s is %lld, not %lld", what, got, want);
}

__attribute__((unused)) static int
test_real(double got, double want, const char *file, int line, const char *what)
{
	if ((isnan(got) && isnan(want)) || (got >= want && got <= want))
		return 1;
	return test_bad(file, line, "%s is %.17g, not %.17g", what, got, want);
}

__attribute__((unused)) static int
test_str(const char *got, const char *want, const char *file, int line, const char *what)
{
	if (got && want ? strcmp(got, want) == 0 : got == want)
		return 1;
	return test_bad(file, line, "%s is \"%s\", not \"%s\"", what, got ? got : "(null)",
			want ? want : "(null)");
}

__attribute__((unused)) static int
test_has(const char *got, const char *part, const char *file, int line, const char *what)
{
	if (got && strstr(got, part))
		return 1;
	return test_bad(file, line, "%s is \"%s\", without \"%s\"", what, got ? got : "(null)",
			part);
}

__attribute__((unused)) static void
test_run(const char *name, void (*test)(void))
{
	char text[200];
	size_t i;

	test_state.n_bad = 0;
	test_state.skip = NULL;
	test();
	for (i = 0; name[i] && i + 1 < sizeof(text); i++)
		text[i] = name[i] == '_' ? ' ' : name[i];
	text[i] = '\0';
	if (test_state.n_bad > 10)
		printf("# and %d more\n", test_state.n_bad - 10);
	printf("%sok %d - %s%s%s\n", test_state.n_bad ? "not " : "", ++test_state.n, text,
	       test_state.skip ? " # SKIP " : "", test_state.skip ? test_state.skip : "");
	fflush(stdout);
	test_state.n_failed += test_state.n_bad != 0;
}

/* For main to return: 0 when all held. */
__attribute__((unused)) static int
test_done(void)
{
	printf("1..%d\n", test_state.n);
	return test_state.n_failed != 0;
}

#endif
