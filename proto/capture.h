/*
 * capture - a file of `raw` messages, a line each: what the decoders of oximeters were given
 *
 *	# ihht raw capture 1
 *	AT_US MONO_US DEVICE_ID KIND begin ZONE_US KNOWN_US PORT,PORT,... NAME
 *	AT_US MONO_US DEVICE_ID KIND running ZONE_US KNOWN_US PORT,PORT,... NAME
 *	AT_US MONO_US DEVICE_ID KIND heard PORT BYTES
 *	AT_US MONO_US DEVICE_ID KIND due
 *	AT_US MONO_US DEVICE_ID KIND end REASON
 *
 * Columns are separated by one space; "-" stands for none; BYTES are hex, a PORT is the UUID of a
 * characteristic, and NAME goes to the end of the line.  Further lines with # are remarks.
 * zmq-sniffer --record writes such a file, ble-ingest replays it with source = capture.
 */
#ifndef CAPTURE_H
#define CAPTURE_H

#include "proto/msg.h"

#define CAPTURE_HEADER  "# ihht raw capture 1"
#define CAPTURE_LONGEST 2000  /* bytes of a line, its end included */

/* One line, without its end.  0, or -1 and err: what cannot be a column of such a file. */
int capture_write(const struct raw *raw, char line[CAPTURE_LONGEST], struct err *err);

/* One line, without its end.  1 and *raw, 0 a remark or nothing, -1 and err:
 * "column 5 (what): must be one of begin, heard, due, end, running". */
int capture_read(const char *line, size_t len, struct raw *raw, struct err *err);

#endif
