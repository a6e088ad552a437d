/*
 * err - why a call failed, in words a person can act on
 *
 * Functions that can fail take a struct err * last, fill it in and return -1.
 * They do not log: the caller with a policy decides, and says it once.
 */
#ifndef ERR_H
#define ERR_H

struct err {
	int code;        /* errno style: EAGAIN later, EBADMSG drop it, else reopen */
	char text[300];  /* what and where, and the cure if there is one */
};

/* Always -1, so that a failure is one line: return err_set(err, ...).  err may be NULL. */
__attribute__((format(printf, 3, 4)))
int err_set(struct err *err, int code, const char *format, ...);

/* Puts "where: " in front of what is already there.  Always -1. */
__attribute__((format(printf, 2, 3)))
int err_in(struct err *err, const char *format, ...);

/* A promise inside the program is broken: say where and dump core.  Never for input. */
#define ASSERT(promise) \
	((promise) ? (void)0 : err_broken_promise(#promise, __FILE__, __LINE__))
_Noreturn void err_broken_promise(const char *promise, const char *file, int line);

#endif
