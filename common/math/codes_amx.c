// AMX: one instruction multiplies 16 queries by a group of rows as it lies in memory, 64 numbers of each. Queries are copied into panels of 16
// first, and a chunk of groups that stays in the first cache meets one panel after the other. Numbers that make no multiple of 64 begin with a
// step of smaller tiles; panels of fewer queries are lower.
//
// Only memory leads from tiles to vectors' registers, where comparing costs as much as multiplying does here. So a block's products run while the
// one before is compared, and the comparison takes two instructions for 16 rows (compare).
#define _GNU_SOURCE  // syscall
#include "common/math/codes_kernel.h"

#if defined __x86_64__ && defined __linux__ && (defined __clang__ ? __clang_major__ >= 12 : defined __GNUC__ && __GNUC__ >= 11)
#include <cpuid.h>
#include <math.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "common/math/codes_512.h"

#define AMX __attribute__((target("amx-tile,amx-int8,avx512f,avx512bw,avx512vl")))

enum { TILE = 16, STEP_BYTES = 64, TILE_BYTES = TILE * STEP_BYTES, GROUPS = 4, CHUNK_BYTES = 16 << 10, PANELS_BYTES = 64 << 10, PANELS_MAX = 16,
       QUADS_MAX = 2048, AS_FLOAT = 0x4b000000 /* 2^23 */ };

// What ldtilecfg reads.
struct tile_config {
    uint8_t palette, start_row, zeros[14];
    uint16_t column_bytes[16];
    uint8_t rows[16];
};

// Up to 16 queries side by side.
struct panel {
    _Alignas(64) int32_t starts[TILE][TILE];
    float floors[TILE];
    struct codes_query *const *queries;
    size_t n;
    int8_t *numbers;          // (steps, TILE, STEP_BYTES)
};

// Four groups, fewer at the end, none behind it, and the queries of a panel.
struct block {
    struct panel *panel;
    size_t group, groups;
};

// Of the first step, which takes what is left over by whole tiles.
static size_t first_quads(size_t quads)
{
    return (quads - 1) % TILE + 1;
}

// Tiles 0 to 3 are sums, 4 and 5 queries and a group, 6 and 7 the same of the first step.
AMX static void configure(size_t queries, size_t quads)
{
    _Alignas(64) struct tile_config config = {.palette = 1};
    for (size_t i = 0; i < 8; i++) {
        config.column_bytes[i] = (uint16_t)(i == 6 ? 4 * first_quads(quads) : STEP_BYTES);
        config.rows[i] = (uint8_t)(i == 5 ? TILE : i == 7 ? first_quads(quads) : queries);
    }
    __asm__ volatile("" ::: "memory");  // gcc 12 does not know that tiles are loaded from memory
    _tile_loadconfig(&config);
}

AMX static void panel_fill(struct panel *panel, struct codes_query *const *queries, size_t n, size_t quads)
{
    size_t first = first_quads(quads);
    panel->queries = queries;
    panel->n = n;
    for (size_t i = 0; i < n; i++) {
        panel->floors[i] = queries[i]->floor;
        _mm512_store_si512(panel->starts[i], _mm512_set1_epi32(queries[i]->start + AS_FLOAT));
        _mm512_store_si512(panel->numbers + i * STEP_BYTES, _mm512_maskz_loadu_epi32((__mmask16)((1u << first) - 1), queries[i]->numbers));
        for (size_t t = first, step = 1; t < quads; t += TILE, step++)
            _mm512_store_si512(panel->numbers + (step * TILE + i) * STEP_BYTES, _mm512_loadu_si512(queries[i]->numbers + 4 * t));
    }
    __asm__ volatile("" ::: "memory");
}

// Stores the sums of the block before and begins those of the next: a product takes 52 cycles, while another may begin after 16.
AMX SIMD_INLINE void multiply(const struct codes_task *task, struct block next, int32_t (*sums)[GROUPS][TILE])
{
    size_t first = first_quads(task->quads), bytes = task->quads * 4 * CODES_ROWS;
    const int8_t *numbers = next.panel->numbers;
    const uint8_t *codes = task->codes + next.group * bytes;
#define BEGIN(i) do { \
        _tile_stored(i, sums[0][i], sizeof *sums); \
        if (next.groups > i) { \
            _tile_loadd(i, next.panel->starts, STEP_BYTES); \
            _tile_loadd(7, codes + i * bytes, STEP_BYTES); \
            _tile_dpbsud(i, 6, 7); \
        } \
    } while (0)
#define GO_ON(i) do { \
        if (next.groups > i) { \
            _tile_loadd(5, codes + i * bytes, STEP_BYTES); \
            _tile_dpbsud(i, 4, 5); \
        } \
    } while (0)
    _tile_loadd(6, numbers, STEP_BYTES);
    BEGIN(0);
    BEGIN(1);
    BEGIN(2);
    BEGIN(3);
    codes += first * 4 * CODES_ROWS;
    for (size_t t = first; t < task->quads; t += TILE, codes += TILE_BYTES) {
        numbers += TILE_BYTES;
        _tile_loadd(4, numbers, STEP_BYTES);
        GO_ON(0);
        GO_ON(1);
        GO_ON(2);
        GO_ON(3);
    }
}

AMX SIMD_INLINE __m512 values_of(const int32_t *sums, const float *scales)
{
    return _mm512_mul_ps(_mm512_cvtepi32_ps(_mm512_sub_epi32(_mm512_load_si512(sums), _mm512_set1_epi32(AS_FLOAT))), _mm512_loadu_ps(scales));
}

AMX static void keep(const struct codes_task *task, struct block block, size_t i, int32_t (*sums)[TILE])
{
    struct codes_query *query = block.panel->queries[i];
    for (size_t j = 0; j < block.groups; j++) {
        size_t row = (block.group + j) * CODES_ROWS;
        __m512 values = values_of(sums[j], task->scales + row);
        codes_keep(task, query, row, values, _mm512_cmp_ps_mask(values, _mm512_set1_ps(query->floor), _CMP_NLT_UQ));
    }
    codes_make_room(task, query);
    block.panel->floors[i] = query->floor;
}

// Sums begin at the bits of the float 2^23, so each is the bits of the float 2^23 + sum, and one instruction makes a value of it. Where the sum is
// negative, or 2^23 and more, the float is higher than that: what passes is looked at again.
AMX SIMD_INLINE void compare(const struct codes_task *task, struct block block, int32_t (*sums)[GROUPS][TILE])
{
    __m512 scales[GROUPS], offsets[GROUPS];
#pragma GCC unroll 4
    for (size_t j = 0; j < GROUPS; j++) {
        bool is = j < block.groups;
        scales[j] = is ? _mm512_loadu_ps(task->scales + (block.group + j) * CODES_ROWS) : _mm512_setzero_ps();
        offsets[j] = is ? _mm512_mul_ps(scales[j], _mm512_set1_ps(1 << 23)) : _mm512_set1_ps(INFINITY);
    }
    for (size_t i = 0; i < block.panel->n; i++) {
        __m512 floor = _mm512_set1_ps(block.panel->floors[i]);
        __mmask16 below = 0xffff;
#pragma GCC unroll 4
        for (size_t j = 0; j < GROUPS; j++) {
            __m512 highest = _mm512_fmsub_ps(_mm512_castsi512_ps(_mm512_load_si512(sums[i][j])), scales[j], offsets[j]);
            below = _mm512_mask_cmp_ps_mask(below, highest, floor, _CMP_LT_OQ);
        }
        if (__builtin_expect(!_kortestc_mask16_u8(below, below), false))
            keep(task, block, i, sums[i]);
    }
}

AMX static void put_values(const struct codes_task *task, struct block block, int32_t (*sums)[GROUPS][TILE])
{
    float *values = task->values + (size_t)(block.panel->queries - task->queries) * task->stride + block.group * CODES_ROWS;
    for (size_t i = 0; i < block.panel->n; i++, values += task->stride)
        for (size_t j = 0; j < block.groups; j++)
            _mm512_storeu_ps(values + j * CODES_ROWS, values_of(sums[i][j], task->scales + (block.group + j) * CODES_ROWS));
}

// Groups [from, to).
AMX static void chunk(const struct codes_task *task, struct panel *panels, size_t n_panels, size_t from, size_t to)
{
    _Alignas(64) int32_t sums[TILE][GROUPS][TILE];
    struct block next = {panels, from, 0}, last = next;
    do {
        next.groups = next.panel == panels + n_panels ? 0 : to - next.group < GROUPS ? to - next.group : GROUPS;
        multiply(task, next.groups > 0 ? next : (struct block){panels, from, 0}, sums);
        if (task->values != NULL)
            put_values(task, last, sums);
        else if (last.groups > 0)
            compare(task, last, sums);
        last = next;
        next.group += GROUPS;
        if (next.group >= to) {
            next.group = from;
            next.panel++;
        }
    } while (last.groups > 0);
}

static void some_queries(const struct codes_task *task, size_t first, size_t n, size_t queries)
{
    size_t groups = (task->rows + CODES_ROWS - 1) / CODES_ROWS, steps = (task->quads + TILE - 1) / TILE, n_panels = (n + queries - 1) / queries;
    size_t some = CHUNK_BYTES / (task->quads * 4 * CODES_ROWS) / GROUPS * GROUPS;
    some = some > GROUPS ? some : GROUPS;
    struct panel panels[PANELS_MAX];
    _Alignas(64) int8_t numbers[n_panels * steps * TILE_BYTES];
    for (size_t p = 0; p < n_panels; p++) {
        size_t from = p * queries;
        panels[p].numbers = numbers + p * steps * TILE_BYTES;
        panel_fill(&panels[p], task->queries + first + from, n - from < queries ? n - from : queries, task->quads);
    }
    for (size_t from = 0; from < groups; from += some)
        chunk(task, panels, n_panels, from, groups - from < some ? groups : from + some);
}

AMX static void run(const struct codes_task *task)
{
    size_t steps = (task->quads + TILE - 1) / TILE, n_panels = (task->n + TILE - 1) / TILE, queries = (task->n + n_panels - 1) / n_panels;
    size_t some = PANELS_BYTES / (steps * TILE_BYTES);
    some = (some < 1 ? 1 : some > PANELS_MAX ? PANELS_MAX : some) * queries;
    configure(queries, task->quads);
    for (size_t q = 0; q < task->n; q += some)
        some_queries(task, q, task->n - q < some ? task->n - q : some, queries);
    _tile_release();
}

// Whether the processor has it, and the kernel lets this process use it, for which it must be asked.
static bool works(void)
{
    enum { REQUEST_PERMISSION = 0x1023, TILE_DATA = 18 };  // ARCH_REQ_XCOMP_PERM, XFEATURE_XTILEDATA
    unsigned a, b, c, d = 0;
    if (!codes_vnni.works() || !__get_cpuid_count(7, 0, &a, &b, &c, &d) || (d >> 24 & 3) != 3)  // AMX-TILE, AMX-INT8
        return false;
    return syscall(SYS_arch_prctl, REQUEST_PERMISSION, TILE_DATA) == 0;
}

const struct codes_kernel codes_amx = {.name = "amx", .works = works, .queries_min = 6, .rows_min = 64, .quads_max = QUADS_MAX, .run = run};
#else
static bool works(void)
{
    return false;
}

const struct codes_kernel codes_amx = {.name = "amx", .works = works};
#endif
