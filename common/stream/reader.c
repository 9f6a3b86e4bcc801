// One window over the bytes: for a pipe a buffer that is refilled, for a mapped file the file itself. Small objects
// (maps) are parsed in the window by msgpack-c once measured; the bodies of columns are read past the window
// straight into buffers that are reused from frame to frame, so a column is copied once, and not at all from a map.
#define _GNU_SOURCE  // F_SETPIPE_SZ
#include "common/stream/reader.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/base/die.h"
#include "common/base/utf8.h"
#include "common/stream/pack.h"

enum {
    WINDOW_BYTES = 256 << 10,
    PIPE_BYTES = 1 << 20,
    GROWTH_BYTES = 4 << 20,              // a claimed size is believed only so far ahead of the bytes that came
};

struct table {
    const struct schema *schema;
    uint64_t rows;          // seen in this stream
    bool in_segment;        // its schema came since the last header
};

struct buffer {
    char *data;
    size_t capacity;
};

struct reader {
    const char *name;
    int fd;
    const char *window;     // (end) bytes at hand; of a map, the whole file
    char *owned_window;     // NULL if mapped
    size_t window_capacity;
    size_t start, end;
    bool mapped, at_eof;
    uint64_t consumed;
    size_t frames;          // of this stream so far, for messages
    XXH3_state_t *hash;
    struct arena lasting;   // header, schemas; of a map, frames too
    struct arena per_frame;
    struct arena record;    // the schema or the later header being read
    struct header header;
    const char *config;     // as it came
    struct table *tables;
    size_t n_tables, tables_capacity;
    struct buffer *buffers; // one a column part of a frame
    size_t n_buffers, next_buffer;
    char place[160];
};

static _Noreturn void bad(struct reader *r, const char *what)
{
    die(EXIT_INPUT, "%s: frame %zu: %s", r->name, r->frames, what);
}

// A stage that ends well writes a header at least. One that fails says why itself, so a pipe without a byte is no news.
static _Noreturn void nothing_came(struct reader *r)
{
    struct stat status;
    bool pipe = fstat(r->fd, &status) == 0 && S_ISFIFO(status.st_mode);
    die(EXIT_INPUT, pipe ? "%s: no input: the stage before it failed or wrote nothing" : "%s: empty input: no millrace stream", r->name);
}

static _Noreturn void truncated(struct reader *r)
{
    if (r->consumed == 0 && r->end == r->start)
        nothing_came(r);
    die(EXIT_INPUT, "%s: truncated after %zu frames: no end record", r->name, r->frames);
}

static size_t read_some(struct reader *r, void *into, size_t n)
{
    for (;;) {
        ssize_t got = read(r->fd, into, n);
        if (got >= 0)
            return (size_t)got;
        if (errno != EINTR)
            die(EXIT_WORLD, "read %s:", r->name);
    }
}

// Gets more bytes into the window, which grows up to what the largest map may take; false at the end of the input.
static bool fill(struct reader *r)
{
    if (r->at_eof)
        return false;
    size_t have = r->end - r->start;
    if (r->start > 0)
        memmove(r->owned_window, r->owned_window + r->start, have);
    if (r->window_capacity - have < WINDOW_BYTES / 2) {
        r->window_capacity *= 2;
        r->owned_window = memory_resize(r->owned_window, r->window_capacity, 1);
        r->window = r->owned_window;
    }
    r->start = 0;
    r->end = have + read_some(r, r->owned_window + have, r->window_capacity - have);
    r->at_eof = r->end == have;
    return !r->at_eof;
}

static void consume(struct reader *r, size_t n)
{
    if (r->hash != NULL)
        XXH3_64bits_update(r->hash, r->window + r->start, n);
    r->start += n;
    r->consumed += n;
}

// Unpacks the next object, which must be a map, without consuming it; its length is set. False at a clean end of input.
static bool next_map(struct reader *r, msgpack_unpacked *object, size_t *length)
{
    struct pack_walk walk = {0};
    enum pack_measure measured;
    while ((measured = pack_measure(&walk, r->window + r->start, r->end - r->start)) == PACK_MORE) {
        if (!fill(r)) {
            if (r->end == r->start)
                return false;
            truncated(r);
        }
    }
    const char *at = r->window + r->start;
    size_t offset = 0;
    unsigned char tag = (unsigned char)at[0];
    bool is_map = measured == PACK_WHOLE && ((tag & 0xf0) == 0x80 || tag == 0xde || tag == 0xdf);
    if (r->consumed == 0 && !is_map)
        die(EXIT_INPUT, "%s: not a millrace stream: it begins with %s", r->name,
            quoted(at, r->end - r->start < 16 ? r->end - r->start : 16));
    if (!is_map)
        bad(r, "corrupt: wanted a header, schema, frame or end record");
    *length = (size_t)walk.at;
    msgpack_unpacked_init(object);
    msgpack_unpack_return result = msgpack_unpack_next(object, at, *length, &offset);
    if (result == MSGPACK_UNPACK_NOMEM_ERROR)
        die(EXIT_WORLD, "out of memory");
    if (result != MSGPACK_UNPACK_SUCCESS || offset != *length)
        bad(r, "corrupt: malformed msgpack");
    return true;
}

static const char *copied_text(struct reader *r, struct arena *arena, const msgpack_object *object, const char *what)
{
    if (object == NULL || object->type != MSGPACK_OBJECT_STR)
        die(EXIT_INPUT, "%s: frame %zu: %s is missing, repeated or no string", r->name, r->frames, what);
    if (!utf8_valid(object->via.str.ptr, object->via.str.size, NULL) ||
        memchr(object->via.str.ptr, 0, object->via.str.size) != NULL)
        die(EXIT_INPUT, "%s: frame %zu: %s is no valid UTF-8", r->name, r->frames, what);
    return arena_text(arena, object->via.str.ptr, object->via.str.size);
}

static uint64_t number_of(struct reader *r, const msgpack_object *object, const char *what)
{
    if (object == NULL || object->type != MSGPACK_OBJECT_POSITIVE_INTEGER)
        die(EXIT_INPUT, "%s: frame %zu: %s is missing or no whole number", r->name, r->frames, what);
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
    if (!next_map(r, &object, &length))
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
    if (r->hash != NULL)
        XXH3_64bits_reset(r->hash);
    consume(r, length);
    return true;
}

static struct reader *reader_new(const char *path)
{
    struct reader *r = memory_zeros(1, sizeof *r);
    bool is_stdin = strcmp(path, "-") == 0;
    r->name = is_stdin ? "<stdin>" : path;
    r->fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    if (r->fd < 0)
        die(EXIT_WORLD, "open %s:", path);
    return r;
}

struct reader *reader_open(const char *path)
{
    struct reader *r = reader_new(path);
    if (isatty(r->fd))
        die(EXIT_USAGE, "%s is a terminal: wanted a stream from a file or a pipe; try '%s --help'", r->name, program_name);
#ifdef F_SETPIPE_SZ
    fcntl(r->fd, F_SETPIPE_SZ, PIPE_BYTES);  // a wish: fails on a file, or where pipes are limited
#endif
    r->window_capacity = WINDOW_BYTES;
    r->owned_window = memory_resize(NULL, WINDOW_BYTES, 1);
    r->window = r->owned_window;
    r->hash = XXH3_createState();
    if (r->hash == NULL)
        die(EXIT_WORLD, "out of memory");
    XXH3_64bits_reset(r->hash);
    if (!read_header(r, &r->lasting, &r->header))
        truncated(r);
    r->config = r->header.config;
    return r;
}

// A mapped file that is cut by somebody while it is used: the one way to tell is this signal.
static void cut_short(int number)
{
    static const char line[] = ": a mapped file was cut short while it was in use\n";
    ssize_t ignored = write(STDERR_FILENO, program_name, strlen(program_name));
    ignored = write(STDERR_FILENO, line, sizeof line - 1);
    (void)ignored;
    (void)number;
    _exit(EXIT_WORLD);
}

struct reader *reader_map(const char *path)
{
    struct reader *r = reader_new(path);
    struct stat status;
    if (fstat(r->fd, &status) != 0)
        die(EXIT_WORLD, "stat %s:", r->name);
    if (!S_ISREG(status.st_mode))
        die(EXIT_USAGE, "%s: wanted a regular file, to be mapped", r->name);
    r->mapped = r->at_eof = true;
    r->end = (size_t)status.st_size;
    if (r->end == 0)
        truncated(r);
    signal(SIGBUS, cut_short);
    r->window = mmap(NULL, r->end, PROT_READ, MAP_PRIVATE, r->fd, 0);
    if (r->window == MAP_FAILED)
        die(EXIT_WORLD, "map %s:", r->name);
    if (!read_header(r, &r->lasting, &r->header))
        truncated(r);
    r->config = r->header.config;
    return r;
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
    return reader->consumed;
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

// Body bytes of a bin into a buffer that grows as the bytes really come. Not for a map.
static const char *read_body(struct reader *r, size_t n)
{
    if (r->next_buffer == r->n_buffers) {
        size_t capacity = r->n_buffers;
        r->buffers = memory_grow(r->buffers, &capacity, r->n_buffers + 1, sizeof *r->buffers);
        memset(r->buffers + r->n_buffers, 0, (capacity - r->n_buffers) * sizeof *r->buffers);
        r->n_buffers = capacity;
    }
    struct buffer *buffer = &r->buffers[r->next_buffer++];
    for (size_t have = 0; have < n || buffer->data == NULL;) {
        size_t step = n - have < GROWTH_BYTES + have ? n - have : GROWTH_BYTES + have;
        if (buffer->capacity < have + step || buffer->data == NULL) {
            char *larger = memory_aligned(have + step, 1);
            if (have > 0)
                memcpy(larger, buffer->data, have);
            free(buffer->data);
            *buffer = (struct buffer){larger, have + step};
        }
        size_t at_hand = r->end - r->start < step ? r->end - r->start : step;
        memcpy(buffer->data + have, r->window + r->start, at_hand);
        consume(r, at_hand);
        for (size_t end = have + step; (have += at_hand) < end;) {
            at_hand = read_some(r, buffer->data + have, end - have);
            if (at_hand == 0)
                truncated(r);
            XXH3_64bits_update(r->hash, buffer->data + have, at_hand);
            r->consumed += at_hand;
        }
    }
    return buffer->data;
}

// The head of the next bin: its size. Consumed.
static size_t read_bin_head(struct reader *r)
{
    size_t head, size;
    enum pack_measure measured;
    while ((measured = pack_bin(r->window + r->start, r->end - r->start, &head, &size)) == PACK_MORE)
        if (!fill(r))
            truncated(r);
    if (measured == PACK_BAD)
        bad(r, "corrupt: wanted a column's bin");
    if (size > PACK_BIN_BYTES_MAX)
        bad(r, "corrupt: a bin of 1 GiB or more");
    consume(r, head);
    return size;
}

// One part of a column: a filler bin, then the bin with the bytes, which must be `wanted`.
static const void *read_part(struct reader *r, const char *column, size_t wanted)
{
    size_t filler = read_bin_head(r);
    if (filler >= 64)
        bad(r, "corrupt: a filler of 64 bytes or more");
    while (r->end - r->start < filler)
        if (!fill(r))
            truncated(r);
    consume(r, filler);

    size_t size = read_bin_head(r);
    if (size != wanted)
        die(EXIT_INPUT, "%s: frame %zu: column %s: %zu bytes, wanted %zu", r->name, r->frames, quoted_text(column), size, wanted);
    if (r->mapped && r->end - r->start < size)
        truncated(r);
    const char *at = r->window + r->start;
    if (r->mapped && (uintptr_t)at % 8 == 0) {
        consume(r, size);
        return at;
    }
    if (!r->mapped)
        return read_body(r, size);
    void *copy = arena_array(&r->lasting, size, 1);  // unaligned in the file: a map's frames stay valid, so copies do too
    memcpy(copy, at, size);
    consume(r, size);
    return copy;
}

static const uint32_t *read_offsets(struct reader *r, const char *column, size_t n)
{
    const uint32_t *offsets = read_part(r, column, (n + 1) * sizeof *offsets);
    bool rising = offsets[0] == 0;
    for (size_t i = 0; i < n; i++)
        rising &= offsets[i] <= offsets[i + 1];
    if (!rising)
        die(EXIT_INPUT, "%s: frame %zu: column %s: offsets that do not rise from 0", r->name, r->frames, quoted_text(column));
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
        die(EXIT_INPUT, "%s: frame %zu: column %s: invalid UTF-8 at byte %zu", r->name, r->frames, quoted_text(column), at);
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
    return r->mapped ? arena_text(&r->lasting, r->place, strlen(r->place)) : r->place;
}

static void take_frame(struct reader *r, struct table *table, size_t rows, struct frame *frame)
{
    if (!r->mapped)
        arena_reset(&r->per_frame);
    r->next_buffer = 0;
    const struct schema *schema = table->schema;
    *frame = (struct frame){.schema = schema, .rows = rows, .place = place_of(r)};
    frame->cells = arena_array(r->mapped ? &r->lasting : &r->per_frame, schema->n, sizeof *frame->cells);
    for (size_t i = 0; i < schema->n; i++)
        read_column(r, &schema->columns[i], rows, &frame->cells[i]);
    table->rows += rows;
}

static void announce(struct reader *r, struct table *table, struct frame *frame)
{
    static const uint32_t zero[1];
    *frame = (struct frame){.schema = table->schema, .place = place_of(r)};
    if (!r->mapped)
        arena_reset(&r->per_frame);
    frame->cells = arena_zeros(r->mapped ? &r->lasting : &r->per_frame, table->schema->n, sizeof *frame->cells);
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
    if (!without && r->hash != NULL && claimed != XXH3_64bits_digest(r->hash))
        die(EXIT_INPUT, "%s: corrupt: the checksum does not fit the %zu frames before it", r->name, r->frames);
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
    consume(r, length);

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
        snprintf(r->place, sizeof r->place, "%s: frame %zu", r->name, r->frames + 1);
        if (!next_map(r, &object, &length))
            truncated(r);
        const msgpack_object *name = pack_get(&object.data, "frame");
        if (name != NULL) {
            struct table *table = find_table(r, name);
            uint64_t rows = number_of(r, pack_get(&object.data, "rows"), "frame: rows");
            r->frames++;
            if (table == NULL || !table->in_segment)
                bad(r, "corrupt: a frame before its table's schema");
            if (rows > INT32_MAX)
                bad(r, "corrupt: more than 2^31 rows are claimed");
            msgpack_unpacked_destroy(&object);
            consume(r, length);
            take_frame(r, table, (size_t)rows, frame);
            if (rows == 0)
                continue;
            return true;
        }
        if (pack_get(&object.data, "table") != NULL) {
            struct table *table = take_schema(r, &object.data);
            msgpack_unpacked_destroy(&object);
            consume(r, length);
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
    if (r->mapped)
        munmap((void *)(uintptr_t)r->window, r->end);
    if (r->fd != STDIN_FILENO)
        close(r->fd);
    for (size_t i = 0; i < r->n_buffers; i++)
        free(r->buffers[i].data);
    free(r->buffers);
    free(r->owned_window);
    free(r->tables);
    if (r->hash != NULL)
        XXH3_freeState(r->hash);
    arena_free(&r->lasting);
    arena_free(&r->per_frame);
    arena_free(&r->record);
    free(r);
}
