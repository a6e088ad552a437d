/*
 * sign_in - a browser trades its token for a cookie that no script can read
 *
 *	POST /api/sign-in {"token": "..."}   sets the cookie, answers as /api/me
 *	POST /api/sign-out                   takes it away
 *	GET  /api/me                         {"user_id", "role", "people", "expires"}
 *
 * The cookie is the token, HttpOnly and SameSite=Strict, and Secure where the browser came over
 * https; it also opens /live and /events of the same origin.
 */
#ifndef SIGN_IN_H
#define SIGN_IN_H

#include "services/http-api/requests/in_http.h"

void sign_in(struct ask *ask, struct access *access, int64_t utc_us);
void sign_out(struct ask *ask);
void sign_in_tell(struct ask *ask, const struct caller *caller);

#endif
