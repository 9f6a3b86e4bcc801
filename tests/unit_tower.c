#include <stdlib.h>

#include "common/model/tower.h"
#include "tests/parts.h"

// A tower with every kind of input: two that share a table, one of them a weighted list; two ids a row; numbers. More rows than
// a tile has, so that there are several tiles and slabs.
enum { ROWS = 700, TABLE_ROWS = 5, WIDTH = 3, OTHER_ROWS = 4, OTHER_WIDTH = 2, INPUTS = 5 };

static struct config_feature features[INPUTS] = {{.name = "id"}, {.name = "list"}, {.name = "pair"}, {.name = "number"}, {.name = "vector"}};

struct fixture {
    struct tower tower;
    struct param table, other;
    struct input inputs[INPUTS];
    struct layer layers[3];
    struct param *parts[16];
    struct frame frame;
    struct input_column columns[INPUTS];
    uint32_t rows[ROWS];
    float *upstream;
    unsigned char *keep;     // NULL: nothing is masked
    struct pool *pool;
};

static struct call *call_of(const char *text)
{
    struct call *call = arena_array(&parts_arena, 1, sizeof *call);
    *call = call_parse(&parts_arena, text, "test");
    return call;
}

static uint32_t *random_ids(size_t n, uint32_t below, uint64_t seed)
{
    uint32_t *ids = arena_array(&parts_arena, n, sizeof *ids);
    for (size_t i = 0; i < n; i++)
        ids[i] = (uint32_t)rng_below(rng_bits(seed, n, i), below);
    return ids;
}

static void make_frame(struct fixture *f)
{
    struct schema *schema = schema_new(&parts_arena, "t");
    struct cells *cells = arena_zeros(&parts_arena, INPUTS + 1, sizeof *cells);
    static const char *const columns[][2] = {{"feature/id", "u32"}, {"feature/list", "u32*"}, {"feature/pair", "u32[2]"},
                                             {"feature/number", "f32"}, {"feature/vector", "f32[2]"}, {"weight/list", "f32*"}};
    for (size_t i = 0; i < INPUTS + 1; i++)
        schema_add(schema, &parts_arena, columns[i][0], type_of(columns[i][1]));
    uint32_t *lists = arena_zeros(&parts_arena, ROWS + 1, sizeof *lists);
    for (size_t i = 0; i < ROWS; i++)
        lists[i + 1] = lists[i] + (uint32_t)(i % 4);
    float *weights = parts_random(lists[ROWS], 8);
    for (size_t i = 0; i < lists[ROWS]; i++)
        weights[i] += 1.5f;
    cells[0] = (struct cells){.values = random_ids(ROWS, TABLE_ROWS, 1), .n = ROWS};
    cells[1] = (struct cells){.lists = lists, .values = random_ids(lists[ROWS], TABLE_ROWS, 2), .n = lists[ROWS]};
    cells[2] = (struct cells){.values = random_ids(2 * ROWS, OTHER_ROWS, 3), .n = ROWS};
    cells[3] = (struct cells){.values = parts_random(ROWS, 4), .n = ROWS};
    cells[4] = (struct cells){.values = parts_random(2 * ROWS, 5), .n = ROWS};
    cells[5] = (struct cells){.lists = lists, .values = weights, .n = lists[ROWS]};
    f->frame = (struct frame){.schema = schema, .rows = ROWS, .cells = cells};
}

static struct param new_table(const char *name, size_t rows, size_t width)
{
    static struct optim none;
    static const struct optim_kind kind = {.name = "none", .stateless = NULL};
    none.kind = &kind;
    struct param param = {.name = name, .rows = rows, .width = width, .optim = &none, .value = parts_random(rows * width, rows)};
    param_prepare(&param);
    return param;
}

static void make_inputs(struct fixture *f)
{
    static const struct type types[INPUTS] = {{.element = ELEMENT_U32}, {.element = ELEMENT_U32, .list = true}, {.element = ELEMENT_U32, .dim = 2},
                                              {.element = ELEMENT_F32}, {.element = ELEMENT_F32, .dim = 2}};
    for (size_t j = 0; j < INPUTS; j++) {
        struct input *input = &f->inputs[j];
        *input = (struct input){.config = &features[j], .type = types[j], .table = j < 2 ? &f->table : j == 2 ? &f->other : NULL};
        if (j == 1) {
            input->pooling = pooling_new(call_of("mean"), "pool/list", &parts_arena);
            pooling_shape(&input->pooling, WIDTH, "test");
        }
        input_shape(input);
        f->tower.width += input->width;
        f->columns[j] = input_column(input, &f->frame);
    }
}

static void make_layers(struct fixture *f)
{
    static const char *const calls[] = {"dense(4, tanh)", "cross()", "layer_norm(0.1)"};
    f->tower.dim = f->tower.width;
    for (size_t l = 0; l < f->tower.n_layers; l++) {
        f->layers[l] = layer_new(call_of(calls[l]), arena_printf(&parts_arena, "t/%zu", l), &parts_arena);
        layer_shape(&f->layers[l], f->tower.dim, "test");
        f->layers[l].first = f->tower.n_parts;
        f->tower.dim = f->layers[l].out;
        parts_fill(&f->layers[l].part, 20 + l);
        for (size_t p = 0; p < f->layers[l].part.n_params; p++) {
            struct param *param = f->layers[l].part.params[p];
            param->optim = f->table.optim;
            param_prepare(param);
            f->parts[f->tower.n_parts++] = param;
        }
    }
}

static struct fixture *new_fixture(size_t layers, size_t threads)
{
    struct fixture *f = arena_zeros(&parts_arena, 1, sizeof *f);
    f->pool = pool_new(threads);
    f->table = new_table("embed/table", TABLE_ROWS, WIDTH);
    f->other = new_table("embed/other", OTHER_ROWS, OTHER_WIDTH);
    f->tower = (struct tower){.n_inputs = INPUTS, .inputs = f->inputs, .n_layers = layers, .layers = f->layers, .parts = f->parts};
    make_frame(f);
    make_inputs(f);
    make_layers(f);
    for (size_t i = 0; i < ROWS; i++)
        f->rows[i] = (uint32_t)(i * 3 % ROWS);
    for (size_t j = 0; j < INPUTS; j++)
        f->columns[j].rows = f->rows;
    f->upstream = parts_random(ROWS * f->tower.dim, 9);
    return f;
}

static double tower_sum(const void *context)
{
    struct fixture *f = (struct fixture *)(uintptr_t)context;
    struct tower_run run = {.keep = f->keep};
    double sum = parts_dot(tower_forward(&f->tower, &run, f->columns, ROWS, f->pool), f->upstream, ROWS * f->tower.dim);
    tower_run_free(&f->tower, &run);
    return sum;
}

static void run_back(struct fixture *f)
{
    struct tower_run run = {.keep = f->keep};
    tower_forward(&f->tower, &run, f->columns, ROWS, f->pool);
    tower_backward(&f->tower, &run, f->upstream, f->pool);
    tower_run_free(&f->tower, &run);
}

// The gradient of a table as (rows, width), zeros where nothing touched it.
static float *whole_gradient(const struct param *param)
{
    float *d = arena_zeros(&parts_arena, param->rows * param->width, sizeof *d);
    for (size_t i = 0; i < param->n_touched; i++)
        memcpy(d + param->touched[i] * param->width, param->d_value + i * param->width, param->width * sizeof *d);
    return d;
}

static void check_params(struct fixture *f)
{
    struct parts_sum sum = {tower_sum, f};
    run_back(f);
    struct param *tables[] = {&f->table, &f->other};
    for (size_t i = 0; i < 2; i++)
        parts_compare(&sum, tables[i]->value, whole_gradient(tables[i]), tables[i]->rows * tables[i]->width, 5e-3);
    for (size_t i = 0; i < f->tower.n_parts; i++)
        parts_compare(&sum, f->parts[i]->value, f->parts[i]->d_value, f->parts[i]->rows * f->parts[i]->width, 5e-3);
}

static void gradients(void)
{
    check_params(new_fixture(0, 1));
    check_params(new_fixture(3, 1));
    check_params(new_fixture(3, 2));
    struct fixture *masked = new_fixture(3, 2);
    masked->keep = arena_array(&parts_arena, ROWS * INPUTS, 1);
    for (size_t i = 0; i < ROWS * INPUTS; i++)
        masked->keep[i] = rng_bits(4, 0, i) % 3 != 0;
    check_params(masked);
}

static void masked_inputs_are_zeros(void)
{
    struct fixture *f = new_fixture(0, 1);
    unsigned char keep[ROWS * INPUTS];
    memset(keep, 1, sizeof keep);
    keep[2 * INPUTS] = keep[300 * INPUTS + INPUTS - 1] = 0;
    struct tower_run run = {.keep = keep};
    const float *y = tower_forward(&f->tower, &run, f->columns, ROWS, f->pool);
    for (size_t i = 0; i < WIDTH; i++)
        EQUAL(y[2 * f->tower.dim + i], 0);
    CHECK(y[2 * f->tower.dim + 2 * WIDTH] != 0);
    EQUAL(y[300 * f->tower.dim + f->tower.dim - 1], 0);
    CHECK(y[300 * f->tower.dim] != 0);
    tower_run_free(&f->tower, &run);
}

static void inputs_side_by_side(void)
{
    struct fixture *f = new_fixture(0, 1);
    struct tower_run run = {0};
    EQUAL(f->tower.dim, WIDTH + WIDTH + 2 * OTHER_WIDTH + 1 + 2);
    const float *y = tower_forward(&f->tower, &run, f->columns, ROWS, f->pool);
    for (size_t i = 0; i < ROWS; i++, y += f->tower.dim) {
        size_t row = f->rows[i];
        const struct cells *c = f->frame.cells;
        const float *id = f->table.value + ((const uint32_t *)c[0].values)[row] * WIDTH;
        const float *second = f->other.value + ((const uint32_t *)c[2].values)[2 * row + 1] * OTHER_WIDTH;
        CHECK(memcmp(y, id, WIDTH * sizeof *y) == 0);
        CHECK(memcmp(y + 2 * WIDTH + OTHER_WIDTH, second, OTHER_WIDTH * sizeof *y) == 0);
        CHECK(y[2 * WIDTH + 2 * OTHER_WIDTH] == ((const float *)c[3].values)[row]);
        CHECK(y[2 * WIDTH + 2 * OTHER_WIDTH + 2] == ((const float *)c[4].values)[2 * row + 1]);
        if (row % 4 == 0)
            EQUAL(y[WIDTH] == 0 && y[WIDTH + 1] == 0 && y[WIDTH + 2] == 0, 1);  // an empty list
    }
    EQUAL(tower_forward(&f->tower, &run, f->columns, 0, f->pool) != NULL, 1);
    tower_backward(&f->tower, &run, NULL, f->pool);
    tower_run_free(&f->tower, &run);
}

static void threads_change_no_byte(void)
{
    struct fixture *a = new_fixture(3, 1), *b = new_fixture(3, 4);
    run_back(a);
    run_back(b);
    for (size_t i = 0; i < a->tower.n_parts; i++)
        CHECK(memcmp(a->parts[i]->d_value, b->parts[i]->d_value, a->parts[i]->rows * a->parts[i]->width * sizeof(float)) == 0);
    CHECK(memcmp(whole_gradient(&a->table), whole_gradient(&b->table), TABLE_ROWS * WIDTH * sizeof(float)) == 0);
}

static struct fixture *spoilt;

static void ask_spoilt(void)
{
    for (size_t j = 0; j < INPUTS; j++)
        (void)input_column(&spoilt->inputs[j], &spoilt->frame);
}

static void refusals(void)
{
    spoilt = new_fixture(0, 1);
    uint32_t *pair = (uint32_t *)(uintptr_t)spoilt->frame.cells[2].values;
    pair[7] = OTHER_ROWS;
    COMPLAINS(3, "column \"feature/pair\": row 3 has id 4, but \"param/embed/other\" has 4 rows", ask_spoilt);
    pair[7] = 0;
    uint32_t *list = (uint32_t *)(uintptr_t)spoilt->frame.cells[1].values;
    list[1] = UINT32_MAX;
    COMPLAINS(3, "column \"feature/list\": row 2 has id 4294967295", ask_spoilt);
    list[1] = 0;
    float *vector = (float *)(uintptr_t)spoilt->frame.cells[4].values;
    vector[5] = NAN;
    COMPLAINS(3, "column \"feature/vector\": row 2: a number that is not finite", ask_spoilt);
    vector[5] = 0;
    spoilt->frame.cells[5].lists = arena_zeros(&parts_arena, ROWS + 1, sizeof(uint32_t));
    COMPLAINS(3, "column \"weight/list\": its lists are not as long as those of the feature", ask_spoilt);
    spoilt->frame.rows = 1;
    spoilt->inputs[0].type = (struct type){.element = ELEMENT_U32, .list = true};
    COMPLAINS(3, "feature/id", ask_spoilt);
}

UNIT_MAIN(UNIT(inputs_side_by_side), UNIT(gradients), UNIT(masked_inputs_are_zeros), UNIT(threads_change_no_byte), UNIT(refusals))
