#include "proto/link_where.h"

#include <errno.h>
#include <string.h>

#include "proto/link_curve.h"
#include "proto/links.def"

#define ROW(name_, pattern_, from_, to_, binder_, hwm_, meaning_)                       \
	{.name = #name_, .from = from_, .to = to_, .binder = binder_, .meaning = meaning_, \
	 .pattern = pattern_, .hwm = hwm_},
static const struct link_row rows[] = {LINKS(ROW)};

#define NAME(process, promise)    process,
#define PROMISE(process, promise) promise,
static const char *const processes[] = {PROCESSES(NAME) NULL};
static const char *const promises[] = {PROCESSES(PROMISE) NULL};

const struct link_row *
link_row(size_t n)
{
	return n < sizeof(rows) / sizeof(rows[0]) ? &rows[n] : NULL;
}

const char *
link_process(size_t n)
{
	return n < sizeof(processes) / sizeof(processes[0]) ? processes[n] : NULL;
}

const char *
link_promise(size_t n)
{
	return n < sizeof(promises) / sizeof(promises[0]) ? promises[n] : NULL;
}

const struct link_row *
link_row_of(const char *name)
{
	const struct link_row *row;
	size_t i;

	for (i = 0; (row = link_row(i)); i++)
		if (!strcmp(row->name, name))
			return row;
	return NULL;
}

static int
is_tcp(const char *endpoint)
{
	return !strncmp(endpoint, "tcp://", 6);
}

int
link_endpoint(const struct process *p, const struct link_row *row, const char *binder, int n,
	      char *endpoint, size_t size, struct err *err)
{
	const char *value = conf_find(p->conf, "links", row->name), *colon;
	int used;

	if (value && *value && strchr("@>", *value))
		value++;
	if (!value || !*value)
		used = !strcmp(row->binder, "*")
			       ? snprintf(endpoint, size, "ipc://%s/%s-%s", p->run_dir, row->name, binder)
			       : snprintf(endpoint, size, "ipc://%s/%s", p->run_dir, row->name);
	else if (is_tcp(value) && (colon = strrchr(value + 6, ':')))
		return snprintf(endpoint, size, "%.*s:%d", (int)(colon - value), value,
				atoi(colon + 1) + n - 1) < (int)size
			       ? 0
			       : err_set(err, ENAMETOOLONG, "links/%s: too long", row->name);
	else
		used = snprintf(endpoint, size, "%s", value);
	if (n > 1 && used < (int)size)
		used += snprintf(endpoint + used, size - (size_t)used, "-%d", n);
	if (used - 6 > 107)  /* sockaddr_un */
		return err_set(err, ENAMETOOLONG, "%s: %.150s is too long for a socket; give gateway/run "
			       "a shorter path", row->name, endpoint);
	return 0;
}

static int
binds(const struct process *p, const struct link_row *row, enum link_end end)
{
	const char *value = conf_find(p->conf, "links", row->name);

	if (value && (*value == '@' || *value == '>'))
		return *value == '@';
	if (!strcmp(row->binder, "*"))
		return end == LINK_OUT;
	return !strcmp(row->binder, p->manual->name);
}

static int
bind_one(zsock_t *sock, const struct link_row *row, struct process *p, struct err *err)
{
	char endpoint[300];

	if (link_endpoint(p, row, p->manual->name, p->instance, endpoint, sizeof(endpoint), err) < 0)
		return -1;
	if (is_tcp(endpoint) && curve_serve(sock, &p->auth, p->conf, err) < 0)
		return -1;
	if (zmq_bind(zsock_resolve(sock), endpoint) < 0)
		return err_set(err, errno, "%s: cannot bind %s: %s", row->name, endpoint,
			       zmq_strerror(errno));
	return 0;
}

/* To every instance of the process that binds. */
static int
connect_to(zsock_t *sock, const struct link_row *row, const struct process *p, const char *binder,
	   struct err *err)
{
	int i, n = process_instances(p, binder);
	char endpoint[300];

	for (i = 1; i <= n; i++) {
		if (link_endpoint(p, row, binder, i, endpoint, sizeof(endpoint), err) < 0)
			return -1;
		if (is_tcp(endpoint) && curve_join(sock, row->name, p->conf, err) < 0)
			return -1;
		if (zmq_connect(zsock_resolve(sock), endpoint) < 0)
			return err_set(err, errno, "%s: cannot connect %s: %s", row->name,
				       endpoint, zmq_strerror(errno));
	}
	return 0;
}

int
where_attach(zsock_t *sock, const struct link_row *row, struct process *p, enum link_end end,
	     struct err *err)
{
	size_t i;

	if (binds(p, row, end))
		return bind_one(sock, row, p, err);
	if (strcmp(row->binder, "*"))
		return connect_to(sock, row, p, row->binder, err);
	for (i = 0; processes[i]; i++)
		if (connect_to(sock, row, p, processes[i], err) < 0)
			return -1;
	return 0;
}
