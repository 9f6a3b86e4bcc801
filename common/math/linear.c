#include "common/math/linear.h"

#include "common/math/matrix.h"
#include "common/math/rows.h"

void linear(const float *x, size_t rows, size_t in, const float *kernel, const float *bias, size_t out, float *y)
{
    if (bias != NULL)
        rows_repeat(bias, rows, out, y);
    matrix_nn(rows, out, in, 1, x, in, kernel, out, bias != NULL, y, out);
}

void linear_back(const float *x, const float *d_y, size_t rows, size_t in, const float *kernel, size_t out, float *d_kernel, float *d_bias,
                 float *d_x, float keep)
{
    matrix_tn(in, out, rows, 1, x, in, d_y, out, 1, d_kernel, out);
    if (d_bias != NULL)
        rows_sum(d_y, rows, out, d_bias);
    if (d_x != NULL)
        matrix_nt(rows, in, out, 1, d_y, out, kernel, out, keep, d_x, in);
}
