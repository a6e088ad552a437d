/*
 * player - one device of the demo: the person on it and the app beside them
 *
 * Everything a player says is computed from device, round and cycle (ids and times too), so
 * that after a restart, or while local-store is away, saying it once more changes nothing.
 */
#ifndef PLAYER_H
#define PLAYER_H

#include "common/log.h"
#include "proto/ids.h"
#include "proto/schedule.h"
#include "services/ihht/client.h"

struct player {
	unsigned device;         /* from 0 */
	char name[16];           /* mock-001 */
	ids_uuid user, session;  /* session "": none has been begun */
	char local_id[IDS_LOCAL];
	int64_t round;
	int has_played;          /* the round before: this one is ours from its beginning */
	int64_t told_phase;      /* of this session: cycle * 100 + phase, as last told */
	int64_t told_intra, told_event;  /* cycle of the last one */
	int64_t start_us;        /* of this session, 0 when an earlier life of ours began it */
};

struct stage {                   /* what all players share */
	int signals;             /* readable: asked to stop */
	struct client *client;
	struct schedule schedule;
	uint64_t n_sessions, n_told, n_refused, n_unanswered;
	struct log_often refused, unanswered;
};

void player_init(struct player *player, unsigned device);

/* Says all that is due: 1 done, 0 no answer, once more later; -1 asked to stop, or broken. */
int player_play(struct stage *stage, struct player *player, struct err *err);

#endif
