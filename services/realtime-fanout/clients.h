/*
 * clients - every watcher and how far it has read; what it gets next
 *
 * A watcher gets a snapshot, then the frames after it.  One that comes back with the id of
 * its last frame gets what came after that one: from the ring, or, when that does not go back so
 * far, values from the store (replay.h), the ring, and a snapshot.  Where frames are left out it
 * gets a `hole` {"of":"frames","from","to","from_us","why"} first, then a snapshot:
 *
 *	restart   we are not the one who sent that id, and the store does not have it all
 *	gone      the ring does not go back so far, and the store does not have it all
 *	slow      it fell behind by more than lag_us
 *
 * Memory for one watcher: struct watcher, one piece of CLIENTS_PIECE bytes in the socket's
 * hands, and a snapshot that is shared as long as the ring covers what came since.
 */
#ifndef CLIENTS_H
#define CLIENTS_H

#include "board.h"
#include "names.h"
#include "phoenix.h"
#include "query.h"
#include "replay.h"
#include "snapshot.h"

#define CLIENTS_PIECE 32768

enum client_kind { CLIENT_SSE, CLIENT_WS, CLIENT_PHOENIX };

struct watcher {
	enum client_kind kind;
	void *wsi;                    /* of whoever sends; not touched here */
	struct query *query;          /* owned; NULL: all, as most ask for */
	struct name *names;           /* owned: what it asked for by name, ... */
	int n_names;                  /* ... and how much */
	size_t at;                    /* in clients->all */
	struct rights rights;
	uint64_t next;                /* the frame it gets next; CLIENT_PHOENIX: the row */
	struct phoenix *phoenix;      /* of CLIENT_PHOENIX, set by its maker */
	struct since resume;          /* asked for since it came, to begin there; run 0: no */
	int anew;                     /* it may see others now: a snapshot is due */
	int catching_up;              /* it is being sent what it missed: old frames are fine */
	struct place place;           /* the last value of a session it was given */
	struct replay *replay;        /* owned; goes next: values out of the store */
	uint64_t missed_from;         /* while in replay: the first frame it missed, 0: of another run */
	int refresh;                  /* with the last frame there is, a snapshot is due */
	char *note;                   /* owned; goes first: a hole, a word of good-bye */
	struct snapshot *snapshot;    /* goes next, when not NULL */
	size_t snapshot_at;
	int ending;                   /* it is being parted from: nothing is written any more */
	int waiting;                  /* asked to be writable, and not heard since ... */
	int64_t waiting_mono_us;      /* ... then */
	int64_t began_mono_us;
	uint64_t n_frames;            /* sent to it */
	int64_t told_mono_us;         /* it was last told the time */
	int ping;                     /* is due (WebSocket) */
	int64_t pinged_mono_us;       /* the first ping that it has not answered; 0: none (WebSocket) */
	int64_t skipped_mono_us;      /* it was last found too slow */
	const char *leave;            /* why it must go after what is in `note`; NULL: stays */
};

struct clients {
	struct board *board;
	struct replay_house past;     /* store NULL: there is none */
	struct watcher **all;         /* first those that are awake */
	size_t n, n_awake, max;
	struct names names;
	uint64_t shown;               /* up to this frame those asleep have been looked at */
	int64_t lag_us, stalled_us;
	int64_t alone_mono_us;        /* the last watcher left then */
	struct snapshot *latest;
	uint64_t n_frames_out, n_holes, n_dropped, n_replayed;
};

/* NULL: no memory, or no room (see clients->n).  Takes *rights either way. */
struct watcher *clients_add(struct clients *clients, enum client_kind kind, void *wsi,
			    const struct query *query, struct rights *rights, int64_t mono_us);
void clients_remove(struct clients *clients, struct watcher *watcher, int64_t mono_us);
/* Another token of the same watcher: takes *rights.  Where it may see others now, it begins anew. */
void clients_renew(struct watcher *watcher, struct rights *rights);
/* It wants to go on after that frame. */
void clients_resume(struct watcher *watcher, const struct since *resume);
/* Its token holds no longer: it is told why, and has to go. */
void clients_expire(struct clients *clients, struct watcher *watcher, const char *why);
/* It is told that we are here, and what our clock says. */
void clients_tell_time(struct clients *clients, struct watcher *watcher);
void clients_release(struct clients *clients);

/*
 * Who asked for something by name and has read all there is falls asleep, and is woken by a frame that
 * concerns it.  clients_stir() wakes whom the new frames concern, before those awake are looked at;
 * clients_rest() lets one fall asleep that has nothing to read; clients_wake() is for all other reasons.
 */
void clients_stir(struct clients *clients);
void clients_rest(struct clients *clients, struct watcher *watcher);
void clients_wake(struct clients *clients, struct watcher *watcher);

/* 1: one that is awake has something to read, clients_next() will give it. */
int clients_has(struct clients *clients, struct watcher *watcher);

/* The next piece for it.  A WebSocket message may take several: not `ends` yet. */
struct piece {
	size_t len;
	int begins, ends;
};
void clients_next(struct clients *clients, struct watcher *watcher, int64_t mono_us,
		  char bytes[CLIENTS_PIECE], struct piece *piece);

/* 1: it has to go, and has been told. */
int clients_is_over(struct clients *clients, struct watcher *watcher);

/* Looks at one that waits for its socket: sets watcher->leave when it has for too long. */
void clients_judge(struct clients *clients, struct watcher *watcher, int64_t mono_us);

#endif
