#include "proto/msg_json.h"

#include <errno.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"

static json_t *
json_set(const struct msg_field *f, int64_t v)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < f->words->n; i++)
		if (v >> i & 1)
			json_array_append_new(list, json_string(f->words->texts[i]));
	return list;
}

static json_t *
json_bytes(const struct msg_bytes *bin)
{
	char *text = malloc((size_t)bin->len * 4 / 3 + 5);
	json_t *string;

	if (!text)
		return NULL;
	EVP_EncodeBlock((unsigned char *)text, bin->bytes, (int)bin->len);
	string = json_string(text);
	free(text);
	return string;
}

static json_t *
json_field(const struct msg_field *f, const void *msg)
{
	if (f->kind != MSG_SET && msg_absent(f, msg))
		return json_null();
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		return json_integer(msg_int(f, msg));
	case MSG_REAL:
		return json_real(msg_real(f, msg));
	case MSG_WORD:
		return json_string(words_text(f->words, msg_int(f, msg)));
	case MSG_SET:
		return json_set(f, msg_int(f, msg));
	case MSG_STR:
	case MSG_UUID:
		return json_string(msg_str(f, msg));
	case MSG_BIN:
		return json_bytes(msg_bin(f, msg));
	}
	return NULL;
}

json_t *
msg_json(const struct message *message, const void *msg)
{
	json_t *object = json_object();
	int i;

	for (i = 0; i < message->n_fields; i++)
		json_object_set_new(object, message->fields[i].name,
				    json_field(&message->fields[i], msg));
	return object;
}

/* ---- the way in */

static int
wrong(const struct message *m, const struct msg_field *f, const char *what, struct err *err)
{
	return err_set(err, EBADMSG, "%s.%s: must be %s", m->name, f->name, what);
}

static int
is_time(const struct msg_field *f)
{
	size_t n = strlen(f->name);

	return n > 3 && !strcmp(f->name + n - 3, "_us");
}

static int
take_int(const struct message *m, const struct msg_field *f, const json_t *v, void *msg,
	 struct err *err)
{
	int64_t n;

	if (json_is_integer(v))
		n = json_integer_value(v);
	else if (!is_time(f))
		return wrong(m, f, "an integer", err);
	else if (!json_is_string(v) || clock_parse(json_string_value(v), &n) < 0)
		return wrong(m, f, "microseconds since 1970 or ISO 8601 text", err);
	if (f->kind == MSG_OPT && n == MSG_NONE)
		return wrong(m, f, "a number within its limits", err);
	memcpy((char *)msg + f->offset, &n, sizeof(n));
	return 0;
}

static int
take_word(const struct message *m, const struct msg_field *f, const json_t *v, int64_t *word,
	  struct err *err)
{
	char list[240];
	int found = json_is_string(v) ? words_find(f->words, json_string_value(v)) : -1;

	if (found < 0)
		return err_set(err, EBADMSG, "%s.%s: must be one of %s", m->name, f->name,
			       words_list(f->words, list, sizeof(list)));
	*word = found;
	return 0;
}

static int
take_words(const struct message *m, const struct msg_field *f, const json_t *v, void *msg,
	   struct err *err)
{
	int64_t word = 0, set = 0;
	const json_t *item;
	size_t i;

	if (f->kind == MSG_WORD) {
		if (take_word(m, f, v, &set, err) < 0)
			return -1;
	} else {
		if (!json_is_array(v))
			return wrong(m, f, "an array of words", err);
		json_array_foreach((json_t *)v, i, item) {
			if (take_word(m, f, item, &word, err) < 0)
				return -1;
			set |= (int64_t)1 << word;
		}
	}
	memcpy((char *)msg + f->offset, &set, sizeof(set));
	return 0;
}

static int
take_bytes(const struct message *m, const struct msg_field *f, const char *text, size_t len,
	   void *msg, struct err *err)
{
	static const char base64[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
	struct msg_bytes *bin = (struct msg_bytes *)((char *)msg + f->offset);
	size_t padding = len - strspn(text, base64);
	unsigned char *out;
	int n;

	/* OpenSSL would also take white space and '=' anywhere */
	if (len % 4 || padding > 2 || strspn(text + len - padding, "=") != padding)
		return wrong(m, f, "base64", err);
	if (len / 4 * 3 - padding > (size_t)f->max)
		return wrong(m, f, "base64 of no more than its limit", err);
	if (!(out = malloc(len / 4 * 3 + 1)))
		return err_set(err, ENOMEM, "out of memory");
	n = EVP_DecodeBlock(out, (const unsigned char *)text, (int)len);
	if (n >= 0) {
		bin->len = (uint32_t)((size_t)n - padding);
		memcpy(bin->bytes, out, bin->len);
	}
	free(out);
	return n < 0 ? wrong(m, f, "base64", err) : 0;
}

static int
take_text(const struct message *m, const struct msg_field *f, const json_t *v, void *msg,
	  struct err *err)
{
	size_t len = json_string_length(v);
	char *to = (char *)msg + f->offset;

	if (!json_is_string(v))
		return wrong(m, f, "text", err);
	if (f->kind == MSG_BIN)
		return take_bytes(m, f, json_string_value(v), len, msg, err);
	if (len > (size_t)f->max || strlen(json_string_value(v)) != len)
		return err_set(err, EBADMSG, "%s.%s: must be at most %lld bytes without NUL",
			       m->name, f->name, (long long)f->max);
	memcpy(to, json_string_value(v), len + 1);
	for (; f->kind == MSG_UUID && *to; to++)
		*to = (char)(*to >= 'A' && *to <= 'F' ? *to + ('a' - 'A') : *to);
	return 0;
}

static int
take_field(const struct message *m, const struct msg_field *f, const json_t *v, void *msg,
	   struct err *err)
{
	double d;

	if (!v || json_is_null(v))
		return f->kind == MSG_INT && f->max < MSG_COUNT
			       ? err_set(err, EBADMSG, "%s.%s: is missing", m->name, f->name)
			       : 0;
	switch (f->kind) {
	case MSG_INT:
	case MSG_OPT:
		return take_int(m, f, v, msg, err);
	case MSG_REAL:
		if (!json_is_number(v))
			return wrong(m, f, "a number", err);
		d = json_number_value(v);
		memcpy((char *)msg + f->offset, &d, sizeof(d));
		return 0;
	case MSG_WORD:
	case MSG_SET:
		return take_words(m, f, v, msg, err);
	case MSG_STR:
	case MSG_UUID:
	case MSG_BIN:
		return take_text(m, f, v, msg, err);
	}
	return 0;
}

static int
is_known(const struct message *m, const char *const *ignore, const char *key)
{
	int i;

	for (i = 0; i < m->n_fields; i++)
		if (!strcmp(m->fields[i].name, key))
			return 1;
	for (; ignore && *ignore; ignore++)
		if (!strcmp(*ignore, key))
			return 1;
	return 0;
}

int
msg_from_json(const struct message *message, const json_t *object, const char *const *ignore,
	      void *msg, struct err *err)
{
	void *draft = malloc(message->size), *it;
	int i, r = -1;

	if (!draft)
		return err_set(err, ENOMEM, "out of memory");
	if (!json_is_object(object)) {
		err_set(err, EBADMSG, "%s: must be a JSON object", message->name);
		goto out;
	}
	for (it = json_object_iter((json_t *)object); it;
	     it = json_object_iter_next((json_t *)object, it))
		if (!is_known(message, ignore, json_object_iter_key(it))) {
			err_set(err, EBADMSG, "%s.%.40s: no such field", message->name,
				json_object_iter_key(it));
			goto out;
		}
	msg_clear(message, draft);
	for (i = 0; i < message->n_fields; i++)
		if (take_field(message, &message->fields[i],
			       json_object_get(object, message->fields[i].name), draft, err) < 0)
			goto out;
	if (msg_check(message, draft, err) < 0)
		goto out;
	memcpy(msg, draft, message->size);
	r = 0;
out:
	free(draft);
	return r;
}

json_t *
words_json(const struct words *words)
{
	json_t *list = json_array();
	int i;

	for (i = 0; i < words->n; i++)
		if (*words->texts[i])
			json_array_append_new(list, json_string(words->texts[i]));
	return list;
}
