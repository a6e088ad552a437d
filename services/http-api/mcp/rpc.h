/*
 * rpc - one JSON-RPC message of the Model Context Protocol: bytes in, words out
 *
 * Two eras come to one path.  A request of revision 2026-07-28 says in params._meta which
 * revision it speaks and repeats that, its method and its name as headers, so that a proxy may
 * route by them: what differs is refused.  Revisions 2025-11-25 and before begin with
 * `initialize`.  Neither has a session here: each request stands alone.
 *
 * Pure.
 */
#ifndef RPC_H
#define RPC_H

#include <jansson.h>
#include <stddef.h>

#define RPC_VERSIONS 4
extern const char *const rpc_versions[RPC_VERSIONS];  /* newest first; [0] is modern */

enum {
	RPC_NOT_JSON = -32700,
	RPC_NOT_A_REQUEST = -32600,
	RPC_NO_METHOD = -32601,
	RPC_BAD_PARAMS = -32602,
	RPC_INTERNAL = -32603,
	RPC_HEADERS = -32020,
	RPC_VERSION = -32022,
	RPC_NO_RESOURCE = -32002,  /* legacy; modern says BAD_PARAMS */
};

struct rpc_head {                   /* of the HTTP request; NULL: not there */
	const char *version, *method, *name;
};

struct rpc {
	json_t *body;                   /* owns what follows */
	const json_t *id;               /* NULL: a notification */
	const char *method;
	const json_t *params;           /* an object, or NULL */
	const char *version;            /* one of rpc_versions */
	int is_modern;
};

struct rpc_error {
	int status, code;               /* of HTTP, of JSON-RPC */
	char text[300];
	json_t *data;                   /* or NULL */
};

/* 0, or -1 and why not.  *rpc is to be released in either case: a refusal has its id. */
int rpc_read(const struct rpc_head *head, const char *bytes, size_t len,
		 struct rpc *rpc, struct rpc_error *error);
void rpc_release(struct rpc *rpc);

/* Always -1, as err_set(). */
__attribute__((format(printf, 4, 5)))
int rpc_refuse(struct rpc_error *error, int status, int code, const char *format, ...);

/* The whole answer as text, malloc'ed; both take what they are given.  ttl_ms: how long a client
 * may keep the result, -1 where that is not said. */
char *rpc_result(const struct rpc *rpc, json_t *result, int ttl_ms);
char *rpc_error_text(const struct rpc *rpc, struct rpc_error *error);

/* {"name", "title", "version"} of this server. */
json_t *rpc_server(void);

#endif
