/*
 * say - the results of the tools, composed of what the reads answered; for tools.c only
 *
 * say_x() makes what output_x() describes.
 */
#ifndef SAY_H
#define SAY_H

#include "services/http-api/mcp/tool.h"

#define SAY(name)                                                               \
	json_t *say_##name(struct call *call, struct problem *problem);         \
	json_t *output_##name(json_t *defs);
SAY(list)
SAY(session)
SAY(readings)
SAY(summary)
SAY(comparison)
SAY(trend)
SAY(quality)
SAY(sync)
SAY(gaps)
#undef SAY

/* The person of a trend: as asked, or who asks; and twelve weeks, unless asked for another span of
 * at most 104. */
int prepare_trend(struct call *call, struct problem *problem);

#endif
