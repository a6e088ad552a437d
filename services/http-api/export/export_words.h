/*
 * export_words - the names of formats and tables, as vocabularies
 */
#ifndef EXPORT_WORDS_H
#define EXPORT_WORDS_H

#include "proto/words.h"

extern const struct words export_formats, export_tables;

#endif
