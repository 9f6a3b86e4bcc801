#include "common/math/activation.h"

#include <math.h>

#include "common/math/simd.h"

const char *const activation_names[ACTIVATIONS] = {"linear", "relu", "tanh", "sigmoid", "gelu", "selu"};

static const float selu_scale = 1.05070098f, selu_alpha = 1.67326324f, root_half = 0.707106781f, inverse_root_tau = 0.398942280f;

MULTI_ARCH static void activation_relu_fast(float *x, size_t n)
{
    BLOCKS(x[j] = x[j] < 0 ? 0 : x[j];);  // a NaN stays one
}

MULTI_ARCH static void activation_relu_back_fast(const float *restrict y, float *restrict d, size_t n)
{
    BLOCKS(d[j] = y[j] > 0 ? d[j] : 0;);
}

MULTI_ARCH static void activation_tanh_back_fast(const float *restrict y, float *restrict d, size_t n)
{
    BLOCKS(d[j] *= 1 - y[j] * y[j];);
}

MULTI_ARCH static void activation_sigmoid_back_fast(const float *restrict y, float *restrict d, size_t n)
{
    BLOCKS(d[j] *= y[j] * (1 - y[j]););
}

static float normal_below(float x)
{
    return 0.5f * (1 + erff(x * root_half));
}

void activation_apply(enum activation activation, float *x, size_t n)
{
    switch (activation) {
    case ACTIVATION_RELU:
        activation_relu_fast(x, n);
        break;
    case ACTIVATION_TANH:
        for (size_t i = 0; i < n; i++)
            x[i] = tanhf(x[i]);
        break;
    case ACTIVATION_SIGMOID:
        for (size_t i = 0; i < n; i++)
            x[i] = 1 / (1 + expf(-x[i]));
        break;
    case ACTIVATION_GELU:
        for (size_t i = 0; i < n; i++)
            x[i] *= normal_below(x[i]);
        break;
    case ACTIVATION_SELU:
        for (size_t i = 0; i < n; i++)
            x[i] = selu_scale * (x[i] > 0 ? x[i] : selu_alpha * expm1f(x[i]));
        break;
    default:
        break;
    }
}

bool activation_wants_input(enum activation activation)
{
    return activation == ACTIVATION_GELU;
}

void activation_back(enum activation activation, const float *x, const float *y, float *d, size_t n)
{
    switch (activation) {
    case ACTIVATION_RELU:
        activation_relu_back_fast(y, d, n);
        break;
    case ACTIVATION_TANH:
        activation_tanh_back_fast(y, d, n);
        break;
    case ACTIVATION_SIGMOID:
        activation_sigmoid_back_fast(y, d, n);
        break;
    case ACTIVATION_GELU:
        for (size_t i = 0; i < n; i++)
            d[i] *= normal_below(x[i]) + x[i] * inverse_root_tau * expf(-0.5f * x[i] * x[i]);
        break;
    case ACTIVATION_SELU:
        for (size_t i = 0; i < n; i++)
            d[i] *= y[i] > 0 ? selu_scale : y[i] + selu_scale * selu_alpha;
        break;
    default:
        break;
    }
}
