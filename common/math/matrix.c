#define _POSIX_C_SOURCE 200809L
#include "common/math/matrix.h"

#include <cblas.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/pool.h"

// LAPACK, which OpenBLAS brings along. Its matrices are column-major: what is "U" there is the lower half here.
void spotrf_(const char *half, const int *n, float *a, const int *lda, int *info);
void spotrs_(const char *half, const int *n, const int *columns, const float *a, const int *lda, float *b, const int *ldb, int *info);
void spotri_(const char *half, const int *n, float *a, const int *lda, int *info);

// OpenBLAS's own, exported without a header. A buffer that is freed stays in its list for the next product.
void *blas_memory_alloc(int position);
void blas_memory_free(void *buffer);
int blas_thread_shutdown_(void) __attribute__((weak));  // a library without threads has none
void gotoblas_dynamic_quit(void) __attribute__((weak)); // one for a single kind of processor has none
void gotoblas_dynamic_init(void) __attribute__((weak));

// OpenBLAS takes a processor that is younger than it is for the oldest it knows, and does without what came since: half the speed of training. It
// is told what the processor can do, unless the user has told it.
static void choose_kernels(void)
{
#ifdef __x86_64__
    bool unknown = strcmp(openblas_get_corename(), "Prescott") == 0 && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (!unknown || gotoblas_dynamic_init == NULL || gotoblas_dynamic_quit == NULL)
        return;
    bool wide = __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
                __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl");
    setenv("OPENBLAS_CORETYPE", wide ? "SkylakeX" : "Haswell", 0);  // not over what is set
    gotoblas_dynamic_quit();
    gotoblas_dynamic_init();
#endif
}

// OpenBLAS starts a thread a processor before main, and each takes its buffer when it comes to run: perhaps only under the
// limit on memory, which it would wait out for ever. Nobody needs them; matrix_invert starts its own.
__attribute__((constructor)) static void prepare(void)
{
    openblas_set_num_threads(1);
    if (blas_thread_shutdown_ != NULL)
        blas_thread_shutdown_();
    choose_kernels();
}

static void take_buffers(size_t n)
{
    void *buffers[POOL_THREADS_MAX];
    for (size_t i = 0; i < n; i++)
        buffers[i] = blas_memory_alloc(0);
    for (size_t i = 0; i < n; i++)
        blas_memory_free(buffers[i]);
}

void matrix_reserve(size_t threads)
{
    memory_exempt(take_buffers, threads < POOL_THREADS_MAX ? threads : POOL_THREADS_MAX);
}

static void multiply(enum CBLAS_TRANSPOSE ta, enum CBLAS_TRANSPOSE tb, size_t m, size_t n, size_t k, float alpha, const float *a,
                     size_t lda, const float *b, size_t ldb, float beta, float *c, size_t ldc)
{
    if (m > 0 && n > 0)
        cblas_sgemm(CblasRowMajor, ta, tb, (int)m, (int)n, (int)k, alpha, a, (int)lda, b, (int)ldb, beta, c, (int)ldc);
}

void matrix_nt(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc)
{
    multiply(CblasNoTrans, CblasTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void matrix_nn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc)
{
    multiply(CblasNoTrans, CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void matrix_tn(size_t m, size_t n, size_t k, float alpha, const float *a, size_t lda, const float *b, size_t ldb, float beta, float *c,
               size_t ldc)
{
    multiply(CblasTrans, CblasNoTrans, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void matrix_solve(size_t n, float *a, size_t lda, float *b)
{
    int rows = (int)n, ld = (int)lda, one = 1, info = 0;
    if (n == 0)
        return;
    spotrf_("U", &rows, a, &ld, &info);
    if (info == 0)
        spotrs_("U", &rows, &one, a, &ld, b, &rows, &info);
    for (size_t i = 0; info != 0 && i < n; i++)
        b[i] = NAN;
}

bool matrix_invert(size_t n, float *a, size_t threads)
{
    int rows = (int)n, info = 0;
    if (n == 0)
        return true;
    matrix_reserve(threads);
    openblas_set_num_threads((int)threads);
    spotrf_("U", &rows, a, &rows, &info);
    if (info == 0)
        spotri_("U", &rows, a, &rows, &info);
    openblas_set_num_threads(1);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < i; j++)
            a[j * n + i] = a[i * n + j];
    return info == 0;
}
