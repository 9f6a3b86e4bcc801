#include "common/stream/reader.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "common/base/die.h"
#include "common/base/utf8.h"
#include "common/stream/pack.h"
#include "common/stream/window.h"

struct table {
    const struct schema *schema;
    uint64_t rows;          // seen in this stream
    bool in_segment;        // its schema came since the last header
};

struct reader {
    struct window window;
    const char *name;       // the window's
    struct arena lasting;   // header, schemas; of a map, frames too
    struct arena per_frame;
    struct arena record;    // the schema or the later header being read
    struct header header;
    const char *config;     // as it came
    struct table *tables;
    size_t n_tables, tables_capacity;
    char place[160];
};

static _Noreturn void bad(const struct reader *r, const char *what)
{
    window_bad(&r->window, what);
}

static const char *copied_text(struct reader *r, struct arena *arena, const msgpack_object *object, const char *what)
{
    if (object == NULL || object->type != MSGPACK_OBJECT_STR)
        die(EXIT_INPUT, "%s: frame %zu: %s is missing, repeated or no string", r->name, r->window.frames, what);
    if (!utf8_valid(object->via.str.ptr, object->via.str.size, NULL) ||
        memchr(object->via.str.ptr, 0, object->via.str.size) != NULL)
        die(EXIT_INPUT, "%s: frame %zu: %s is no valid UTF-8", r->name, r->window.frames, what);
    return arena_text(arena, object->via.str.ptr, object->via.str.size);
}

static uint64_t number_of(struct reader *r, const msgpack_object *object, const char *what)
{
    if (object == NULL || object->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        die(EXIT_INPUT, "%s: frame %zu: %s is missing or no whole number", r->name, r->window.frames, what);
    return object->via.u64;
}

static void read_history(struct reader *r, struct arena *arena, const msgpack_object *list, struct header *header)
{
    if (list == NULL || list->type != MSGPACK_OBJECT_ARRAY)
        bad(r, "header: history is missing or no array");
    header->n_history = list->via.array.size;
    header->history = arena_zeros(arena, header->n_history, sizeof *header->history);
    for (size_t i = 0; i < header->n_history; i++) {
        const msgpack_object *entry = &list->via.array.ptr[i];
        const msgpack_object *args = entry->type == MSGPACK_OBJECT_MAP ? pack_get(entry, "args") : NULL;
        if (args == NULL || args->type != MSGPACK_OBJECT_ARRAY)
            bad(r, "header: a history entry without arguments");
        struct history *history = &header->history[i];
        history->stage = copied_text(r, arena, pack_get(entry, "stage"), "history: stage");
        history->version = copied_text(r, arena, pack_get(entry, "version"), "history: version");
        history->n_args = args->via.array.size;
        history->args = arena_zeros(arena, history->n_args, sizeof *history->args);
        for (size_t j = 0; j < history->n_args; j++)
            history->args[j] = copied_text(r, arena, &args->via.array.ptr[j], "history: argument");
    }
}

// Reads a header if one is next; false at the end of the input.
static bool read_header(struct reader *r, struct arena *arena, struct header *header)
{
    msgpack_unpacked object;
    size_t length;
    if (!window_object(&r->window, &object, &length))
        return false;
    const msgpack_object *version = pack_get(&object.data, "millrace");
    if (version == NULL)
        die(EXIT_INPUT, "%s: not a millrace stream: wanted a header", r->name);
    uint64_t found = number_of(r, version, "header: version");
    if (found != STREAM_VERSION)
        die(EXIT_INPUT, "%s: stream version %llu: this program reads version %d", r->name, (unsigned long long)found, STREAM_VERSION);
    header->config = copied_text(r, arena, pack_get(&object.data, "config"), "header: config");
    read_history(r, arena, pack_get(&object.data, "history"), header);
    msgpack_unpacked_destroy(&object);
    window_sum_anew(&r->window);
    window_consume(&r->window, length);
    return true;
}

static struct reader *reader_new(const char *path, void (*open)(struct window *window, const char *path))
{
    struct reader *r = memory_zeros(1, sizeof *r);
    open(&r->window, path);
    r->name = r->window.name;
    if (!read_header(r, &r->lasting, &r->header))
        window_truncated(&r->window);
    r->config = r->header.config;
    return r;
}

struct reader *reader_open(const char *path)
{
    return reader_new(path, window_open);
}

struct reader *reader_map(const char *path)
{
    return reader_new(path, window_open_mapped);
}

struct reader *reader_map_or_open(const char *path, bool *mapped)
{
    struct stat status;
    *mapped = strcmp(path, "-") != 0 && stat(path, &status) == 0 && S_ISREG(status.st_mode);
    return *mapped ? reader_map(path) : reader_open(path);
}

const struct header *reader_header(const struct reader *reader)
{
    return &reader->header;
}

void reader_set_config(struct reader *reader, const char *config)
{
    reader->header.config = config;
}

const char *reader_name(const struct reader *reader)
{
    return reader->name;
}

uint64_t reader_bytes(const struct reader *reader)
{
    return reader->window.consumed;
}

static struct table *find_table(struct reader *r, const msgpack_object *name)
{
    if (name->type != MSGPACK_OBJECT_STR)
        bad(r, "corrupt: a table's name is no string");
    for (size_t i = 0; i < r->n_tables; i++)
        if (pack_is(name, r->tables[i].schema->table))
            return &r->tables[i];
    return NULL;
}

// The schema in a record; in the arena of records, so it is forgotten with the next one.
static const struct schema *read_schema(struct reader *r, const msgpack_object *map)
{
    struct arena *arena = &r->record;
    const msgpack_object *columns = pack_get(map, "columns");
    struct schema *schema = schema_new(arena, copied_text(r, arena, pack_get(map, "table"), "schema: table"));
    schema->source = r->name;
    if (columns == NULL || columns->type != MSGPACK_OBJECT_ARRAY)
        die(EXIT_INPUT, "%s: table %s: columns are missing or no array", r->name, quoted_text(schema->table));
    for (uint32_t i = 0; i < columns->via.array.size && i <= COLUMNS_MAX; i++) {
        const msgpack_object *column = &columns->via.array.ptr[i];
        if (column->type != MSGPACK_OBJECT_MAP)
            die(EXIT_INPUT, "%s: table %s: a column that is no map", r->name, quoted_text(schema->table));
        const char *name = copied_text(r, arena, pack_get(column, "name"), "schema: column name");
        const char *type_text = copied_text(r, arena, pack_get(column, "type"), "schema: column type");
        struct type type;
        if (!type_parse(type_text, strlen(type_text), &type))
            die(EXIT_INPUT, "%s: table %s: column %s: unknown type %s", r->name, quoted_text(schema->table), quoted_text(name),
                quoted_text(type_text));
        schema_add(schema, arena, name, type);
    }
    const char *fault = schema_fault(schema);
    if (fault != NULL)
        die(EXIT_INPUT, "%s: %s", r->name, fault);
    return schema;
}

// Takes a schema record; the table it announces, or NULL if it was known from an earlier stream of this input.
static struct table *take_schema(struct reader *r, const msgpack_object *map)
{
    arena_reset(&r->record);
    const struct schema *schema = read_schema(r, map);
    struct table *table = find_table(r, pack_get(map, "table"));
    if (table != NULL) {
        if (table->in_segment || !schema_equal(table->schema, schema))
            die(EXIT_INPUT, "%s: table %s: two schemas of one name", r->name, quoted_text(schema->table));
        table->in_segment = true;
        return NULL;
    }
    if (r->n_tables >= TABLES_MAX)
        bad(r, "more tables than a stream may have");
    r->tables = memory_grow(r->tables, &r->tables_capacity, r->n_tables + 1, sizeof *r->tables);
    r->tables[r->n_tables] = (struct table){.schema = schema_copy(&r->lasting, schema), .in_segment = true};
    return &r->tables[r->n_tables++];
}

// One part of a column: a filler bin, then the bin with the bytes, which must be `wanted`.
static const void *read_part(struct reader *r, const char *column, size_t wanted)
{
    size_t size = window_bin(&r->window);
    if (size != wanted)
        die(EXIT_INPUT, "%s: frame %zu: column %s: %zu bytes, wanted %zu", r->name, r->window.frames, quoted_text(column), size, wanted);
    return window_body(&r->window, size, &r->lasting);
}

static const uint32_t *read_offsets(struct reader *r, const char *column, size_t n)
{
    const uint32_t *offsets = read_part(r, column, (n + 1) * sizeof *offsets);
    bool rising = offsets[0] == 0;
    for (size_t i = 0; i < n; i++)
        rising &= offsets[i] <= offsets[i + 1];
    if (!rising)
        die(EXIT_INPUT, "%s: frame %zu: column %s: offsets that do not rise from 0", r->name, r->window.frames, quoted_text(column));
    return offsets;
}

static void read_texts(struct reader *r, const char *column, struct cells *cells)
{
    size_t at;
    cells->texts = read_offsets(r, column, cells->n);
    size_t bytes = cells->texts[cells->n];
    const char *text = read_part(r, column, bytes);
    cells->values = text;
    bool good = utf8_valid(text, bytes, &at);
    for (size_t i = 1; i < cells->n && good; i++)  // no text may begin inside a character
        if (cells->texts[i] < bytes && ((unsigned char)text[cells->texts[i]] & 0xc0) == 0x80) {
            good = false;
            at = cells->texts[i];
        }
    if (!good)
        die(EXIT_INPUT, "%s: frame %zu: column %s: invalid UTF-8 at byte %zu", r->name, r->window.frames, quoted_text(column), at);
}

static void read_column(struct reader *r, const struct column *column, size_t rows, struct cells *cells)
{
    *cells = (struct cells){.n = rows};
    if (column->type.list) {
        cells->lists = read_offsets(r, column->name, rows);
        cells->n = cells->lists[rows];
    }
    if (column->type.element == ELEMENT_STR) {
        read_texts(r, column->name, cells);
        return;
    }
    size_t value_bytes = type_value_bytes(column->type);
    if (cells->n > PACK_BIN_BYTES_MAX / value_bytes)
        bad(r, "corrupt: a column of 1 GiB or more");
    cells->values = read_part(r, column->name, cells->n * value_bytes);
}

// A map's frames stay valid, and so do their places.
static const char *place_of(struct reader *r)
{
    return r->window.mapped ? arena_text(&r->lasting, r->place, strlen(r->place)) : r->place;
}

static void take_frame(struct reader *r, struct table *table, size_t rows, struct frame *frame)
{
    if (!r->window.mapped)
        arena_reset(&r->per_frame);
    window_reuse(&r->window);
    const struct schema *schema = table->schema;
    *frame = (struct frame){.schema = schema, .rows = rows, .place = place_of(r)};
    frame->cells = arena_array(r->window.mapped ? &r->lasting : &r->per_frame, schema->n, sizeof *frame->cells);
    for (size_t i = 0; i < schema->n; i++)
        read_column(r, &schema->columns[i], rows, &frame->cells[i]);
    table->rows += rows;
}

static void announce(struct reader *r, struct table *table, struct frame *frame)
{
    static const uint32_t zero[1];
    *frame = (struct frame){.schema = table->schema, .place = place_of(r)};
    if (!r->window.mapped)
        arena_reset(&r->per_frame);
    frame->cells = arena_zeros(r->window.mapped ? &r->lasting : &r->per_frame, table->schema->n, sizeof *frame->cells);
    for (size_t i = 0; i < table->schema->n; i++)
        frame->cells[i] = (struct cells){.lists = zero, .texts = zero, .values = zero};
}

// Checks the end record; returns whether another stream follows.
static bool take_end(struct reader *r, const msgpack_object *map, size_t length)
{
    const msgpack_object *counts = pack_get(map, "end");
    const msgpack_object *checksum = pack_get(map, "checksum");
    if (counts->type != MSGPACK_OBJECT_MAP)
        bad(r, "end: no map of rows");
    bool without = checksum != NULL && checksum->type == MSGPACK_OBJECT_NIL;  // a writer without XXH3
    uint64_t claimed = without ? 0 : number_of(r, checksum, "end: checksum");
    if (!without && !window_sum_is(&r->window, claimed))
        die(EXIT_INPUT, "%s: corrupt: the checksum does not fit the %zu frames before it", r->name, r->window.frames);
    size_t tables = 0;
    for (size_t i = 0; i < r->n_tables; i++)
        tables += r->tables[i].in_segment;
    for (uint32_t i = 0; i < counts->via.map.size; i++) {
        struct table *table = find_table(r, &counts->via.map.ptr[i].key);
        uint64_t rows = number_of(r, &counts->via.map.ptr[i].val, "end: rows");
        if (table == NULL || !table->in_segment || table->rows != rows)
            die(EXIT_INPUT, "%s: end: table %s: %llu rows are claimed, %llu came", r->name,
                table != NULL ? quoted_text(table->schema->table) : "of an unknown name", (unsigned long long)rows,
                (unsigned long long)(table != NULL ? table->rows : 0));
        table->in_segment = false;
        table->rows = 0;
    }
    if (tables != counts->via.map.size)
        bad(r, "end: a table is missing in the record");
    window_consume(&r->window, length);

    struct header next = {0};
    arena_reset(&r->record);
    if (!read_header(r, &r->record, &next))
        return false;
    if (strcmp(next.config, r->config) != 0)
        die(EXIT_INPUT, "%s: the streams that were concatenated have different configurations", r->name);
    return true;
}

bool reader_next(struct reader *r, struct frame *frame)
{
    for (;;) {
        msgpack_unpacked object;
        size_t length;
        snprintf(r->place, sizeof r->place, "%s: frame %zu", r->name, r->window.frames + 1);
        if (!window_object(&r->window, &object, &length))
            window_truncated(&r->window);
        const msgpack_object *name = pack_get(&object.data, "frame");
        if (name != NULL) {
            struct table *table = find_table(r, name);
            uint64_t rows = number_of(r, pack_get(&object.data, "rows"), "frame: rows");
            r->window.frames++;
            if (table == NULL || !table->in_segment)
                bad(r, "corrupt: a frame before its table's schema");
            if (rows > INT32_MAX)
                bad(r, "corrupt: more than 2^31 rows are claimed");
            msgpack_unpacked_destroy(&object);
            window_consume(&r->window, length);
            take_frame(r, table, (size_t)rows, frame);
            if (rows == 0)
                continue;
            return true;
        }
        if (pack_get(&object.data, "table") != NULL) {
            struct table *table = take_schema(r, &object.data);
            msgpack_unpacked_destroy(&object);
            window_consume(&r->window, length);
            if (table == NULL)
                continue;
            announce(r, table, frame);
            return true;
        }
        if (pack_get(&object.data, "millrace") != NULL)
            bad(r, "truncated: another stream begins before the end record");
        if (pack_get(&object.data, "end") == NULL)
            bad(r, "corrupt: wanted a schema, frame or end record");
        bool more = take_end(r, &object.data, length);
        msgpack_unpacked_destroy(&object);
        if (!more)
            return false;
    }
}

void reader_wants(const struct reader *r, const char *table, const char *why)
{
    struct bytes names = {0};
    for (size_t i = 0; i < r->n_tables; i++) {
        if (strcmp(r->tables[i].schema->table, table) == 0) {
            free(names.data);
            return;
        }
        if (names.length < 300)
            bytes_printf(&names, "%s%s", i > 0 ? ", " : "", quoted_text(r->tables[i].schema->table));
    }
    die(EXIT_INPUT, "%s: no table %s: %s; its tables are %s", r->name, quoted_text(table), why, names.length > 0 ? names.data : "none");
}

void reader_close(struct reader *r)
{
    if (r == NULL)
        return;
    window_close(&r->window);
    free(r->tables);
    arena_free(&r->lasting);
    arena_free(&r->per_frame);
    arena_free(&r->record);
    free(r);
}
