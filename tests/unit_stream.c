// Writer and reader against each other: what was put comes back, grouped as it was, from a file, from a map, and from
// streams that were concatenated. What is refused is in fault_stream.bats.
#define _GNU_SOURCE  // mkdtemp
#include <dirent.h>
#include <fcntl.h>
#include <stdlib.h>

#include "common/base/arena.h"
#include "common/base/pool.h"
#include "common/stream/builder.h"
#include "common/stream/reader.h"
#include "common/stream/window.h"
#include "common/stream/writer.h"
#include "tests/unit.h"

static struct arena arena;
static char folder[] = "/tmp/unit_stream_XXXXXX";

static char *path_of(const char *name)
{
    static bool made;
    if (!made)
        CHECK(mkdtemp(folder) != NULL);
    made = true;
    return arena_printf(&arena, "%s/%s", folder, name);
}

// Files whose names begin so: a file and its temporary ones.
static size_t entries_of(const char *start)
{
    DIR *entries = opendir(folder);
    CHECK(entries != NULL);
    size_t n = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;)
        n += strncmp(entry->d_name, start, strlen(start)) == 0;
    closedir(entries);
    return n;
}

static struct schema *ratings(void)
{
    struct schema *schema = schema_new(&arena, "ratings");
    schema_add(schema, &arena, "user", type_of("str"));
    schema_add(schema, &arena, "x", type_of("f32[2]"));
    schema_add(schema, &arena, "l", type_of("u32*"));
    return schema;
}

static void put_rows(struct writer *out, struct builder *builder, size_t from, size_t n)
{
    for (uint32_t i = (uint32_t)from; i < from + n; i++) {
        builder_text(builder, 0, &"user0user1user2"[i % 3 * 5], 5);
        builder_value(builder, 1, (float[]){(float)i, -1});
        for (uint32_t j = 0; j < i % 5; j++)
            builder_value(builder, 2, &(uint32_t){i * j});
        builder_row(builder);
    }
    builder_flush(builder, out);
}

// Frames of 3, 0 and 70000 rows, an empty table between them.
static void write_some(const char *path, const char *config)
{
    struct writer *out = writer_open(path, &(struct header){.config = config});
    struct builder *builder = builder_new(ratings()), *empty;
    put_rows(out, builder, 0, 3);
    struct schema *other = schema_new(&arena, "empty");
    schema_add(other, &arena, "a", type_of("u8"));
    empty = builder_new(other);
    builder_flush(empty, out);
    put_rows(out, builder, 3, 0);
    put_rows(out, builder, 3, 70000);
    writer_end(out);
    builder_free(builder);
    builder_free(empty);
}

static void check_rows(const struct frame *frame, size_t from)
{
    const struct cells *users = frame_column(frame, "user", "str"), *lists = frame_column(frame, "l", "u32*");
    const float *x = frame_column(frame, "x", "f32[2]")->values;
    for (size_t row = 0; row < frame->rows; row++) {
        size_t i = from + row;
        struct text user = cells_text(users, row);
        CHECK(user.length == 5 && memcmp(user.data, &"user0user1user2"[i % 3 * 5], 5) == 0);
        CHECK(x[2 * row] == (float)i && x[2 * row + 1] == -1);
        CHECK(lists->lists[row + 1] - lists->lists[row] == i % 5);
        for (uint32_t j = 0; j < i % 5; j++)
            CHECK(((const uint32_t *)lists->values)[lists->lists[row] + j] == i * j);
    }
}

static void check_some(struct reader *in, size_t streams)
{
    static const size_t rows[] = {0, 3, 0, 70000, 3, 70000, 3, 70000};
    static const char *const names[] = {"ratings", "ratings", "empty", "ratings", "ratings", "ratings", "ratings", "ratings"};
    struct frame frame;
    size_t n = 0, from = 0;
    while (reader_next(in, &frame)) {
        CHECK(n < 2 + 2 * streams);
        EQUAL(frame.rows, rows[n]);
        CHECK(is_table(&frame, names[n]));
        from = frame.rows == 3 ? 0 : 3;
        if (frame.rows > 0)
            check_rows(&frame, from);
        n++;
    }
    EQUAL(n, 2 + 2 * streams);
    reader_close(in);
}

static void read_and_mapped(void)
{
    const char *path = path_of("some");
    write_some(path, "[a]\nb = c\n");
    struct reader *in = reader_open(path);
    SAME_TEXT(reader_header(in)->config, "[a]\nb = c\n");
    EQUAL(reader_header(in)->n_history, 1);
    reader_set_config(in, "changed");
    SAME_TEXT(reader_header(in)->config, "changed");
    check_some(in, 1);
    check_some(reader_map(path), 1);
}

static void a_map_lasts(void)
{
    struct reader *in = reader_map(path_of("some"));
    struct frame frames[4];
    for (size_t i = 0; i < 4; i++)
        CHECK(reader_next(in, &frames[i]));
    struct frame end;
    CHECK(!reader_next(in, &end));
    check_rows(&frames[1], 0);
    check_rows(&frames[3], 3);
    EQUAL((uintptr_t)frames[3].cells[1].values % 64, 0);
    CHECK(strstr(frames[1].place, "frame 1") != NULL && strstr(frames[3].place, "frame 2") != NULL);
    reader_close(in);
}

enum { PAGES = 64, PAGE_BYTES = 4096 };

static void touch(void *context, size_t i, size_t worker)
{
    const struct window *w = context;
    (void)worker;
    (void)*(const volatile char *)(w->data + i * PAGE_BYTES);
}

static void four_threads_read_what_was_cut(void)
{
    const char *path = path_of("cut");
    struct window w;
    struct pool *pool = pool_new(4);
    int fd = open(path, O_RDWR | O_CREAT, 0600);
    CHECK(fd >= 0 && ftruncate(fd, PAGES * PAGE_BYTES) == 0);
    window_open_mapped(&w, path);
    CHECK(ftruncate(fd, 0) == 0);
    pool_run(pool, PAGES, touch, &w);
}

// As often as it takes for two to meet: without a rule, one of 20 is two lines in one.
static void threads_that_read_a_map_that_was_cut_say_one_line(void)
{
    char said[500];
    for (size_t i = 0; i < 200; i++) {
        EQUAL(unit_child(four_threads_read_what_was_cut, said, sizeof said), 1);
        SAME_TEXT(said, "millrace: a mapped file was cut short while it was in use\n");
    }
}

static void concatenate(const char *to, size_t n, const char **paths)
{
    FILE *out = fopen(to, "w");
    CHECK(out != NULL);
    for (size_t i = 0; i < n; i++) {
        FILE *in = fopen(paths[i], "r");
        char buffer[4096];
        for (size_t got; (got = fread(buffer, 1, sizeof buffer, in)) > 0;)
            fwrite(buffer, 1, got, out);
        fclose(in);
    }
    fclose(out);
}

static void concatenated(void)
{
    const char *one = path_of("some"), *three = path_of("three"), *other = path_of("other"), *mixed = path_of("mixed");
    concatenate(three, 3, (const char *[]){one, one, one});
    check_some(reader_open(three), 3);
    check_some(reader_map(three), 3);  // unaligned: copied
    write_some(other, "another configuration");
    concatenate(mixed, 2, (const char *[]){one, other});
    DIES(3, check_some(reader_open(mixed), 2));
}

static void a_frame_of_more_than_a_gibibyte(void)
{
#if !defined __SANITIZE_ADDRESS__ && !defined __SANITIZE_THREAD__
    // 1.25 GiB of zeros that nobody touches but the checksum; written in two frames.
    struct schema *schema = schema_new(&arena, "large");
    schema_add(schema, &arena, "v", type_of("u8[320]"));
    size_t rows = (size_t)4 << 20;
    void *zeros = calloc(rows, 320);
    if (zeros == NULL)
        return;
    struct writer *out = writer_open("/dev/null", NULL);
    struct cells cells = {.values = zeros, .n = rows};
    writer_put(out, &(struct frame){.schema = schema, .rows = rows, .cells = &cells});
    writer_end(out);
    free(zeros);
#endif
}

// Announces both tables in one stream.
static void write_two(const char *path, const struct schema *first, const struct schema *second)
{
    struct writer *out = writer_open(path, NULL);
    struct builder *a = builder_new(first), *b = builder_new(second);
    builder_flush(a, out);
    builder_flush(b, out);
    CHECK(access(path, F_OK) != 0);  // not complete, so not there
    writer_end(out);
    builder_free(a);
    builder_free(b);
}

static void writer_refuses(void)
{
    const char *path = path_of("refused");
    struct schema *same_name = schema_new(&arena, "ratings");
    schema_add(same_name, &arena, "user", type_of("u8"));
    DIES(3, write_two(path, ratings(), same_name));
    DIES(3, write_two(path, ratings(), schema_new(&arena, "without columns")));
    DIES(1, write_two("/nonexistent/folder/x", ratings(), ratings()));
    CHECK(access(path, F_OK) != 0);
    EQUAL(entries_of("refused"), 0);
    write_two(path, ratings(), ratings());
    CHECK(access(path, F_OK) == 0);
    EQUAL(entries_of("refused"), 1);
}

static void clean_up(void)
{
    static const char *const names[] = {"some", "three", "other", "mixed", "refused", "cut"};
    for (size_t i = 0; i < 6; i++)
        unlink(path_of(names[i]));
    EQUAL(rmdir(folder), 0);
    arena_free(&arena);
}

UNIT_MAIN(UNIT(read_and_mapped), UNIT(a_map_lasts), UNIT(threads_that_read_a_map_that_was_cut_say_one_line), UNIT(concatenated),
          UNIT(a_frame_of_more_than_a_gibibyte), UNIT(writer_refuses), UNIT(clean_up))
