/*
 * frames - what a watcher gets to read: messages of messages.def as JSON
 *
 * Names and words are those of messages.def, absent is null, times are us since 1970.
 * `seq` and `type` are the frame's own, so the sensor's `seq` is called `device_seq`.
 */
#ifndef FRAMES_H
#define FRAMES_H

#include "proto/msg.h"
#include "text.h"

enum frame_type {
	FRAME_SAMPLE = 1,
	FRAME_GAP = 2,
	FRAME_DEVICE = 4,
	FRAME_SESSION = 8,
	FRAME_SURVEY = 16,
	FRAME_EVENT = 32,
	FRAME_PHASE_STATS = 64,
	FRAME_PROGRESSION = 128,
	FRAME_SYNCED = 256,
	FRAME_ALERT = 512,
	FRAME_PROCESS = 1024,
	FRAME_HOLE = 2048,
	FRAME_RECALLED = 4096,  /* a sample of before, see main.c */
	FRAME_ALL = 8191,
};

/* Of its name; 0 when there is none such. */
uint32_t frame_type(const char *name, size_t len);
const char *frame_name(uint32_t type);
const char *frame_names(void);  /* "sample, gap, ..." for complaints */

/* The frame of a message, 0 when watchers do not get it. */
uint32_t frame_of(const struct message *message);

/* `"name":value` of all fields but those that are plumbing. */
void frame_fields(struct text *text, const struct message *message, const void *msg);

/* What a sample is part of. NULL: no session. */
void frame_sample(struct text *text, const struct sample *sample, const struct session *session);

#endif
