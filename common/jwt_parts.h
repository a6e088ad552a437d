/*
 * jwt_parts - what jwt.c and jwt_make.c share
 */
#ifndef JWT_PARTS_H
#define JWT_PARTS_H

#include <cjose/cjose.h>

#include "common/jwt.h"

/* The one algorithm for that kind of key, NULL when it is none of ours. */
const char *jwt_alg_of(const json_t *key);
/* To be released; NULL: see err. */
cjose_jwk_t *jwt_import(const json_t *key, struct err *err);

#endif
