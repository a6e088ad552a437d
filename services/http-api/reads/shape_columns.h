/*
 * shape_columns - how the tables of columns are written; for the files that have such tables
 */
#ifndef SHAPE_COLUMNS_H
#define SHAPE_COLUMNS_H

#define TEXT(name, meaning)           {#name, COLUMN_TEXT, 0, meaning, NULL, NULL, NULL}
#define TEXT_ALWAYS(name, meaning)    {#name, COLUMN_TEXT, 1, meaning, NULL, NULL, NULL}
#define UUID(name, meaning)           {#name, COLUMN_UUID, 1, meaning, NULL, NULL, NULL}
#define TIME(name, meaning)           {#name, COLUMN_TIME, 0, meaning, NULL, NULL, NULL}
#define TIME_ALWAYS(name, meaning)    {#name, COLUMN_TIME, 1, meaning, NULL, NULL, NULL}
#define INT(name, meaning)            {#name, COLUMN_INT, 0, meaning, NULL, NULL, NULL}
#define INT_ALWAYS(name, meaning)     {#name, COLUMN_INT, 1, meaning, NULL, NULL, NULL}
#define REAL(name, meaning)           {#name, COLUMN_REAL, 0, meaning, NULL, NULL, NULL}
#define BOOL(name, meaning)           {#name, COLUMN_BOOL, 1, meaning, NULL, NULL, NULL}
#define WORD(name, vocabulary, meaning) {#name, COLUMN_WORD, 0, meaning, NULL, &words_##vocabulary, NULL}
#define WORDS(name, vocabulary, meaning) {#name, COLUMN_WORDS, 0, meaning, NULL, &words_##vocabulary, NULL}
#define ANY(name, meaning)            {#name, COLUMN_ANY, 0, meaning, NULL, NULL, NULL}
#define ROW(name, of, meaning)        {#name, COLUMN_ROW, 0, meaning, NULL, NULL, &shape_##of}
#define ROWS(name, of, meaning)       {#name, COLUMN_ROWS, 1, meaning, NULL, NULL, &shape_##of}
#define END                           {NULL, 0, 0, NULL, NULL, NULL, NULL}

#endif
