#include "common/training/checkpoint.h"

#include <assert.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/stream/names.h"

static const char *const columns[][2] = {
    {"batches", "u64"}, {"data", "u64"}, {"epoch", "u32"}, {"epoch_steps", "u64"}, {"epoch_rows", "u64"}, {"epoch_loss", "f64"},
    {"best", "f64"}, {"since_best", "u64"}, {"stopped", "u8"},
};
enum { N_COLUMNS = sizeof columns / sizeof *columns };

void checkpoint_write(const struct checkpoint *c, struct writer *out)
{
    const uint8_t stopped = c->stopped;
    const void *const values[N_COLUMNS] = {&c->batches, &c->data, &c->epoch, &c->epoch_steps, &c->epoch_rows, &c->epoch_loss,
                                           &c->best, &c->since_best, &stopped};
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, "checkpoint");
    struct cells cells[N_COLUMNS] = {{0}};
    for (size_t i = 0; i < N_COLUMNS; i++) {
        schema_add(schema, &arena, columns[i][0], type_of(columns[i][1]));
        cells[i] = (struct cells){.values = values[i], .n = 1};
    }
    writer_put(out, &(struct frame){.schema = schema, .rows = 1, .cells = cells});
    arena_free(&arena);
}

struct checkpoint checkpoint_read(const struct frame *frame)
{
    const void *values[N_COLUMNS];
    if (frame->rows != 1)
        die(EXIT_INPUT, "%s: table \"checkpoint\" has %zu rows, wanted 1", frame->place, frame->rows);
    for (size_t i = 0; i < N_COLUMNS; i++)
        values[i] = frame_column(frame, columns[i][0], columns[i][1])->values;
    return (struct checkpoint){
        .batches = *(const uint64_t *)values[0], .data = *(const uint64_t *)values[1], .epoch = *(const uint32_t *)values[2],
        .epoch_steps = *(const uint64_t *)values[3], .epoch_rows = *(const uint64_t *)values[4], .epoch_loss = *(const double *)values[5],
        .best = *(const double *)values[6], .since_best = *(const uint64_t *)values[7], .stopped = *(const uint8_t *)values[8] != 0,
    };
}

void checkpoint_look(struct checkpoint_data *data, const struct frame *frame)
{
    const char *table = frame->schema->table;
    if (!is_vocabulary_table(table) && !has_prefix(table, "stats/"))
        return;
    if (strcmp(table, data->table) != 0) {
        size_t length = strlen(table);
        assert(length <= NAME_BYTES_MAX);
        memcpy(data->table, table, length + 1);
        data->rows = 0;
    }
    uint64_t name = rng_fnv(FNV_START, table, strlen(table));
    for (size_t row = 0; row < frame->rows; row++) {
        uint64_t hash = name;
        for (size_t i = 0; i < frame->schema->n; i++) {
            size_t n;
            const void *bytes = cells_row(&frame->cells[i], frame->schema->columns[i].type, row, &n);
            hash = rng_fnv(rng_fnv(hash, bytes, n), "", 1);
        }
        data->value += rng_mix(hash ^ rng_mix(data->rows + row));
    }
    data->rows += frame->rows;
}

// Whether training goes another way if the entry has another value.
static bool matters(const struct ini_entry *entry)
{
    static const char *const sections[] = {"data", "split", "feature ", "tower ", "head ", "task ", "optimizer", "train"};
    if (strcmp(entry->section, "train") == 0 && strcmp(entry->key, "epochs") == 0)
        return false;
    for (size_t i = 0; i < sizeof sections / sizeof *sections; i++)
        if (strncmp(entry->section, sections[i], strlen(sections[i])) == 0)
            return true;
    return false;
}

// Every entry of `a` that matters stands in `b` with the same value.
static void check_entries(const struct ini *a, const struct ini *b, const char *source, bool swapped)
{
    for (size_t i = 0; i < a->n; i++) {
        const struct ini_entry *entry = &a->entries[i], *other = ini_find(b, entry->section, entry->key);
        const char *mine = entry->value, *yours = other != NULL ? other->value : NULL;
        if (!matters(entry) || (yours != NULL && strcmp(mine, yours) == 0))
            continue;
        const char *here = swapped ? yours : mine, *there = swapped ? mine : yours;
        die(EXIT_INPUT, "%s: a checkpoint of another model: [%s] %s is %s there and %s here", source, entry->section, entry->key,
            there != NULL ? quoted_text(there) : "missing", here != NULL ? quoted_text(here) : "missing");
    }
}

void checkpoint_check(const struct config *config, const char *text, const char *source)
{
    struct ini other = {0};
    ini_parse_text(&other, text, source);
    check_entries(&config->ini, &other, source, false);
    check_entries(&other, &config->ini, source, true);
    arena_free(&other.arena);
}
