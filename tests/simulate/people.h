/*
 * people - coaches at their pages: they start and stop sessions, and ask again until answered
 */
#ifndef PEOPLE_H
#define PEOPLE_H

#include "tests/simulate/world.h"

void people_new(void);
void people_free(void);
int64_t people_wake_us(void);
void people_work(void);
void people_hear(const struct message *message, const void *msg);
bool people_are_done(void);      /* nobody waits for an answer; they begin nothing while calm */

#endif
