#include "common/text/vectors.h"

#include <stdlib.h>

#include "tests/unit.h"

static const char *file_of(const void *bytes, size_t n)
{
    static char path[64];
    snprintf(path, sizeof path, "/tmp/unit_vectors.%d", (int)getpid());
    FILE *file = fopen(path, "wb");
    fwrite(bytes, 1, n, file);
    fclose(file);
    return path;
}

static const char *npy(const char *head, const void *data, size_t bytes)
{
    static char all[1024];
    size_t length = strlen(head);
    memcpy(all, "\x93NUMPY\x01\x00", 8);
    all[8] = (char)length;
    all[9] = 0;
    memcpy(all + 10, head, length);
    memcpy(all + 10 + length, data, bytes);
    return file_of(all, 10 + length + bytes);
}

static void all_of(const char *path)
{
    struct vectors *v = vectors_open(path);
    struct vector row;
    while (vectors_next(v, &row)) {
    }
    vectors_close(v);
    exit(0);
}

static void check_two(const char *path, const char *const *words)
{
    static const float wanted[] = {1, -2.5f, 3, 0, 0.25f, 1e-3f};
    struct vectors *v = vectors_open(path);
    struct vector row;
    EQUAL(vectors_rows(v), 2);
    EQUAL(vectors_dim(v), 3);
    for (size_t i = 0; i < 2; i++) {
        CHECK(vectors_next(v, &row));
        CHECK(words == NULL ? row.word == NULL : strcmp(row.word, words[i]) == 0 && row.length == strlen(words[i]));
        CHECK(memcmp(row.values, wanted + 3 * i, sizeof wanted / 2) == 0);
    }
    CHECK(!vectors_next(v, &row));
    vectors_close(v);
    remove(path);
}

static void npy_of_both_widths(void)
{
    static const float f4[] = {1, -2.5f, 3, 0, 0.25f, 1e-3f};
    double f8[6];
    for (size_t i = 0; i < 6; i++)
        f8[i] = (double)f4[i];
    check_two(npy("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }   \n", f4, sizeof f4), NULL);
    check_two(npy("{'descr': '<f8', 'fortran_order': False, 'shape': (2, 3), }\n", f8, sizeof f8), NULL);
}

static void words_as_text_and_binary(void)
{
    static const char *const words[] = {"film", "\xc3\xa9t\xc3\xa9"};
    static const float a[] = {1, -2.5f, 3}, b[] = {0, 0.25f, 1e-3f};
    static const char text[] = "2 3\nfilm 1 -2.5 3 \n\xc3\xa9t\xc3\xa9 0 0.25 0.001\n";
    check_two(file_of(text, sizeof text - 1), words);
    check_two(file_of(text, sizeof text - 2), words);
    char binary[64] = "2 3\nfilm ";
    memcpy(binary + 9, a, 12);
    memcpy(binary + 21, "\n\xc3\xa9t\xc3\xa9 ", 7);
    memcpy(binary + 28, b, 12);
    binary[40] = '\n';
    check_two(file_of(binary, 41), words);
}

static const char *bad_file;

static void read_bad(void)
{
    all_of(bad_file);
}

static void refused(void)
{
    static const float x[] = {1, 2};
    static const struct {
        const char *words, *complaint;
    } texts[] = {
        {"", "empty"}, {"no vectors\n", "begins with a line ROWS DIM"}, {"1 0\nx\n", "vectors of 0 numbers"},
        {"2 2\na 1 2\nb 1\n", "fewer numbers"}, {"2 2\na 1 2\nb 1 2 3\n", "more numbers"}, {"2 2\na 1 2\n", "truncated"},
        {"1 2\na 1 2\nb 1 2\n", "more rows"}, {"2 2\na 1 2\nb 1 x\n", "none of 32 bits"}, {"2 2\na 1 2\n\xff 1 2\n", "a word of UTF-8"},
        {"1 999999999\na 1\n", "vectors of 999999999 numbers"}, {"1 2\na 12", "truncated"},
        {"1 2\na nan 1\n", "or not a word and as many numbers as the first line says"},
    };
    static const struct {
        const char *head, *complaint;
    } arrays[] = {
        {"{'descr': '<f4', 'fortran_order': True, 'shape': (1, 2), }", "Fortran order"},
        {"{'descr': '<i8', 'fortran_order': False, 'shape': (1, 2), }", "of type \"'<i8'\""},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2,), }", "wanted two dimensions"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (2, 2), }", "row 1: truncated"},
        {"{'descr': '<f4', 'fortran_order': False, 'shape': (1, 1), }", "more rows"},
        {"{'descr': '<f4', 'shape': (1, 1), }", "no fortran_order"},
    };
    for (size_t i = 0; i < sizeof texts / sizeof *texts; i++) {
        bad_file = file_of(texts[i].words, strlen(texts[i].words));
        COMPLAINS(3, texts[i].complaint, read_bad);
    }
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        bad_file = npy(arrays[i].head, x, sizeof x);
        COMPLAINS(3, arrays[i].complaint, read_bad);
    }
    bad_file = file_of("\x93NUMPY", 6);
    COMPLAINS(3, "version", read_bad);
    remove(bad_file);
    COMPLAINS(1, "open", read_bad);
}

UNIT_MAIN(UNIT(npy_of_both_widths), UNIT(words_as_text_and_binary), UNIT(refused))
