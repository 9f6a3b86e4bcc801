#include "common/index/csv_cells.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/stream/lines.h"

void csv_add_field(struct bytes *out, const char *text, size_t length)
{
    bool plain = true;
    for (size_t i = 0; i < length && plain; i++)
        plain = text[i] != ',' && text[i] != '"' && text[i] != '\n' && text[i] != '\r';
    if (plain) {
        bytes_add(out, text, length);
        return;
    }
    bytes_printf(out, "\"");
    for (size_t i = 0; i < length; i++) {
        bytes_add(out, "\"", text[i] == '"');
        bytes_add(out, text + i, 1);
    }
    bytes_printf(out, "\"");
}

void csv_add_name(struct bytes *out, const char *name, const char *table, const char *const *taken, size_t n_taken)
{
    struct bytes whole = {0};
    for (size_t i = 0; i < n_taken; i++)
        if (strcmp(name, taken[i]) == 0)
            bytes_printf(&whole, "%s.", table);
    bytes_printf(&whole, "%s", name);
    csv_add_field(out, whole.data, whole.length);
    free(whole.data);
}

static bool is_missing(const struct cells *cells, struct type type, size_t i)
{
    return (type.element == ELEMENT_F32 && isnan(((const float *)cells->values)[i])) ||
           (type.element == ELEMENT_F64 && isnan(((const double *)cells->values)[i]));
}

void csv_add_cell(struct bytes *out, const struct cells *cells, struct type type, size_t row, struct bytes *scratch)
{
    size_t from = type.list ? cells->lists[row] : row, to = type.list ? cells->lists[row + 1] : row + 1;
    type.list = false;
    scratch->length = 0;
    for (size_t i = from; i < to; i++) {
        bytes_printf(scratch, "%s", i > from ? "|" : "");
        if (type.element == ELEMENT_STR)
            bytes_add(scratch, cells_text(cells, i).data, cells_text(cells, i).length);
        else if (!is_missing(cells, type, i))
            lines_cell(scratch, cells, type, i, true, 0);
    }
    csv_add_field(out, scratch->data, scratch->length);
}
