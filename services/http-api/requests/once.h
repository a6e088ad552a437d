/*
 * once - headers that may come once: of two, a proxy before us could have read the other
 */
#ifndef ONCE_H
#define ONCE_H

struct once {
	unsigned seen;
	const char *twice;  /* the first of them that came again; NULL: none */
};

void once_see(struct once *once, const char *name);

#endif
