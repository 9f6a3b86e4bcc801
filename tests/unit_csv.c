// Rows of CSV and of the formats that are split at separators.
#define _POSIX_C_SOURCE 200809L  // mkstemp
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/text/rows.h"
#include "tests/unit.h"

static char path[64];

static const char *file_of(const void *data, size_t length)
{
    strcpy(path, "/tmp/millrace-unit-XXXXXX");
    int fd = mkstemp(path);
    CHECK(fd >= 0);
    CHECK(write(fd, data, length) == (ssize_t)length);
    close(fd);
    return path;
}

// All rows as text: fields in <>, a row a line, "LINE! reason" for a bad one.
static const char *read_all(enum rows_format format, bool latin1, const void *data, size_t length)
{
    static struct bytes out;
    out.length = 0;
    bytes_add(&out, "", 0);
    struct rows *rows = rows_open(file_of(data, length), format, ',', latin1, NULL, 0);
    struct row row;
    while (rows_next(rows, &row)) {
        bytes_printf(&out, "%zu", row.line);
        if (row.bad != NULL)
            bytes_printf(&out, "! %s", row.bad);
        for (size_t i = 0; row.bad == NULL && i < row.n; i++) {
            CHECK(strlen(row.fields[i].data) == row.fields[i].length);
            bytes_printf(&out, "<%s>", row.fields[i].data);
        }
        bytes_printf(&out, "\n");
    }
    rows_close(rows);
    unlink(path);
    return out.data;
}

static const char *csv(const char *text)
{
    return read_all(ROWS_CSV, false, text, strlen(text));
}

static void plain(void)
{
    SAME_TEXT(csv(""), "");
    SAME_TEXT(csv("a,b\n1,2\n"), "1<a><b>\n2<1><2>\n");
    SAME_TEXT(csv("a,b\r\n1,2\r\n"), "1<a><b>\n2<1><2>\n");
    SAME_TEXT(csv("a,b\n1,2"), "1<a><b>\n2<1><2>\n");
    SAME_TEXT(csv("a\n\n\n1\n"), "1<a>\n4<1>\n");
    SAME_TEXT(csv(",\n,,\n"), "1<><>\n2<><><>\n");
    SAME_TEXT(csv(" a , b \n"), "1< a >< b >\n");
    SAME_TEXT(csv("\xef\xbb\xbf" "a,b\n"), "1<a><b>\n");
    SAME_TEXT(csv("\xef\xbb\xbf"), "");
    SAME_TEXT(csv("a"), "1<a>\n");
}

static void quotes(void)
{
    SAME_TEXT(csv("\"a,b\",\"c \"\"d\"\"\"\n"), "1<a,b><c \"d\">\n");
    SAME_TEXT(csv("\"\",x\n"), "1<><x>\n");
    SAME_TEXT(csv("\"two\nlines\",x\ny,z\n"), "1<two\nlines><x>\n3<y><z>\n");
    SAME_TEXT(csv("\"two\r\nlines\",x\r\ny,z\r\n"), "1<two\r\nlines><x>\n3<y><z>\n");
    SAME_TEXT(csv("\"last\""), "1<last>\n");
}

static void malformed(void)
{
    const char *inside = "a quote inside a field that does not begin with one", *after = "after a closing quote, wanted a separator or the line's end";
    char want[300];
    snprintf(want, sizeof want, "1! %s\n2<c><d>\n", inside);
    SAME_TEXT(csv("a\"b,x\nc,d\n"), want);
    snprintf(want, sizeof want, "1! %s\n2<c><d>\n", after);
    SAME_TEXT(csv("\"a\"b,x\nc,d\n"), want);
    SAME_TEXT(csv("\"a\" ,x\nc,d\n"), want);
    snprintf(want, sizeof want, "1<a>\n2! %s\n4<c><d>\n", after);
    SAME_TEXT(csv("a\n\"x\ny\"b,\"\nc,d\n"), want);
    SAME_TEXT(csv("a\n\"x\ny"), "1<a>\n2! a quote that is never closed\n");
    snprintf(want, sizeof want, "1! %s\n", inside);
    SAME_TEXT(csv("a\"b"), want);
}

static void encodings(void)
{
    SAME_TEXT(csv("caf\xc3\xa9,x\n"), "1<caf\xc3\xa9><x>\n");
    SAME_TEXT(csv("caf\xe9,x\nb,c\n"), "1! invalid UTF-8: \"caf\\xe9\"; if it is latin-1, give --set 'table NAME.encoding=latin-1'\n2<b><c>\n");
    // The end of one field and the beginning of the next are no character.
    SAME_TEXT(csv("a\xc3,\xa9\n"), "1! invalid UTF-8: \"a\\xc3\"; if it is latin-1, give --set 'table NAME.encoding=latin-1'\n");
    SAME_TEXT(read_all(ROWS_CSV, true, "caf\xe9,\xff\x80\n", 8), "1<caf\xc3\xa9><\xc3\xbf\xc2\x80>\n");
    SAME_TEXT(read_all(ROWS_PSV, true, "caf\xe9|\xff\n", 7), "1<caf\xc3\xa9><\xc3\xbf>\n");
    SAME_TEXT(read_all(ROWS_CSV, false, "a\0b,c\n", 6), "1! a zero byte in the text\n");
    SAME_TEXT(read_all(ROWS_TSV, false, "a\0b\tc\nd\te\n", 10), "1! a zero byte in the text\n2<d><e>\n");
}

static const char *split(enum rows_format format, const char *text)
{
    return read_all(format, false, text, strlen(text));
}

static void separators(void)
{
    SAME_TEXT(split(ROWS_TSV, "a\tb\n\n1\t\r\n\t\n"), "1<a><b>\n3<1><>\n4<><>\n");
    SAME_TEXT(split(ROWS_TSV, "\"a\"\tb \"c\n"), "1<\"a\"><b \"c>\n");
    SAME_TEXT(split(ROWS_PSV, "a|b||c"), "1<a><b><><c>\n");
    SAME_TEXT(split(ROWS_DAT, "1::Title: the film::Drama\n"), "1<1><Title: the film><Drama>\n");
    SAME_TEXT(split(ROWS_DAT, "::\n:\n:::\n::::\n"), "1<><>\n2<:>\n3<><:>\n4<><><>\n");
    SAME_TEXT(split(ROWS_DAT, "a::b:"), "1<a><b:>\n");
    SAME_TEXT(split(ROWS_TSV, "\xef\xbb\xbf" "a\tb"), "1<a><b>\n");
    SAME_TEXT(split(ROWS_TSV, ""), "");
    SAME_TEXT(split(ROWS_TSV, "\n\n\r\n"), "");
}

// Rows of all lengths around the sizes of the buffers, in every format.
static void long_rows(void)
{
    static const size_t lengths[] = {65534, 65535, 65536, 65537, 131070, 131072, 131073, 300000, ROW_BYTES_MAX - 1, ROW_BYTES_MAX};
    for (int format = ROWS_CSV; format <= ROWS_PSV; format++) {
        for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
            size_t n = lengths[i] - (format == ROWS_CSV && lengths[i] == ROW_BYTES_MAX);  // a field counts one byte more
            char *text = memory_resize(NULL, 2 * n + 5, 1);
            memset(text, 'x', 2 * n + 2);
            text[n] = '\n';
            text[2 * n + 1] = '\n';
            memcpy(text + 2 * n + 2, "yz\n", 3);
            struct rows *rows = rows_open(file_of(text, 2 * n + 5), (enum rows_format)format, ',', false, NULL, 0);
            struct row row;
            for (size_t line = 1; line <= 3; line++) {
                CHECK(rows_next(rows, &row));
                CHECK(row.bad == NULL);
                EQUAL(row.line, line);
                EQUAL(row.n, 1);
                EQUAL(row.fields[0].length, line < 3 ? n : 2);
            }
            CHECK(!rows_next(rows, &row));
            rows_close(rows);
            unlink(path);
            free(text);
        }
    }
}

// A row that is too long is bad, and the next one is read; nothing grows with the row.
static void huge_rows(void)
{
    for (int format = ROWS_CSV; format <= ROWS_PSV; format++) {
        size_t n = (size_t)5 << 20;
        char *text = memory_resize(NULL, n, 1);
        memset(text, 'x', n);
        memcpy(text, "a\n", 2);
        memcpy(text + n - 3, "\nb\n", 3);
        struct rows *rows = rows_open(file_of(text, n), (enum rows_format)format, ',', false, NULL, 0);
        struct row row;
        CHECK(rows_next(rows, &row) && row.bad == NULL);
        CHECK(rows_next(rows, &row) && row.bad != NULL && strstr(row.bad, "1 MiB") != NULL);
        EQUAL(row.line, 2);
        CHECK(rows_next(rows, &row) && row.bad == NULL);
        EQUAL(row.line, 3);
        SAME_TEXT(row.fields[0].data, "b");
        CHECK(!rows_next(rows, &row));
        rows_close(rows);
        unlink(path);
        free(text);
    }
}

// Many small rows, so that rows and quoted fields fall on every place of a chunk's border.
static void chunk_borders(void)
{
    struct bytes text = {0};
    for (int i = 0; i < 60000; i++)
        bytes_printf(&text, i % 3 == 0 ? "%d,\"q\"\"%d\"\r\n" : "%d,%d\n", i, i * 7);
    struct rows *rows = rows_open(file_of(text.data, text.length), ROWS_CSV, ',', false, NULL, 0);
    struct row row;
    for (int i = 0; i < 60000; i++) {
        CHECK(rows_next(rows, &row) && row.bad == NULL && row.n == 2);
        EQUAL(row.line, i + 1);
        EQUAL(atoi(row.fields[0].data), i);
        char want[40];
        snprintf(want, sizeof want, i % 3 == 0 ? "q\"%d" : "%d", i * 7);
        SAME_TEXT(row.fields[1].data, want);
    }
    CHECK(!rows_next(rows, &row));
    rows_close(rows);
    unlink(path);
    free(text.data);
}

UNIT_MAIN(UNIT(plain), UNIT(quotes), UNIT(malformed), UNIT(encodings), UNIT(separators), UNIT(long_rows), UNIT(huge_rows), UNIT(chunk_borders))
