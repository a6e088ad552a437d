#include "services/dedupe-auditor/record/chain.h"

#include <ctype.h>
#include <errno.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

#include "common/clock.h"

#define MARK     " sha256="
#define MARK_LEN (sizeof(MARK) - 1)
#define HEX_LEN  64
#define TEXT_MOST (CHAIN_LINE - 200)

void
chain_init(struct chain *chain)
{
	chain->n = 0;
	memset(chain->hash, '0', HEX_LEN);
	chain->hash[HEX_LEN] = 0;
}

static void
digest(const char before[65], const char *body, size_t len, char hash[65])
{
	unsigned char bytes[EVP_MAX_MD_SIZE];
	EVP_MD_CTX *md = EVP_MD_CTX_new();
	unsigned n, i;

	ASSERT(md && EVP_DigestInit_ex(md, EVP_sha256(), NULL) == 1 &&
	       EVP_DigestUpdate(md, before, HEX_LEN) == 1 && EVP_DigestUpdate(md, "\n", 1) == 1 &&
	       EVP_DigestUpdate(md, body, len) == 1 && EVP_DigestFinal_ex(md, bytes, &n) == 1 &&
	       n == HEX_LEN / 2);
	EVP_MD_CTX_free(md);
	for (i = 0; i < n; i++)
		(void)snprintf(hash + 2 * i, 3, "%02x", bytes[i]);
}

void
chain_add(struct chain *chain, int64_t at_us, const char *what, const char *text,
	  char line[CHAIN_LINE])
{
	char at[CLOCK_TEXT], hash[65];
	int len = snprintf(line, TEXT_MOST, "%lld %s %s%s%s", (long long)chain->n + 1,
			   clock_text(at_us, at), what, *text ? " " : "", text), i;

	if (len >= TEXT_MOST)
		len = TEXT_MOST - 1;
	for (i = 0; i < len; i++)
		if (!isprint((unsigned char)line[i]))
			line[i] = '?';
	digest(chain->hash, line, (size_t)len, hash);
	(void)snprintf(line + len, (size_t)(CHAIN_LINE - len), "%s%s\n", MARK, hash);
	memcpy(chain->hash, hash, sizeof(hash));
	chain->n++;
}

int
chain_check(struct chain *chain, const char *line, size_t len, struct err *err)
{
	size_t body = len - MARK_LEN - HEX_LEN;
	char hash[65], number[24];
	int n = snprintf(number, sizeof(number), "%lld ", (long long)chain->n + 1);

	if (len >= CHAIN_LINE || len < MARK_LEN + HEX_LEN || memcmp(line + body, MARK, MARK_LEN) != 0)
		return err_set(err, EBADMSG, "does not end with its digest");
	digest(chain->hash, line, body, hash);
	if (memcmp(line + body + MARK_LEN, hash, HEX_LEN) != 0)
		return err_set(err, EBADMSG, "its digest is not that of it and of the entries before");
	if (body < (size_t)n || memcmp(line, number, (size_t)n) != 0)
		return err_set(err, EBADMSG, "is not numbered %lld", (long long)chain->n + 1);
	chain->n++;
	memcpy(chain->hash, hash, sizeof(hash));
	return 0;
}
