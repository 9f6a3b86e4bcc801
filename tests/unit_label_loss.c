// Losses of labels against the real library and against central differences.
#include "common/model/label_loss.h"
#include "tests/golden.h"
#include "tests/unit.h"

static struct arena arena;

static struct label_loss loss_of(const char *text)
{
    struct call *call = arena_array(&arena, 1, sizeof *call);
    *call = call_parse(&arena, text, "test");
    return label_loss_new(call);
}

// What the golden file calls a loss, in our words; NULL: not one of ours.
static const char *kind_of(const char *name, const char *text)
{
    if (strncmp(name, "mse_wide", 8) == 0)
        return NULL;  // rows of two predictions
    if (strncmp(text, "MeanSquaredError", 16) == 0)
        return "mse()";
    if (strstr(text, "from_logits=True") != NULL)
        return "bce()";
    if (strncmp(text, "ListMLELoss", 11) == 0)
        return "list_mle()";
    if (strncmp(text, "PairwiseHingeLoss", 17) == 0)
        return "pairwise_hinge()";
    if (strncmp(text, "PairwiseLogisticLoss", 20) == 0)
        return "pairwise_logistic()";
    if (strncmp(text, "ApproxNDCGLoss", 14) == 0)
        return "approx_ndcg()";
    return strncmp(text, "SoftmaxLoss", 11) == 0 ? "softmax()" : NULL;
}

// Lists as the golden file has them, without the places that are padded: their labels are negative. Returns how many there are.
static size_t pack(const json_t *y_true, size_t *n, float *label, float *prediction, float *weight, uint32_t *starts)
{
    size_t lists = json_array_size(y_true), kept = 0, at = 0;
    for (size_t l = 0; l < lists; l++) {
        starts[l] = (uint32_t)kept;
        for (size_t j = 0; j < json_array_size(json_array_get(y_true, l)); j++, at++) {
            if (label[at] < 0)
                continue;
            label[kept] = label[at];
            prediction[kept] = prediction[at];
            if (weight != NULL)
                weight[*n + kept] = weight[l];
            kept++;
        }
    }
    starts[lists] = (uint32_t)kept;
    *n = kept;
    return lists;
}

static void check_lists(json_t *file, size_t i, const char *kind)
{
    const json_t *inputs = golden_inputs(file, i), *outputs = golden_outputs(file, i);
    const json_t *y_true = json_object_get(inputs, "y_true");
    size_t n = 0, n_weights = 0, padded, full;
    float *label = golden_floats(y_true, &n), *prediction = golden_floats(json_object_get(inputs, "y_pred"), &n), d[64], wanted[64];
    float *wanted_all = golden_floats(json_object_get(outputs, "grad_of_sum_wrt_pred"), &n);
    float *given = golden_floats(json_object_get(inputs, "sample_weight"), &n_weights), *weight = calloc(128, sizeof *weight);
    uint32_t starts[8];
    full = n;
    for (size_t j = 0, kept = 0; j < full; j++)
        if (label[j] >= 0)
            wanted[kept++] = wanted_all[j];
    if (given != NULL)
        memcpy(weight, given, n_weights * sizeof *weight);
    size_t lists = pack(y_true, &n, label, prediction, given != NULL ? weight : NULL, starts);
    padded = full - n;
    struct label_loss loss = loss_of(kind);
    struct label_batch batch = {.n = n, .prediction = prediction, .label = label, .weight = given != NULL ? weight + full : NULL, .lists = starts,
                                .n_lists = lists, .d_prediction = d, .mean = true, .factor = 1};
    // Padded places: a mean over places counts them, and ListMLE has the constant ln(2!) for two of them.
    double scale = loss.kind->by_list ? 1 : (double)n / (double)full;
    double constant = padded > 0 && strcmp(kind, "list_mle()") == 0 ? 2 * log(2) / 3 : 0;
    NEAR(scale * label_loss_run(&loss, &batch) + constant, golden_get(outputs, "loss", NAN), 1e-5);
    for (size_t j = 0; j < n; j++)
        NEAR((double)d[j] * scale, wanted[j], 1e-5);
    free(label);
    free(prediction);
    free(wanted_all);
    free(given);
    free(weight);
}

static void check_case(json_t *file, size_t i)
{
    const json_t *inputs = golden_inputs(file, i), *outputs = golden_outputs(file, i);
    const char *text = json_string_value(json_object_get(inputs, "loss"));
    const char *kind = text != NULL ? kind_of(golden_name(file, i), text) : NULL;
    if (kind == NULL)
        return;
    if (loss_of(kind).kind->of_lists) {
        check_lists(file, i, kind);
        return;
    }
    size_t n = 0, n_weights = 0, n_d = 0;
    float *label = golden_floats(json_object_get(inputs, "y_true"), &n), *prediction = golden_floats(json_object_get(inputs, "y_pred"), &n);
    float *weight = golden_floats(json_object_get(inputs, "sample_weight"), &n_weights);
    float *wanted = golden_floats(json_object_get(outputs, "grad_of_sum_wrt_pred"), &n_d), *d = arena_array(&arena, n, sizeof *d);
    EQUAL(n, n_d);
    struct label_loss loss = loss_of(kind);
    struct label_batch batch = {.n = n, .prediction = prediction, .label = label, .weight = weight, .d_prediction = d,
                                .mean = strstr(text, "sum") == NULL, .factor = 1};
    NEAR(label_loss_run(&loss, &batch), golden_get(outputs, "loss", NAN), 1e-6);
    for (size_t j = 0; j < n; j++)
        NEAR(d[j], wanted[j], 1e-5);
    free(label);
    free(prediction);
    free(weight);
    free(wanted);
}

static void values_are_the_librarys(void)
{
    json_t *file = golden_open("losses");
    size_t found = 0;
    for (size_t i = 0; i < golden_cases(file); i++) {
        const char *text = json_string_value(json_object_get(golden_inputs(file, i), "loss"));
        found += text != NULL && kind_of(golden_name(file, i), text) != NULL;
        check_case(file, i);
    }
    CHECK(found >= 12);
    json_decref(file);
}

static void check_gradient(const char *text)
{
    const uint32_t lists[] = {0, 3, 5};
    float prediction[] = {2.5f, -1.25f, 0.3f, 4, -0.7f}, label[] = {1, 0, 0.25f, 1, 0.5f}, weight[] = {1, 2, 0.5f, 1, 3}, d[5], other[5];
    struct label_loss loss = loss_of(text);
    struct label_batch batch = {.n = 5, .prediction = prediction, .label = label, .weight = weight, .d_prediction = d, .lists = lists, .n_lists = 2,
                                .mean = true, .factor = 2};
    (void)label_loss_run(&loss, &batch);
    batch.d_prediction = other;
    for (size_t i = 0; i < 5; i++) {
        float before = prediction[i], h = 1.0f / 256;
        prediction[i] = before + h;
        double high = label_loss_run(&loss, &batch);
        prediction[i] = before - h;
        double low = label_loss_run(&loss, &batch);
        prediction[i] = before;
        NEAR(d[i], (high - low) / (2 * (double)h), 1e-3);
    }
}

static void gradients_are_derivatives(void)
{
    check_gradient("mse()");
    check_gradient("mae()");
    check_gradient("huber(delta=0.75)");
    check_gradient("bce()");
    check_gradient("bce(label_smoothing=0.2)");
    check_gradient("list_mle()");
    check_gradient("pairwise_hinge(margin=0.9)");
    check_gradient("softmax()");
    check_gradient("pairwise_logistic()");
    check_gradient("approx_ndcg(temperature=0.5)");
}

static void known_values(void)
{
    float prediction[] = {3, 0}, label[] = {1, 0}, d[2];
    struct label_batch batch = {.n = 2, .prediction = prediction, .label = label, .d_prediction = d, .factor = 1};
    struct label_loss mae = loss_of("mae()"), huber = loss_of("huber()"), bce = loss_of("bce()");
    NEAR(label_loss_run(&mae, &batch), 2, 1e-6);
    EQUAL(d[0], 1);
    EQUAL(d[1], 0);
    NEAR(label_loss_run(&huber, &batch), 1.5, 1e-6);
    EQUAL(d[0], 1);
    float far[] = {200, -200};
    batch.prediction = far;
    NEAR(label_loss_run(&bce, &batch), 0, 1e-6);
    EQUAL(d[0], 0);
    batch.n = 0;
    EQUAL(label_loss_run(&bce, &batch), 0);
}

UNIT_MAIN(UNIT(values_are_the_librarys), UNIT(gradients_are_derivatives), UNIT(known_values))
