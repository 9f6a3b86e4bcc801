// Conditions on the columns of a table: year >= 1990 and genres has Comedy
//
//     struct bytes fault = {0};
//     struct filter *filter = filter_new("year >= 1990 and not genres has 'Film-Noir'", schema, &fault);
//     if (filter == NULL) die(EXIT_USAGE, "--filter: %s", fault.data);
//     filter_apply(filter, movies, allowed);                     // clears the bits of rows that do not meet it
//
// In words, the lower ones binding closer:
//
//     condition   = alternative { "or" alternative }
//     alternative = part { "and" part }
//     part        = "not" part | "(" condition ")" | COLUMN operator VALUE
//     operator    = "<" | "<=" | "=" | "!=" | ">=" | ">" | "has"
//
// COLUMN and VALUE are bare words, or anything between ' or " in which the quote itself is doubled. Columns of numbers take the six
// comparisons with a number, columns of text = and != with a text, lists `has` with one of their items. A missing number (NaN) meets no
// comparison, not even !=. Whole numbers of 64 bits are compared exactly.
#ifndef INDEX_FILTER_H
#define INDEX_FILTER_H

#include <stdint.h>

#include "common/base/arena.h"
#include "common/stream/frame.h"
#include "common/stream/held.h"

// NULL if the text is no condition on these columns; then `fault`, which is released by free(), says where and why: the column of the text,
// from 1, and a caret in it. An unknown column comes with the nearest known one.
struct filter *filter_new(const char *text, const struct schema *columns, struct bytes *fault) __attribute__((warn_unused_result));

//   allowed  a bit a row of the table (math/topk.h); those that are set are looked at
void filter_apply(const struct filter *filter, const struct held *table, uint64_t *allowed);

void filter_free(struct filter *filter);

#endif
