#include "services/ihht/report/agent.h"

#include <curl/curl.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/jwt.h"
#include "services/ihht/token.h"

#define ADDRESS    100
#define MOST_BYTES 4000000  /* of an answer */
#define MOST_MS    20000L

struct agent {
	CURL *curl;
	struct curl_slist *headers;
	char address[ADDRESS];
	char *body;
	size_t len;
};

static void
find_address(const struct process *process, char address[ADDRESS])
{
	const char *listen = conf_find(process->conf, "http-api", "listen");
	const char *port = conf_find(process->conf, "http-api", "port");
	bool is_v6 = listen && strchr(listen, ':');

	(void)snprintf(address, ADDRESS, "%s%.60s%s:%.6s", is_v6 ? "[" : "", listen ? listen : "127.0.0.1",
		       is_v6 ? "]" : "", port ? port : "8081");
}

static size_t
take_body(char *bytes, size_t one, size_t n, void *arg)
{
	struct agent *agent = arg;
	char *grown = agent->len + n < MOST_BYTES ? realloc(agent->body, agent->len + n + 1) : NULL;

	(void)one;
	if (!grown)
		return 0;  /* curl ends with an error */
	agent->body = grown;
	memcpy(agent->body + agent->len, bytes, n);
	agent->len += n;
	return n;
}

static int
prepare(struct agent *agent, const char *token)
{
	char line[JWT_MAX_BYTES + 40], url[ADDRESS + 20];

	(void)snprintf(line, sizeof(line), "Authorization: Bearer %s", token);
	(void)snprintf(url, sizeof(url), "http://%s/mcp", agent->address);
	agent->headers = curl_slist_append(NULL, "Content-Type: application/json");
	return !agent->headers || !curl_slist_append(agent->headers, line) ||
			       curl_easy_setopt(agent->curl, CURLOPT_URL, url) ||
			       curl_easy_setopt(agent->curl, CURLOPT_PROXY, "") ||
			       curl_easy_setopt(agent->curl, CURLOPT_HTTPHEADER, agent->headers) ||
			       curl_easy_setopt(agent->curl, CURLOPT_TIMEOUT_MS, MOST_MS) ||
			       curl_easy_setopt(agent->curl, CURLOPT_NOSIGNAL, 1L) ||
			       curl_easy_setopt(agent->curl, CURLOPT_WRITEFUNCTION, take_body) ||
			       curl_easy_setopt(agent->curl, CURLOPT_WRITEDATA, agent)
		       ? -1 : 0;
}

struct agent *
agent_open(const struct process *process, struct err *err)
{
	struct agent *agent = calloc(1, sizeof(*agent));
	char *token = token_for_minutes(process, err);
	int done;

	ASSERT(agent);
	find_address(process, agent->address);
	agent->curl = token ? curl_easy_init() : NULL;
	done = agent->curl ? prepare(agent, token) : -1;
	if (token && done < 0)
		(void)err_set(err, ENOMEM, "libcurl cannot be used");
	free(token);
	if (done < 0)
		agent_close(&agent);
	return agent;
}

void
agent_close(struct agent **agent)
{
	if (!*agent)
		return;
	curl_slist_free_all((*agent)->headers);
	curl_easy_cleanup((*agent)->curl);
	free((*agent)->body);
	free(*agent);
	*agent = NULL;
}

/* ---- a question */

static int
post(struct agent *agent, const char *question, struct err *err)
{
	CURLcode failed;
	long status = 0;

	agent->len = 0;
	(void)curl_easy_setopt(agent->curl, CURLOPT_POSTFIELDS, question);
	if ((failed = curl_easy_perform(agent->curl)) == CURLE_COULDNT_CONNECT)
		return err_set(err, ENOTCONN, "no http-api at %s", agent->address);
	(void)curl_easy_getinfo(agent->curl, CURLINFO_RESPONSE_CODE, &status);
	if (failed || status != 200)
		return err_set(err, EPROTO, "http-api at %s: %s (HTTP %ld)", agent->address,
			       failed ? curl_easy_strerror(failed) : "refuses", status);
	return 0;
}

int
agent_ask(struct agent *agent, const char *tool, const char *session_id, json_t **said, struct err *err)
{
	json_t *ask = json_pack("{s:s, s:i, s:s, s:{s:s, s:{s:s, s:b}}}", "jsonrpc", "2.0", "id", 1, "method",
				"tools/call", "params", "name", tool, "arguments", "session_id", session_id,
				"include_mock", 1);
	char *question = json_dumps(ask, JSON_COMPACT);
	json_t *answer = NULL, *result;
	int done = post(agent, question, err);

	free(question);
	json_decref(ask);
	if (done < 0)
		return -1;
	answer = json_loadb(agent->body ? agent->body : "", agent->len, 0, NULL);
	result = json_object_get(answer, "result");
	*said = json_is_true(json_object_get(result, "isError")) ? NULL : json_object_get(result, "structuredContent");
	json_incref(*said);
	json_decref(answer);
	if (!result)
		return err_set(err, EPROTO, "http-api at %s: does not answer as /mcp does", agent->address);
	return *said != NULL;
}
