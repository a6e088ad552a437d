/*
 * sheet - the CSV files of ViHealth and O2 Insight
 *
 *	Time,Oxygen Level,Pulse Rate,Motion,O2 Reminder,PR Reminder
 *	Time,SpO2(%),Pulse Rate(bpm),Motion,SpO2 Reminder,PR Reminder,
 *
 * Columns are found by their names, in any order, with commas, semicolons or tabs between.
 * What a date looks like differs from phone to phone: see stamp.h.  Where it does not tell
 * day from month, all rows of a file and its name are asked, and then the person.  "--",
 * nothing, 0, 127, 255 and 65535 are "no value".  A row that cannot be read refuses the
 * file: half a recording without notice would be worse than none.
 */
#ifndef SHEET_H
#define SHEET_H

#include "services/ihht/import/recorded.h"
#include "services/ihht/import/stamp.h"

/*
 * Adds rows to an empty *recorded.  `order`: how the person says dates are to be read,
 * STAMP_UNTOLD: not said.  `name_s`: as by recorded_name().  -1: line, column and what is
 * wrong; EAGAIN: only the person can tell day from month.
 */
int sheet_read(const char *bytes, size_t len, enum stamp_order order, int64_t name_s,
	       struct recorded *recorded, struct err *err);

#endif
