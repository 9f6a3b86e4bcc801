#include "common/stream/schema.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "common/base/die.h"
#include "common/base/utf8.h"

static const struct {
    const char *name;
    size_t bytes;
} elements[] = {
    [ELEMENT_U8] = {"u8", 1},   [ELEMENT_I32] = {"i32", 4}, [ELEMENT_U32] = {"u32", 4},
    [ELEMENT_I64] = {"i64", 8}, [ELEMENT_U64] = {"u64", 8}, [ELEMENT_F32] = {"f32", 4},
    [ELEMENT_F64] = {"f64", 8}, [ELEMENT_BF16] = {"bf16", 2}, [ELEMENT_STR] = {"str", 1},
};

bool type_parse(const char *name, size_t length, struct type *type)
{
    *type = (struct type){0};
    if (length > 0 && name[length - 1] == '*') {
        type->list = true;
        length--;
    }
    size_t base = 0;
    while (base < length && name[base] != '[')
        base++;
    size_t e = 0, n_elements = sizeof elements / sizeof *elements;
    while (e < n_elements && !(strlen(elements[e].name) == base && memcmp(elements[e].name, name, base) == 0))
        e++;
    if (e == n_elements)
        return false;
    type->element = (enum element)e;
    if (base == length)
        return true;
    if (e == ELEMENT_STR || name[length - 1] != ']' || name[base + 1] < '1' || name[base + 1] > '9')
        return false;
    uint64_t dim = 0;
    for (size_t i = base + 1; i < length - 1; i++) {
        if (name[i] < '0' || name[i] > '9' || dim > DIM_MAX)
            return false;
        dim = dim * 10 + (uint64_t)(name[i] - '0');
    }
    type->dim = (uint32_t)dim;
    return dim >= 1 && dim <= DIM_MAX;
}

const char *type_name(struct type type)
{
    static _Thread_local char buffers[8][32];
    static _Thread_local int turn;
    char *out = buffers[turn++ % 8];
    int n = snprintf(out, sizeof buffers[0], "%s", elements[type.element].name);
    if (type.dim != 0)
        n += snprintf(out + n, sizeof buffers[0] - (size_t)n, "[%u]", type.dim);
    if (type.list)
        strcpy(out + n, "*");
    return out;
}

struct type type_of(const char *name)
{
    struct type type;
    bool good = type_parse(name, strlen(name), &type);
    assert(good);
    return type;
}

bool type_equal(struct type a, struct type b)
{
    return a.element == b.element && a.dim == b.dim && a.list == b.list;
}

size_t type_value_bytes(struct type type)
{
    return elements[type.element].bytes * (type.dim == 0 ? 1 : type.dim);
}

struct schema *schema_new(struct arena *arena, const char *table)
{
    struct schema *schema = arena_zeros(arena, 1, sizeof *schema);
    schema->table = arena_text(arena, table, strlen(table));
    return schema;
}

void schema_add(struct schema *schema, struct arena *arena, const char *name, struct type type)
{
    if ((schema->n & (schema->n - 1)) == 0) {  // full at every power of two
        struct column *columns = arena_array(arena, schema->n == 0 ? 1 : schema->n * 2, sizeof *columns);
        if (schema->n > 0)
            memcpy(columns, schema->columns, schema->n * sizeof *columns);
        schema->columns = columns;
    }
    schema->columns[schema->n++] = (struct column){arena_text(arena, name, strlen(name)), type};
}

void schema_add_all(struct schema *schema, struct arena *arena, const char *const (*columns)[2], size_t n)
{
    for (size_t i = 0; i < n; i++)
        schema_add(schema, arena, columns[i][0], type_of(columns[i][1]));
}

struct schema *schema_copy(struct arena *arena, const struct schema *schema)
{
    struct schema *copy = schema_new(arena, schema->table);
    copy->source = schema->source;
    for (size_t i = 0; i < schema->n; i++)
        schema_add(copy, arena, schema->columns[i].name, schema->columns[i].type);
    return copy;
}

const char *schema_place(const struct schema *schema)
{
    static _Thread_local char buffers[8][600];
    static _Thread_local int turn;
    char *out = buffers[turn++ % 8];
    snprintf(out, sizeof buffers[0], "%s%stable %s", schema->source != NULL ? schema->source : "", schema->source != NULL ? ": " : "",
             quoted_text(schema->table));
    return out;
}

static bool is_name(const char *name)
{
    size_t length = strlen(name);
    return length >= 1 && length <= NAME_BYTES_MAX && utf8_valid(name, length, NULL);
}

const char *schema_fault(const struct schema *schema)
{
    static char fault[800];
    const char *table = quoted_text(schema->table);
    if (!is_name(schema->table))
        snprintf(fault, sizeof fault, "table %s: a name has 1 to %d bytes of UTF-8", table, NAME_BYTES_MAX);
    else if (schema->n < 1 || schema->n > COLUMNS_MAX)
        snprintf(fault, sizeof fault, "table %s: %zu columns, wanted 1 to %d", table, schema->n, COLUMNS_MAX);
    else
        fault[0] = '\0';
    for (size_t i = 0; i < schema->n && fault[0] == '\0'; i++) {
        const char *name = schema->columns[i].name;
        if (!is_name(name))
            snprintf(fault, sizeof fault, "table %s: column %s: a name has 1 to %d bytes of UTF-8", table, quoted_text(name),
                     NAME_BYTES_MAX);
        else if (schema_find(schema, name) != i)
            snprintf(fault, sizeof fault, "table %s: two columns %s", table, quoted_text(name));
    }
    return fault[0] != '\0' ? fault : NULL;
}

bool schema_equal(const struct schema *a, const struct schema *b)
{
    if (a == b)
        return true;
    if (a->n != b->n || strcmp(a->table, b->table) != 0)
        return false;
    for (size_t i = 0; i < a->n; i++)
        if (!type_equal(a->columns[i].type, b->columns[i].type) || strcmp(a->columns[i].name, b->columns[i].name) != 0)
            return false;
    return true;
}

size_t schema_find(const struct schema *schema, const char *name)
{
    for (size_t i = 0; i < schema->n; i++)
        if (strcmp(schema->columns[i].name, name) == 0)
            return i;
    return SIZE_MAX;
}
