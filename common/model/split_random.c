// random: a row's place is a hash of its keys and the seed, so it stays when other rows come or go.
#include "common/base/rng.h"
#include "common/model/split.h"

struct random {
    const struct config *config;
    struct split_shares shares;
    size_t seed;
};

static void *random_make(const struct config *config)
{
    call_known(&config->split, "test, valid, seed", 0);
    struct random *random = memory_zeros(1, sizeof *random);
    *random = (struct random){config, split_shares(&config->split), call_count(&config->split, "seed", 0, 0, (size_t)1 << 53)};
    return random;
}

static void random_place(void *state, const struct frame *frame, uint8_t *parts, struct arena *arena)
{
    const struct random *random = state;
    const struct cells *query = frame_texts(frame, random->config->query.column, arena);
    const struct cells *candidate = frame_texts(frame, random->config->candidate.column, arena);
    double test = random->shares.test, held_back = test + random->shares.valid;
    for (size_t i = 0; i < frame->rows; i++) {
        struct text q = cells_text(query, i), c = cells_text(candidate, i);
        uint64_t hash = rng_fnv(rng_fnv(rng_fnv(FNV_START, q.data, q.length), "", 1), c.data, c.length);
        double u = rng_unit(rng_bits(random->seed, hash, 0));
        parts[i] = u < test ? SPLIT_TEST : u < held_back ? SPLIT_VALID : SPLIT_TRAIN;
    }
}

const struct split_kind split_random = {
    .name = "random",
    .arguments = "test=0, valid=0, seed=0",
    .help = "shares of all rows, each row placed by a hash of its keys",
    .make = random_make,
    .place = random_place,
};
