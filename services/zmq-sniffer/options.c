#include "services/zmq-sniffer/options.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>

/* The name is in the comma-separated list. */
static int
listed(const char *list, const char *name)
{
	size_t n = strlen(name);
	const char *p;

	for (p = list; p; p = strchr(p, ',') ? strchr(p, ',') + 1 : NULL)
		if (!strncmp(p, name, n) && (!p[n] || p[n] == ','))
			return 1;
	return 0;
}

static const struct link_row *
find_row(const char *name, size_t len)
{
	const struct link_row *row;
	size_t i;

	for (i = 0; (row = link_row(i)); i++)
		if (strlen(row->name) == len && !memcmp(row->name, name, len))
			return row;
	return NULL;
}

static int
check_links(const char *list, struct err *err)
{
	const struct link_row *row;
	const char *p = list;
	size_t len;

	for (;; p += len + 1) {
		len = strcspn(p, ",");
		if (!(row = find_row(p, len)))
			return err_set(err, EINVAL, "--link %.*s: no such link; there are live, news, "
				       "receipts, beats", (int)len, p);
		if (row->pattern != PUB_SUB)
			return err_set(err, EINVAL, "--link %s: reading it would take messages away "
				       "from %s; PUB links are live, news, receipts, beats", row->name,
				       row->to);
		if (!p[len])
			return 0;
	}
}

/* A prefix of "<message>/…" for some message. */
static int
check_topic(const char *topic, struct err *err)
{
	const struct message *m;
	size_t len = strcspn(topic, "/");
	int i;

	for (i = 0; (m = msg_at(i)); i++)
		if (topic[len] ? strlen(m->name) == len && !strncmp(m->name, topic, len)
			       : !strncmp(m->name, topic, len))
			return 0;
	return err_set(err, EINVAL, "--topic %s: a topic begins with a message's name, as in "
		       "sample/ or session/gate-1/", topic);
}

static int
read_number(const char *name, const char *text, double least, double most, double *value,
	    struct err *err)
{
	char *end;

	*value = strtod(text, &end);
	if (end == text || *end || !(*value >= least && *value <= most))
		return err_set(err, EINVAL, "--%s %s: must be a number from %g to %g", name, text,
			       least, most);
	return 0;
}

static int
take(struct options *o, int option, struct err *err)
{
	double count;

	switch (option) {
	case 'c':
		o->config = optarg;
		return 0;
	case 't':
		if (o->n_topics == OPTIONS_TOPICS)
			return err_set(err, EINVAL, "--topic: at most %d", OPTIONS_TOPICS);
		o->topics[o->n_topics++] = optarg;
		return check_topic(optarg, err);
	case 'w':
		return filter_add(&o->filter, optarg, err) < 0 ? err_in(err, "--where") : 0;
	case 'l':
		o->links = optarg;
		return check_links(optarg, err);
	case 'n':
		if (read_number("count", optarg, 1, 1e15, &count, err) < 0)
			return -1;
		o->count = (int64_t)count;
		return 0;
	case 'r':
		o->record = optarg;
		return 0;
	case 's':
		return read_number("for", optarg, 0.001, 1e9, &o->seconds, err);
	default:
		return err_set(err, EINVAL, "unknown option, or one without its value");
	}
}

static int
can_carry(const struct link_row *row, const char *topic)
{
	const struct message *m;
	size_t len = strcspn(topic, "/");
	int i;

	for (i = 0; (m = msg_at(i)); i++)
		if (strstr(m->links, row->name) && !strncmp(m->name, topic, len) &&
		    (!topic[len] || !m->name[len]))
			return 1;
	return 0;
}

int
options_want(const struct options *options, const struct link_row *row)
{
	size_t i;

	if (row->pattern != PUB_SUB || (options->links && !listed(options->links, row->name)))
		return 0;
	for (i = 0; i < options->n_topics; i++)
		if (can_carry(row, options->topics[i]))
			return 1;
	return !options->n_topics;
}

static int
check_any_link(const struct options *options, struct err *err)
{
	const struct link_row *row;
	size_t i;

	for (i = 0; (row = link_row(i)); i++)
		if (options_want(options, row))
			return 0;
	return err_set(err, EINVAL, "--topic %s: no such message travels on %s", options->topics[0],
		       options->links ? options->links : "a PUB link");
}

/* A capture holds nothing but `raw`, which is sent only when it is asked for by its name. */
static int
check_record(struct options *o, struct err *err)
{
	size_t i;

	if (!o->n_topics)
		o->topics[o->n_topics++] = "raw/";
	for (i = 0; i < o->n_topics; i++)
		if (strncmp(o->topics[i], "raw/", 4))
			return err_set(err, EINVAL, "--record keeps raw/ only, not --topic %s",
				       o->topics[i]);
	return o->json ? err_set(err, EINVAL, "--record shows nothing, so --json has no meaning") : 0;
}

int
options_read(struct options *options, int argc, char **argv, struct err *err)
{
	static const struct option known[] = {
		{"config", required_argument, NULL, 'c'}, {"topic", required_argument, NULL, 't'},
		{"where", required_argument, NULL, 'w'},  {"link", required_argument, NULL, 'l'},
		{"count", required_argument, NULL, 'n'},  {"for", required_argument, NULL, 's'},
		{"json", no_argument, NULL, 'j'},         {"check", no_argument, NULL, 'k'},
		{"help", no_argument, NULL, 'h'},         {"version", no_argument, NULL, 'v'},
		{"record", required_argument, NULL, 'r'},
		{NULL, 0, NULL, 0}};
	int o;

	opterr = 0;
	while ((o = getopt_long(argc, argv, "", known, NULL)) != -1) {
		if (o == 'j')
			options->json = 1;
		else if (o == 'k')
			options->only_check = 1;
		else if (o == 'h')
			options->help = 1;
		else if (o == 'v')
			options->version = 1;
		else if (take(options, o, err) < 0)
			return -1;
	}
	if (optind < argc)
		return err_set(err, EINVAL, "%s: no such argument", argv[optind]);
	if (options->record && check_record(options, err) < 0)
		return -1;
	return check_any_link(options, err);
}

int
options_see_holes(const struct options *options)
{
	const char *slash;
	size_t i;

	for (i = 0; i < options->n_topics; i++)
		if ((slash = strchr(options->topics[i], '/')) && slash[1])
			return 0;
	return 1;
}
