// The inverted file: rows in leaves, each with the centre nearest to it; a search compares the query with all centres and then with the rows of a few
// leaves, as bytes, sixteen at a time. (Jégou, Douze, Schmid 2011.) Who has a large product with a query points the way it does, so a difference
// between row and centre along the row counts for more than one across it (math/kmeans.h): leaves that are made so are two to four times better at
// inner products, and no worse at cosines; at distances, which know no such way, they are worse. Codes of four bits scanned by shuffles, second
// leaves for each row (SOAR) and graphs were weighed: with many queries at once a leaf's codes stay in the cache, and a whole byte a number costs
// little more to multiply than half a byte to look up, but hardly ever puts a row in the wrong place.
//
// Tables: index/NAME, by row: `vector` u8[3 dim], `scale` f32, the vectors at three bytes a number (math/packed.h); index/NAME/codes, in groups of
// 16 slots: `code` u8[64 ceil(dim / 4)], `scale` f32[16] (math/codes.h), `row` u32[16], 2^32 - 1 where there is none; index/NAME/leaves:
// `centre` f32[dim], `first` u32 (its first group), `rows` u32 (in the slots from there on); index/NAME/curve, the recall measured when it was built:
// `k` u32, `leaves` u32, `recall` f64; index/NAME/asked, one row: `recall` f64.
#include <stdlib.h>
#include <string.h>
#include <math.h>

#include "common/base/die.h"
#include "common/base/rng.h"
#include "common/index/ivf.h"
#include "common/math/codes.h"
#include "common/math/kmeans.h"
#include "common/math/packed.h"

enum { LEAVES_MAX = 1 << 20, SAMPLE_A_LEAF = 64, FRAME_ROWS_MAX = 1 << 16, FRAME_GROUPS_MAX = 1 << 12, WIDTH_MAX = 1 << 16 };

static const uint32_t no_row = UINT32_MAX;
static const float highest = 1e15f;

static void put(struct index *index, const float *vectors, size_t rows, struct writer *out)
{
    (void)out;
    struct ivf *ivf = index->state;
    if (ivf == NULL)
        index->state = ivf = arena_zeros(&index->arena, 1, sizeof *ivf);
    if (index->width > WIDTH_MAX)
        die(EXIT_INPUT, "table %s: column \"vector\": vectors of %zu numbers, but an index of kind ivf has %d at most: use --kind flat",
            quoted_text(index->table), index->dim, WIDTH_MAX - (int)(index->width - index->dim));
    for (size_t i = 0; i < rows * index->width; i++)
        if (fabsf(vectors[i]) > highest)
            die(EXIT_INPUT, "table %s: column \"vector\": row %zu: number %zu is %g, but an index of kind ivf has none above %g: use --kind flat",
                quoted_text(index->table), index->rows + i / index->width, i % index->width, (double)vectors[i], (double)highest);
    size_t n = (index->rows + rows) * index->width;
    ivf->floats_bulk.memory_bytes = index->memory_bytes;
    ivf->floats = bulk_grow(&ivf->floats_bulk, n * sizeof *ivf->floats);
    memcpy(ivf->floats + index->rows * index->width, vectors, rows * index->width * sizeof *vectors);
}

static float eta_for(const struct index *index)
{
    return index->metric == INDEX_L2 ? 1 : 8;
}

static size_t leaves_for(const struct index *index)
{
    size_t rows = index->rows, leaves = (size_t)(2 * sqrt((double)rows));
    leaves = leaves < rows / CODES_ROWS ? leaves : rows / CODES_ROWS;
    return leaves < 1 ? 1 : leaves < LEAVES_MAX ? leaves : LEAVES_MAX;
}

// Centres by a sample, one row drawn from each of its equal parts.
static void train(struct index *index, size_t leaves, struct pool *pool, float *centres)
{
    struct ivf *ivf = index->state;
    size_t n = leaves * SAMPLE_A_LEAF < index->rows ? leaves * SAMPLE_A_LEAF : index->rows;
    float *sample = memory_aligned(n * index->width, sizeof *sample);
    for (size_t i = 0; i < n; i++) {
        size_t from = index->rows * i / n, to = index->rows * (i + 1) / n, row = from + rng_below(rng_bits(index->seed, i, 0), to - from);
        memcpy(sample + i * index->width, ivf->floats + row * index->width, index->width * sizeof *sample);
    }
    kmeans_train(sample, n, index->width, eta_for(index), leaves, index->seed, pool, centres);
    free(sample);
}

// What is too small for codes counts as zeros.
static void encode(const float *vectors, size_t rows, size_t dim, uint8_t *codes, float *scales)
{
    codes_encode(vectors, rows, dim, codes, scales, NULL);
    for (size_t r = 0; r < CODES_ROWS; r++)
        scales[r] = isnan(scales[r]) ? 0 : scales[r];
}

struct filling {
    const struct index *index;
    const uint32_t *nearest, *members, *start;  // members of leaf l: members[start[l] .. start[l + 1])
    uint32_t *first, *sizes;
    float *centres;
    uint8_t *codes;
    float *scales;
    uint32_t *rows;
};

// The codes of one leaf.
static void fill_leaf(void *context, size_t leaf, size_t worker)
{
    struct filling *f = context;
    const struct ivf *ivf = f->index->state;
    size_t dim = f->index->width, bytes = codes_group_bytes(dim), n = f->sizes[leaf];
    const uint32_t *members = f->members + f->start[leaf];
    float *vectors = memory_aligned(CODES_ROWS * dim, sizeof *vectors);
    (void)worker;
    for (size_t at = 0; at < n; at += CODES_ROWS) {
        size_t group = f->first[leaf] + at / CODES_ROWS, these = n - at < CODES_ROWS ? n - at : CODES_ROWS;
        for (size_t r = 0; r < CODES_ROWS; r++) {
            f->rows[group * CODES_ROWS + r] = r < these ? members[at + r] : no_row;
            if (r < these)
                memcpy(vectors + r * dim, ivf->floats + members[at + r] * dim, dim * sizeof *vectors);
        }
        encode(vectors, these, dim, f->codes + group * bytes, f->scales + group * CODES_ROWS);
    }
    free(vectors);
}

static void write_table(struct index *index, const char *part, const char *const (*columns)[2], size_t n_columns, const struct cells *cells,
                        size_t rows, size_t frame_rows, struct writer *out)
{
    struct arena arena = {0};
    struct schema *schema = schema_new(&arena, arena_printf(&arena, part == NULL ? "index/%s" : "index/%s/%s", index->name, part));
    for (size_t i = 0; i < n_columns; i++) {
        struct type type;
        if (!type_parse(columns[i][1], strlen(columns[i][1]), &type))
            abort();
        schema_add(schema, &arena, columns[i][0], type);
    }
    struct cells all[4];
    for (size_t i = 0; i < n_columns; i++) {
        all[i] = cells[i];
        all[i].n = rows;
    }
    struct frame frame = {.schema = schema, .rows = rows, .cells = all};
    for (size_t from = 0; from < rows || (from == 0 && rows == 0); from += frame_rows) {
        struct frame slice = frame_slice(&frame, from, rows - from < frame_rows ? rows : from + frame_rows, &arena);
        writer_put(out, &slice);
        if (rows == 0)
            break;
    }
    arena_free(&arena);
}

static void write_vectors(struct index *index, struct writer *out)
{
    const struct ivf *ivf = index->state;
    size_t width = PACKED_BYTES * index->width;
    size_t frame_rows = blocks_rows(FRAME_ROWS_MAX, width);
    uint8_t *packed = memory_aligned(frame_rows, width);
    float *scales = memory_aligned(frame_rows, sizeof *scales);
    const char *const columns[][2] = {{"vector", type_name((struct type){ELEMENT_U8, (uint32_t)width, false})}, {"scale", "f32"}};
    for (size_t from = 0; from < index->rows || from == 0; from += frame_rows) {
        size_t n = index->rows - from < frame_rows ? index->rows - from : frame_rows;
        packed_encode(ivf->floats + from * index->width, n, index->width, packed, scales);
        write_table(index, NULL, columns, 2, (struct cells[]){{.values = packed}, {.values = scales}}, n, frame_rows, out);
    }
    free(packed);
    free(scales);
}

static void use_leaves(struct index *index, const float *centres)
{
    struct ivf *ivf = index->state;
    size_t groups = (ivf->n_leaves + CODES_ROWS - 1) / CODES_ROWS, bytes = codes_group_bytes(index->width);
    ivf->centres = centres;
    ivf->leaf_codes = arena_array(&index->arena, groups, bytes);
    ivf->leaf_scales = arena_array(&index->arena, groups * CODES_ROWS, sizeof *ivf->leaf_scales);
    for (size_t g = 0; g < groups; g++) {
        size_t n = ivf->n_leaves - g * CODES_ROWS < CODES_ROWS ? ivf->n_leaves - g * CODES_ROWS : CODES_ROWS;
        encode(centres + g * CODES_ROWS * index->width, n, index->width, ivf->leaf_codes + g * bytes, ivf->leaf_scales + g * CODES_ROWS);
    }
}

// Deals the rows out to the leaves and makes their codes.
static struct filling fill(struct index *index, float *centres, const uint32_t *nearest, struct pool *pool)
{
    struct ivf *ivf = index->state;
    struct arena *arena = &index->arena;
    size_t leaves = ivf->n_leaves;
    uint32_t *start = arena_zeros(arena, leaves + 1, sizeof *start), *members = arena_array(arena, index->rows + 1, sizeof *members);
    struct filling f = {.index = index, .nearest = nearest, .members = members, .start = start, .centres = centres};
    f.first = arena_array(arena, leaves, sizeof *f.first);
    f.sizes = arena_zeros(arena, leaves, sizeof *f.sizes);
    for (size_t i = 0; i < index->rows; i++)
        f.sizes[nearest[i]]++;
    for (size_t l = 0; l < leaves; l++) {
        f.first[l] = (uint32_t)ivf->n_groups;
        ivf->n_groups += (f.sizes[l] + CODES_ROWS - 1) / CODES_ROWS;
        start[l + 1] = start[l] + f.sizes[l];
    }
    uint32_t *at = memory_aligned(leaves, sizeof *at);
    memcpy(at, start, leaves * sizeof *at);
    for (size_t i = 0; i < index->rows; i++)
        members[at[nearest[i]]++] = (uint32_t)i;
    free(at);
    ivf->codes_bulk.memory_bytes = index->memory_bytes / 4;
    f.codes = bulk_grow(&ivf->codes_bulk, ivf->n_groups * codes_group_bytes(index->width));
    f.scales = arena_array(arena, ivf->n_groups * CODES_ROWS, sizeof *f.scales);
    f.rows = arena_array(arena, ivf->n_groups * CODES_ROWS, sizeof *f.rows);
    pool_run(pool, leaves, fill_leaf, &f);
    ivf->first = f.first;
    ivf->sizes = f.sizes;
    ivf->codes = blocks_over(f.codes, ivf->n_groups, codes_group_bytes(index->width), arena);
    ivf->code_scales = blocks_over(f.scales, ivf->n_groups, CODES_ROWS * sizeof *f.scales, arena);
    ivf->slot_rows = blocks_over(f.rows, ivf->n_groups, CODES_ROWS * sizeof *f.rows, arena);
    return f;
}

static void write_rest(struct index *index, const struct filling *f, struct writer *out)
{
    const struct ivf *ivf = index->state;
    const char *code = type_name((struct type){ELEMENT_U8, (uint32_t)codes_group_bytes(index->width), false});
    const char *centre = type_name((struct type){ELEMENT_F32, (uint32_t)index->width, false});
    const char *const codes[][2] = {{"code", code}, {"scale", "f32[16]"}, {"row", "u32[16]"}};
    const struct cells code_cells[] = {{.values = f->codes}, {.values = f->scales}, {.values = f->rows}};
    write_table(index, "codes", codes, 3, code_cells, ivf->n_groups, blocks_rows(FRAME_GROUPS_MAX, codes_group_bytes(index->width)), out);
    const char *const leaves[][2] = {{"centre", centre}, {"first", "u32"}, {"rows", "u32"}};
    const struct cells leaf_cells[] = {{.values = f->centres}, {.values = f->first}, {.values = f->sizes}};
    write_table(index, "leaves", leaves, 3, leaf_cells, ivf->n_leaves, blocks_rows(FRAME_ROWS_MAX, index->width * sizeof(float)), out);
    uint32_t *ks = arena_array(&index->arena, ivf->n_points + 1, sizeof *ks), *counts = arena_array(&index->arena, ivf->n_points + 1, sizeof *counts);
    double *recalls = arena_array(&index->arena, ivf->n_points + 1, sizeof *recalls);
    for (size_t i = 0; i < ivf->n_points; i++) {
        ks[i] = ivf->points[i].k;
        counts[i] = ivf->points[i].leaves;
        recalls[i] = ivf->points[i].recall;
    }
    static const char *const curve[][2] = {{"k", "u32"}, {"leaves", "u32"}, {"recall", "f64"}};
    const struct cells curve_cells[] = {{.values = ks}, {.values = counts}, {.values = recalls}};
    write_table(index, "curve", curve, 3, curve_cells, ivf->n_points, FRAME_ROWS_MAX, out);
    static const char *const asked[][2] = {{"recall", "f64"}};
    write_table(index, "asked", asked, 1, (struct cells[]){{.values = &ivf->recall}}, 1, FRAME_ROWS_MAX, out);
}

static void end(struct index *index, struct writer *out)
{
    struct ivf *ivf = index->state;
    if (ivf == NULL)
        index->state = ivf = arena_zeros(&index->arena, 1, sizeof *ivf);
    struct pool *pool = index->pool != NULL ? index->pool : pool_new(1);
    const struct ivf *like = index->like != NULL ? index->like->state : NULL;
    ivf->n_leaves = like != NULL ? like->n_leaves : leaves_for(index);
    ivf->recall = index->recall;
    float *centres = arena_zeros(&index->arena, ivf->n_leaves * index->width, sizeof *centres);
    uint32_t *nearest = memory_aligned(index->rows + 1, sizeof *nearest);
    if (index->rows > 0) {
        if (like != NULL)
            memcpy(centres, like->centres, ivf->n_leaves * index->width * sizeof *centres);
        else
            train(index, ivf->n_leaves, pool, centres);
        kmeans_assign(ivf->floats, index->rows, index->width, eta_for(index), centres, ivf->n_leaves, pool, nearest);
        kmeans_centres(ivf->floats, index->rows, index->width, eta_for(index), nearest, ivf->n_leaves, pool, centres);
    }
    struct filling f = fill(index, centres, nearest, pool);
    free(nearest);
    use_leaves(index, centres);
    ivf_measure(index, index->queries, index->n_queries, pool);
    write_vectors(index, out);
    write_rest(index, &f, out);
    if (index->pool == NULL)
        pool_free(pool);
    bulk_free(&ivf->floats_bulk);
    bulk_free(&ivf->codes_bulk);
    ivf->floats = NULL;
}

static const struct held *part_of(struct index *index, const char *part, const char *source)
{
    const struct held *table = index_table(index, part);
    if (table == NULL)
        die(EXIT_INPUT, "%s: index %s has no table %s", source, quoted_text(index->name),
            quoted_text(arena_printf(&index->arena, "index/%s/%s", index->name, part)));
    return table;
}

// The leaves share the groups out in their order: were one group in many leaves, a search could take as long as a stranger likes.
static void open_leaves(struct index *index, const char *source)
{
    struct ivf *ivf = index->state;
    uint64_t next = 0;
    const struct held *table = part_of(index, "leaves", source);
    ivf->n_leaves = held_rows(table);
    struct blocks centres = blocks_open(table, "centre", type_name((struct type){ELEMENT_F32, (uint32_t)index->width, false}), &index->arena);
    struct blocks firsts = blocks_open(table, "first", "u32", &index->arena), sizes = blocks_open(table, "rows", "u32", &index->arena);
    if (ivf->n_leaves == 0 || ivf->n_leaves > LEAVES_MAX)
        die(EXIT_INPUT, "%s: index %s has %zu leaves", source, quoted_text(index->name), ivf->n_leaves);
    float *all = arena_array(&index->arena, ivf->n_leaves * index->width, sizeof *all);
    uint32_t *first = arena_array(&index->arena, ivf->n_leaves, sizeof *first), *rows = arena_array(&index->arena, ivf->n_leaves, sizeof *rows);
    for (size_t l = 0; l < ivf->n_leaves; l++) {
        memcpy(all + l * index->width, blocks_at(&centres, l), index->width * sizeof *all);
        first[l] = *(const uint32_t *)blocks_at(&firsts, l);
        rows[l] = *(const uint32_t *)blocks_at(&sizes, l);
        uint64_t groups = (rows[l] + (uint64_t)CODES_ROWS - 1) / CODES_ROWS;
        if (first[l] != next || groups > ivf->n_groups - next)
            die(EXIT_INPUT, "%s: index %s: leaf %zu claims %u rows from group %u on, wanted it to begin with group %llu of %zu", source,
                quoted_text(index->name), l, rows[l], first[l], (unsigned long long)next, ivf->n_groups);
        next += groups;
    }
    if (next != ivf->n_groups)
        die(EXIT_INPUT, "%s: index %s: its leaves have %llu groups, wanted %zu", source, quoted_text(index->name), (unsigned long long)next,
            ivf->n_groups);
    ivf->first = first;
    ivf->sizes = rows;
    use_leaves(index, all);
}

static void open_curve(struct index *index, const char *source)
{
    struct ivf *ivf = index->state;
    const struct held *table = part_of(index, "curve", source), *asked = part_of(index, "asked", source);
    struct blocks ks = blocks_open(table, "k", "u32", &index->arena), leaves = blocks_open(table, "leaves", "u32", &index->arena);
    struct blocks recalls = blocks_open(table, "recall", "f64", &index->arena), recall = blocks_open(asked, "recall", "f64", &index->arena);
    struct ivf_point *points = arena_array(&index->arena, held_rows(table) + 1, sizeof *points);
    for (size_t i = 0; i < held_rows(table); i++) {
        points[i] = (struct ivf_point){.k = *(const uint32_t *)blocks_at(&ks, i), .leaves = *(const uint32_t *)blocks_at(&leaves, i),
                                       .recall = *(const double *)blocks_at(&recalls, i)};
        bool rising = i == 0 || points[i].k > points[i - 1].k || (points[i].k == points[i - 1].k && points[i].leaves > points[i - 1].leaves);
        if (!rising || points[i].k == 0 || points[i].leaves == 0 || !(points[i].recall >= 0 && points[i].recall <= 1))
            die(EXIT_INPUT, "%s: index %s: row %zu of its curve is out of order or out of bounds", source, quoted_text(index->name), i);
    }
    ivf->points = points;
    ivf->n_points = held_rows(table);
    if (held_rows(asked) != 1 || !(*(const double *)blocks_at(&recall, 0) > 0 && *(const double *)blocks_at(&recall, 0) <= 1))
        die(EXIT_INPUT, "%s: index %s: wanted one recall above 0, at most 1", source, quoted_text(index->name));
    index->recall = ivf->recall = *(const double *)blocks_at(&recall, 0);
}

static void open(struct index *index, const char *source)
{
    struct ivf *ivf = arena_zeros(&index->arena, 1, sizeof *ivf);
    index->state = ivf;
    const struct held *table = index_table(index, NULL), *codes = part_of(index, "codes", source);
    if (table == NULL || held_rows(table) != index->rows)
        die(EXIT_INPUT, "%s: index %s claims %zu vectors, but table %s has %zu", source, quoted_text(index->name), index->rows,
            quoted_text(arena_printf(&index->arena, "index/%s", index->name)), table != NULL ? held_rows(table) : 0);
    struct arena *arena = &index->arena;
    ivf->vectors = blocks_open(table, "vector", type_name((struct type){ELEMENT_U8, (uint32_t)(PACKED_BYTES * index->width), false}), arena);
    ivf->scales = blocks_open(table, "scale", "f32", arena);
    ivf->codes = blocks_open(codes, "code", type_name((struct type){ELEMENT_U8, (uint32_t)codes_group_bytes(index->width), false}), arena);
    ivf->code_scales = blocks_open(codes, "scale", "f32[16]", arena);
    ivf->slot_rows = blocks_open(codes, "row", "u32[16]", arena);
    ivf->n_groups = held_rows(codes);
    if (ivf->n_groups > UINT32_MAX / CODES_ROWS)
        die(EXIT_INPUT, "%s: index %s has %zu groups of codes", source, quoted_text(index->name), ivf->n_groups);
    open_leaves(index, source);
    open_curve(index, source);
}

static void search(const struct index *index, const float *vectors, struct topk_query *queries, size_t n, size_t k, struct pool *pool,
                   struct arena *scratch)
{
    const struct ivf *ivf = index->state;
    ivf_search(index, index->leaves, index->recall > 0 ? index->recall : ivf->recall, vectors, queries, n, k, pool, scratch);
}

static void vector(const struct index *index, size_t row, float *out)
{
    const struct ivf *ivf = index->state;
    packed_decode(blocks_at(&ivf->vectors, row), blocks_at(&ivf->scales, row), 1, index->width, out);
}

// Every row stands in one slot, and numbers are what they can be.
static void check(const struct index *index, const char *source)
{
    const struct ivf *ivf = index->state;
    uint8_t *seen = memory_zeros(index->rows + 1, sizeof *seen);
    size_t rows = 0;
    for (size_t l = 0; l < ivf->n_leaves; l++)
        for (size_t i = 0; i < ivf->sizes[l]; i++, rows++) {
            size_t slot = (size_t)ivf->first[l] * CODES_ROWS + i;
            uint32_t row = *ivf_slot_row(ivf, slot);
            float scale = ((const float *)blocks_at(&ivf->code_scales, slot / CODES_ROWS))[slot % CODES_ROWS];
            if (row >= index->rows || seen[row] || !(scale >= 0 && scale <= highest))
                die(EXIT_INPUT, "%s: index %s: leaf %zu: slot %zu has row %u, scale %g, wanted every row once", source, quoted_text(index->name), l,
                    i, row, (double)scale);
            seen[row] = 1;
        }
    free(seen);
    if (rows != index->rows)
        die(EXIT_INPUT, "%s: index %s: %zu rows in its leaves, wanted %zu", source, quoted_text(index->name), rows, index->rows);
    for (size_t i = 0; i < ivf->n_leaves * index->width; i++)
        if (!isfinite(ivf->centres[i]))
            die(EXIT_INPUT, "%s: index %s: centre %zu has a number that is not finite", source, quoted_text(index->name), i / index->width);
    for (size_t row = 0; row < index->rows; row++) {
        float scale = *(const float *)blocks_at(&ivf->scales, row);
        int exponent;
        if (!(scale > 0 && scale <= highest && frexpf(scale, &exponent) == 0.5f))
            die(EXIT_INPUT, "%s: index %s: row %zu has the scale %g, wanted a power of two", source, quoted_text(index->name), row, (double)scale);
    }
}

const struct index_kind index_ivf = {
    .name = "ivf", .meaning = "the rows of the nearest leaves are compared; not exact", .put = put, .end = end, .open = open, .search = search,
    .vector = vector, .check = check,
};
