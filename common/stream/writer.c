// Small pieces gather in one buffer; the bodies of columns go out as they lie. Both pass through the checksum.
#define _GNU_SOURCE  // F_SETPIPE_SZ
#include "common/stream/writer.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <xxhash.h>

#include "common/base/die.h"
#include "common/base/output.h"
#include "common/base/stage.h"
#include "common/base/utf8.h"
#include "common/stream/builder.h"
#include "common/stream/pack.h"

enum { BUFFER_BYTES = 256 << 10, DIRECT_BYTES = 64 << 10, PIPE_BYTES = 1 << 20, ALIGNMENT = 64 };

struct table {
    const struct schema *schema;
    uint64_t rows;
};

struct writer {
    struct output output;
    char *buffer;
    size_t length;
    uint64_t written;
    XXH3_state_t *hash;
    struct bytes packed;    // the map being made
    struct arena lasting;
    struct table *tables;
    size_t n_tables, tables_capacity;
};

static void emit(struct writer *w, const void *data, size_t n)
{
    if (n == 0)
        return;
    XXH3_64bits_update(w->hash, data, n);
    w->written += n;
    if (w->length + n > BUFFER_BYTES || n >= DIRECT_BYTES) {
        output_write(&w->output, w->buffer, w->length);
        w->length = 0;
    }
    if (n >= DIRECT_BYTES) {
        output_write(&w->output, data, n);
        return;
    }
    memcpy(w->buffer + w->length, data, n);
    w->length += n;
}

static int add_packed(void *packed, const char *data, size_t n)
{
    bytes_add(packed, data, n);
    return 0;
}

static void pack_text(msgpack_packer *packer, const char *text)
{
    msgpack_pack_str(packer, strlen(text));
    msgpack_pack_str_body(packer, text, strlen(text));
}

static void emit_packed(struct writer *w)
{
    if (w->packed.length > PACK_MAP_BYTES_MAX)
        die(EXIT_INPUT, "a header or record of %zu bytes: %d is the limit", w->packed.length, PACK_MAP_BYTES_MAX);
    emit(w, w->packed.data, w->packed.length);
    w->packed.length = 0;
}

static void pack_history(msgpack_packer *packer, const char *name, const char *version, const char *const *args, size_t n_args)
{
    msgpack_pack_map(packer, 3);
    pack_text(packer, "stage");
    pack_text(packer, name);
    pack_text(packer, "args");
    msgpack_pack_array(packer, n_args);
    for (size_t i = 0; i < n_args; i++)
        pack_text(packer, utf8_valid(args[i], strlen(args[i]), NULL) ? args[i] : quoted_text(args[i]));
    pack_text(packer, "version");
    pack_text(packer, version);
}

static void write_header(struct writer *w, const struct header *header, bool add_stage)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, &w->packed, add_packed);
    msgpack_pack_map(&packer, 3);
    pack_text(&packer, "millrace");
    msgpack_pack_int(&packer, STREAM_VERSION);
    pack_text(&packer, "config");
    pack_text(&packer, header != NULL && header->config != NULL ? header->config : "");
    pack_text(&packer, "history");
    size_t n = header != NULL ? header->n_history : 0;
    msgpack_pack_array(&packer, n + add_stage);
    for (size_t i = 0; i < n; i++) {
        const struct history *h = &header->history[i];
        pack_history(&packer, h->stage, h->version, h->args, h->n_args);
    }
    if (add_stage)
        pack_history(&packer, program_name, MILLRACE_VERSION, stage.arguments, stage.n_arguments);
    emit_packed(w);
}

static struct writer *writer_new(const char *path)
{
    struct writer *w = memory_zeros(1, sizeof *w);
    w->output = output_open(path);
    if (isatty(w->output.fd))
        die(EXIT_USAGE, "a stream is not for a terminal: pipe it into a stage or 'show', or use --output FILE");
#ifdef F_SETPIPE_SZ
    fcntl(w->output.fd, F_SETPIPE_SZ, PIPE_BYTES);  // a wish: fails on a file
#endif
    w->buffer = memory_resize(NULL, BUFFER_BYTES, 1);
    w->hash = XXH3_createState();
    if (w->hash == NULL)
        die(EXIT_WORLD, "out of memory");
    XXH3_64bits_reset(w->hash);
    return w;
}

struct writer *writer_open(const char *path, const struct header *header)
{
    struct writer *w = writer_new(path);
    write_header(w, header, true);
    return w;
}

struct writer *writer_open_exact(const char *path, const struct header *header)
{
    struct writer *w = writer_new(path);
    write_header(w, header, false);
    return w;
}

static void write_schema(struct writer *w, const struct schema *schema)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, &w->packed, add_packed);
    msgpack_pack_map(&packer, 2);
    pack_text(&packer, "table");
    pack_text(&packer, schema->table);
    pack_text(&packer, "columns");
    msgpack_pack_array(&packer, schema->n);
    for (size_t i = 0; i < schema->n; i++) {
        msgpack_pack_map(&packer, 2);
        pack_text(&packer, "name");
        pack_text(&packer, schema->columns[i].name);
        pack_text(&packer, "type");
        pack_text(&packer, type_name(schema->columns[i].type));
    }
    emit_packed(w);
}

static struct table *table_of(struct writer *w, const struct frame *frame)
{
    for (size_t i = 0; i < w->n_tables; i++) {
        if (strcmp(w->tables[i].schema->table, frame->schema->table) != 0)
            continue;
        if (!schema_equal(w->tables[i].schema, frame->schema))
            die(EXIT_INPUT, "%s: two schemas of one name", schema_place(frame->schema));
        return &w->tables[i];
    }
    const char *fault = schema_fault(frame->schema);
    if (fault != NULL || w->n_tables >= TABLES_MAX)
        die(EXIT_INPUT, "%s", fault != NULL ? fault : "more tables than a stream may have");
    w->tables = memory_grow(w->tables, &w->tables_capacity, w->n_tables + 1, sizeof *w->tables);
    w->tables[w->n_tables] = (struct table){.schema = schema_copy(&w->lasting, frame->schema)};
    write_schema(w, frame->schema);
    return &w->tables[w->n_tables++];
}

// One part of a column: filler bin, then the bytes, which begin at a multiple of 64 in this stream.
static void emit_part(struct writer *w, const struct frame *frame, const void *data, size_t n)
{
    if (n > PACK_BIN_BYTES_MAX)
        die(EXIT_INPUT, "%s: a column of %zu bytes in one frame: 1 GiB is the limit", schema_place(frame->schema), n);
    static const char zeros[ALIGNMENT];
    unsigned char head[5];
    size_t head_bytes = n < 256 ? 2 : n < 65536 ? 3 : 5;
    head[0] = (unsigned char)(n < 256 ? 0xc4 : n < 65536 ? 0xc5 : 0xc6);
    for (size_t i = 1; i < head_bytes; i++)
        head[i] = (unsigned char)(n >> (8 * (head_bytes - 1 - i)));
    size_t filler = (ALIGNMENT - (w->written + 2 + head_bytes) % ALIGNMENT) % ALIGNMENT;
    unsigned char filler_head[2] = {0xc4, (unsigned char)filler};
    emit(w, filler_head, sizeof filler_head);
    emit(w, zeros, filler);
    emit(w, head, head_bytes);
    emit(w, data, n);
}

static void emit_column(struct writer *w, const struct frame *frame, size_t i)
{
    struct type type = frame->schema->columns[i].type;
    const struct cells *cells = &frame->cells[i];
    if (type.list)
        emit_part(w, frame, cells->lists, (frame->rows + 1) * sizeof *cells->lists);
    if (type.element == ELEMENT_STR) {
        emit_part(w, frame, cells->texts, (cells->n + 1) * sizeof *cells->texts);
        emit_part(w, frame, cells->values, cells->texts[cells->n]);
    } else {
        emit_part(w, frame, cells->values, cells->n * type_value_bytes(type));
    }
}

static void put_one(struct writer *w, const struct frame *frame)
{
    msgpack_packer packer;
    msgpack_packer_init(&packer, &w->packed, add_packed);
    msgpack_pack_map(&packer, 2);
    pack_text(&packer, "frame");
    pack_text(&packer, frame->schema->table);
    pack_text(&packer, "rows");
    msgpack_pack_uint64(&packer, frame->rows);
    emit_packed(w);
    for (size_t i = 0; i < frame->schema->n; i++)
        emit_column(w, frame, i);
}

// Whether the column fits into frames of so many rows each.
static bool column_fits(const struct cells *cells, struct type type, size_t all_rows, size_t rows)
{
    for (size_t from = 0; from < all_rows; from += rows) {
        size_t to = all_rows - from < rows ? all_rows : from + rows;
        size_t first = type.list ? cells->lists[from] : from, last = type.list ? cells->lists[to] : to;
        size_t values = type.element == ELEMENT_STR ? cells->texts[last] - cells->texts[first] : (last - first) * type_value_bytes(type);
        size_t offsets = type.list || type.element == ELEMENT_STR ? (to - from + last - first + 1) * sizeof(uint32_t) : 0;
        if (values > PACK_BIN_BYTES_MAX || offsets > PACK_BIN_BYTES_MAX)
            return false;
    }
    return true;
}

static bool frame_fits(const struct frame *frame, size_t rows)
{
    for (size_t i = 0; i < frame->schema->n; i++)
        if (!column_fits(&frame->cells[i], frame->schema->columns[i].type, frame->rows, rows))
            return false;
    return true;
}

// A frame that is too large is written as several, all but the last of the same power of two of rows.
void writer_put(struct writer *w, const struct frame *frame)
{
    struct table *table = table_of(w, frame);
    table->rows += frame->rows;
    if (frame->rows == 0)
        return;
    if (frame_fits(frame, frame->rows)) {
        put_one(w, frame);
        return;
    }
    size_t rows = (size_t)1 << 31;
    while (rows > 1 && (rows >= frame->rows || !frame_fits(frame, rows)))
        rows /= 2;
    struct arena scratch = {0};
    for (size_t from = 0; from < frame->rows; from += rows) {
        struct frame piece = frame_slice(frame, from, frame->rows - from < rows ? frame->rows : from + rows, &scratch);
        put_one(w, &piece);
        arena_reset(&scratch);
    }
    arena_free(&scratch);
}

void writer_put_sliced(struct writer *w, const struct frame *frame)
{
    enum { ROWS_MAX = 65536, BYTES_MAX = 8 << 20 };
    if (frame->rows == 0) {
        writer_put(w, frame);
        return;
    }
    size_t row_bytes = frame_bytes(frame) / frame->rows + 1;
    size_t step = row_bytes >= BYTES_MAX ? 1 : BYTES_MAX / row_bytes < ROWS_MAX ? BYTES_MAX / row_bytes : ROWS_MAX;
    struct arena arena = {0};
    for (size_t from = 0; from < frame->rows; from += step) {
        arena_reset(&arena);
        struct frame slice = frame_slice(frame, from, from + step < frame->rows ? from + step : frame->rows, &arena);
        writer_put(w, &slice);
    }
    arena_free(&arena);
}

static void write_end(struct writer *w)
{
    uint64_t checksum = XXH3_64bits_digest(w->hash);
    msgpack_packer packer;
    msgpack_packer_init(&packer, &w->packed, add_packed);
    msgpack_pack_map(&packer, 2);
    pack_text(&packer, "end");
    msgpack_pack_map(&packer, w->n_tables);
    for (size_t i = 0; i < w->n_tables; i++) {
        pack_text(&packer, w->tables[i].schema->table);
        msgpack_pack_uint64(&packer, w->tables[i].rows);
    }
    pack_text(&packer, "checksum");
    msgpack_pack_uint64(&packer, checksum);
    emit_packed(w);
}

void writer_durable(struct writer *w)
{
    w->output.durable = true;
}

void writer_end(struct writer *w)
{
    write_end(w);
    output_write(&w->output, w->buffer, w->length);
    output_close(&w->output);
    free(w->buffer);
    free(w->tables);
    XXH3_freeState(w->hash);
    free(w->packed.data);
    arena_free(&w->lasting);
    free(w);
}

void builder_flush(struct builder *builder, struct writer *writer)
{
    writer_put(writer, builder_frame(builder));
    builder_clear(builder);
}
