// A frame is kept as one block: its columns' parts end to end, each padded to 64 bytes. Blocks stay in memory while
// they fit; once one does not, it and all that follow go to the file, so the order is memory first, then file.
#define _POSIX_C_SOURCE 200809L
#include "common/stream/spool.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/die.h"

enum { PADDING = 64 };

struct block {
    const struct schema *schema;
    size_t rows, bytes;
    char *memory;    // NULL if in the file
    off_t offset;    // in the file
};

struct spool {
    size_t memory_bytes, used_bytes, rows;
    struct block *blocks;
    size_t n, capacity, at;
    const struct schema **schemas;
    size_t n_schemas, schemas_capacity;
    struct arena lasting, current;
    int fd;
    off_t file_bytes;
    char *buffer;    // a block on its way to or from the file
    size_t buffer_capacity;
};

struct spool *spool_new(size_t memory_bytes)
{
    struct spool *spool = memory_zeros(1, sizeof *spool);
    spool->memory_bytes = memory_bytes;
    spool->fd = -1;
    return spool;
}

static size_t padded(size_t bytes)
{
    return (bytes + PADDING - 1) / PADDING * PADDING;
}

static const struct schema *known_schema(struct spool *spool, const struct schema *schema)
{
    for (size_t i = 0; i < spool->n_schemas; i++)
        if (schema_equal(spool->schemas[i], schema))
            return spool->schemas[i];
    spool->schemas = memory_grow(spool->schemas, &spool->schemas_capacity, spool->n_schemas + 1, sizeof *spool->schemas);
    return spool->schemas[spool->n_schemas++] = schema_copy(&spool->lasting, schema);
}

// Copies a part to `out` if it is not NULL, and returns its padded size.
static size_t put_part(char *out, const void *data, size_t bytes)
{
    if (out != NULL && bytes > 0)
        memcpy(out, data, bytes);
    return padded(bytes);
}

// Lays the frame out at `out`, or only measures it if that is NULL. Each column is preceded by its count of values.
static size_t lay_out(const struct frame *frame, char *out)
{
    size_t at = 0;
    for (size_t i = 0; i < frame->schema->n && frame->rows > 0; i++) {
        const struct cells *cells = &frame->cells[i];
        struct type type = frame->schema->columns[i].type;
        at += put_part(out != NULL ? out + at : NULL, &cells->n, sizeof cells->n);
        if (type.list)
            at += put_part(out != NULL ? out + at : NULL, cells->lists, (frame->rows + 1) * sizeof *cells->lists);
        size_t bytes = cells->n * type_value_bytes(type);
        if (type.element == ELEMENT_STR) {
            at += put_part(out != NULL ? out + at : NULL, cells->texts, (cells->n + 1) * sizeof *cells->texts);
            bytes = cells->texts[cells->n];
        }
        at += put_part(out != NULL ? out + at : NULL, cells->values, bytes);
    }
    return at;
}

static void open_file(struct spool *spool)
{
    const char *folder = getenv("TMPDIR");
    if (folder == NULL || folder[0] == '\0')
        folder = "/tmp";
    char *path = arena_printf(&spool->lasting, "%s/millrace-spool-XXXXXX", folder);
    spool->fd = mkstemp(path);
    if (spool->fd < 0)
        die(EXIT_WORLD, "spool: create %s:", path);
    unlink(path);
}

static void room(struct spool *spool, size_t bytes)
{
    if (spool->buffer_capacity >= bytes)
        return;
    free(spool->buffer);
    spool->buffer = memory_aligned(bytes, 1);
    spool->buffer_capacity = bytes;
}

static void to_file(struct spool *spool, const struct frame *frame, struct block *block)
{
    if (spool->fd < 0)
        open_file(spool);
    room(spool, block->bytes);
    lay_out(frame, spool->buffer);
    block->offset = spool->file_bytes;
    for (size_t done = 0; done < block->bytes;) {
        ssize_t n = pwrite(spool->fd, spool->buffer + done, block->bytes - done, block->offset + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die(EXIT_WORLD, "spool: write a temporary file in TMPDIR:");
        done += (size_t)n;
    }
    spool->file_bytes += (off_t)block->bytes;
}

void spool_put(struct spool *spool, const struct frame *frame)
{
    struct block block = {.schema = known_schema(spool, frame->schema), .rows = frame->rows};
    block.bytes = lay_out(frame, NULL);
    if (spool->fd < 0 && spool->used_bytes + block.bytes <= spool->memory_bytes) {
        block.memory = memory_aligned(block.bytes, 1);
        lay_out(frame, block.memory);
        spool->used_bytes += block.bytes;
    } else {
        to_file(spool, frame, &block);
    }
    spool->blocks = memory_grow(spool->blocks, &spool->capacity, spool->n + 1, sizeof *spool->blocks);
    spool->blocks[spool->n++] = block;
    spool->rows += frame->rows;
}

void spool_rewind(struct spool *spool)
{
    spool->at = 0;
}

static const char *from_file(struct spool *spool, const struct block *block)
{
    room(spool, block->bytes);
    for (size_t done = 0; done < block->bytes;) {
        ssize_t n = pread(spool->fd, spool->buffer + done, block->bytes - done, block->offset + (off_t)done);
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            die(EXIT_WORLD, "spool: read back a temporary file:");
        done += (size_t)n;
    }
    return spool->buffer;
}

bool spool_next(struct spool *spool, struct frame *frame)
{
    if (spool->at == spool->n)
        return false;
    const struct block *block = &spool->blocks[spool->at++];
    const char *p = block->memory != NULL || block->rows == 0 ? block->memory : from_file(spool, block);
    const struct schema *schema = block->schema;
    arena_reset(&spool->current);
    *frame = (struct frame){.schema = schema, .rows = block->rows};
    frame->cells = arena_zeros(&spool->current, schema->n, sizeof *frame->cells);
    static const uint32_t zero[1];
    for (size_t i = 0; i < schema->n; i++) {
        struct cells *cells = &frame->cells[i];
        struct type type = schema->columns[i].type;
        if (block->rows == 0) {
            *cells = (struct cells){.lists = zero, .texts = zero, .values = zero};
            continue;
        }
        memcpy(&cells->n, p, sizeof cells->n);
        p += padded(sizeof cells->n);
        if (type.list) {
            cells->lists = (const uint32_t *)(const void *)p;
            p += padded((block->rows + 1) * sizeof *cells->lists);
        }
        size_t bytes = cells->n * type_value_bytes(type);
        if (type.element == ELEMENT_STR) {
            cells->texts = (const uint32_t *)(const void *)p;
            p += padded((cells->n + 1) * sizeof *cells->texts);
            bytes = cells->texts[cells->n];
        }
        cells->values = p;
        p += padded(bytes);
    }
    return true;
}

size_t spool_rows(const struct spool *spool)
{
    return spool->rows;
}

void spool_free(struct spool *spool)
{
    if (spool == NULL)
        return;
    for (size_t i = 0; i < spool->n; i++)
        free(spool->blocks[i].memory);
    free(spool->blocks);
    free(spool->schemas);
    free(spool->buffer);
    arena_free(&spool->lasting);
    arena_free(&spool->current);
    if (spool->fd >= 0)
        close(spool->fd);
    free(spool);
}
