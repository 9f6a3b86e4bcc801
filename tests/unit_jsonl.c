// Rows of JSON lines.
#define _POSIX_C_SOURCE 200809L  // mkstemp
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "common/base/arena.h"
#include "common/text/rows.h"
#include "tests/unit.h"

static const char *const names[] = {"id", "tags"};

static void add_field(struct bytes *out, const struct field *field)
{
    if (field->items == NULL) {
        bytes_printf(out, "<%.*s>", (int)field->length, field->data);
        return;
    }
    bytes_printf(out, "[");
    for (size_t i = 0; i < field->n_items; i++)
        add_field(out, &field->items[i]);
    bytes_printf(out, "]");
}

static const char *read_all(const char *text)
{
    static struct bytes out;
    char path[] = "/tmp/millrace-unit-XXXXXX";
    int fd = mkstemp(path);
    CHECK(fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text));
    close(fd);
    out.length = 0;
    bytes_add(&out, "", 0);
    struct rows *rows = rows_open(path, ROWS_JSONL, ',', false, names, 2);
    struct row row;
    while (rows_next(rows, &row)) {
        bytes_printf(&out, "%zu", row.line);
        if (row.bad != NULL)
            bytes_printf(&out, "! %s", row.bad);
        for (size_t i = 0; row.bad == NULL && i < row.n; i++)
            add_field(&out, &row.fields[i]);
        bytes_printf(&out, "\n");
    }
    rows_close(rows);
    unlink(path);
    return out.data;
}

static void members(void)
{
    SAME_TEXT(read_all(""), "");
    SAME_TEXT(read_all("{\"id\": \"a\", \"tags\": []}\n\n{\"x\": {}, \"tags\": [\"b\", 7, true], \"id\": 42}"), "1<a>[]\n3<42>[<b><7><true>]\n");
    SAME_TEXT(read_all("{\"id\": null, \"tags\": \"a|b\"}\n"), "1<><a|b>\n");
    SAME_TEXT(read_all("{\"id\": \"caf\\u00e9 \xc3\xa9\", \"tags\": false}\r\n"), "1<caf\xc3\xa9 \xc3\xa9><false>\n");
}

// A number is written so that it reads back the same, and no longer than that needs.
static void numbers(void)
{
    SAME_TEXT(read_all("{\"id\": 0.1, \"tags\": 3.0}"), "1<0.1><3>\n");
    SAME_TEXT(read_all("{\"id\": -9007199254740993, \"tags\": 1e300}"), "1<-9007199254740993><1e+300>\n");
    SAME_TEXT(read_all("{\"id\": 0.30000000000000004, \"tags\": 1}"), "1<0.30000000000000004><1>\n");
}

static void malformed(void)
{
    CHECK(strstr(read_all("{\"id\": 1, \"tags\": }\n{\"id\": 1, \"tags\": 2}\n"), "\n2<1><2>\n") != NULL);
    SAME_TEXT(read_all("[1, 2]\n"), "1! no JSON object\n");
    CHECK(strncmp(read_all("{\"id\": 1, \"id\": 2, \"tags\": 3}\n"), "1! byte ", 8) == 0);
    CHECK(strncmp(read_all("{\"id\": NaN, \"tags\": 3}\n"), "1! byte ", 8) == 0);
    CHECK(strncmp(read_all("{\"id\": 99999999999999999999, \"tags\": 3}\n"), "1! byte ", 8) == 0);
    CHECK(strncmp(read_all("{\"id\": 1, \"tags\": 3} x\n"), "1! byte ", 8) == 0);
    CHECK(strncmp(read_all("{\"id\": \"\\u0000\", \"tags\": 3}\n"), "1! byte ", 8) == 0);
    SAME_TEXT(read_all("{\"id\": 1, \"tag\": 3}\n"), "1! no member \"tags\": the object has \"id\", \"tag\"\n");
    SAME_TEXT(read_all("{}\n"), "1! no member \"id\": the object has none\n");
    SAME_TEXT(read_all("{\"id\": {}, \"tags\": 3}\n"), "1! \"id\": an object or an array of arrays, wanted text, a number or a list\n");
    SAME_TEXT(read_all("{\"id\": [[]], \"tags\": 3}\n"), "1! \"id\": an object or an array of arrays, wanted text, a number or a list\n");
    SAME_TEXT(read_all("{\"id\": \"\xff\", \"tags\": 3}\n"), "1! invalid UTF-8: \"{\\x22id\\x22: \\x22\\xff\\x22, \\x22tags\\x22\"; if it is latin-1, give --set 'table NAME.encoding=latin-1'\n");
}

// Deep nesting must not exhaust the stack.
static void nesting(void)
{
    enum { DEPTH = 500000 };
    struct bytes text = {0};
    bytes_printf(&text, "{\"id\": ");
    for (int i = 0; i < DEPTH; i++)
        bytes_add(&text, "[", 1);
    CHECK(strncmp(read_all(text.data), "1! byte ", 8) == 0);
    free(text.data);
}

UNIT_MAIN(UNIT(members), UNIT(numbers), UNIT(malformed), UNIT(nesting))
