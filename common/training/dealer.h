// Deals rows out in batches, in another order every epoch: the table `batches`.
//
//     struct dealer *dealer = dealer_new(config, out, shard, shards, memory_bytes);
//     for every frame of the table: dealer_keep(dealer, &frame);
//     size_t batches = dealer_deal(dealer);
//     dealer_free(dealer);
//
// The order of an epoch is that of the keys mix(mix(mix(seed) ^ epoch) ^ row). With [train] group the query's row number takes the row's
// place, so that the rows of a query come together, and one batch has them all. With [train] lists, lists of rows are dealt out in place of
// rows (drawn_lists.h). Without [train] shuffle, rows come as they came.
#ifndef TRAINING_DEALER_H
#define TRAINING_DEALER_H

#include "common/config/config.h"
#include "common/stream/writer.h"

//   config, out          borrowed
//   shard                only the rows, or queries if they are grouped, whose number modulo `shards` is this
//   memory_bytes         rows beyond it are held in files, and no more than about as many are sorted at a time
struct dealer *dealer_new(const struct config *config, struct writer *out, size_t shard, size_t shards, size_t memory_bytes)
    __attribute__((warn_unused_result));

// Keeps the rows of the shard. Dies with exit code 3 if a column that [train] needs is missing, or has a name that batches need.
void dealer_keep(struct dealer *dealer, const struct frame *frame);

// Rows that were kept.
size_t dealer_rows(const struct dealer *dealer);

// Writes all epochs, and returns how many batches they are. Needs a row at least.
size_t dealer_deal(struct dealer *dealer);

void dealer_free(struct dealer *dealer);

#endif
