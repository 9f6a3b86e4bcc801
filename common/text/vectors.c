#include "common/text/vectors.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"
#include "common/base/die.h"
#include "common/base/utf8.h"
#include "common/text/numbers.h"

enum { WORD_MAX = 4096, DIM_MAX = 1 << 20, HEAD_MAX = 65536 };

enum format { NPY_F4, NPY_F8, WORDS_TEXT, WORDS_BINARY, FVECS };

struct vectors {
    FILE *file;
    const char *path;
    enum format format;
    size_t rows, dim, row;
    char word[WORD_MAX + 1];
    float *values;  // (dim)
    double *wide;   // (dim), of f8
};

static _Noreturn void refuse(const struct vectors *v, const char *why)
{
    if (ferror(v->file))
        die(EXIT_WORLD, "read %s:", v->path);
    die(EXIT_INPUT, "%s: row %zu: %s", v->path, v->row, why);
}

// The value behind 'key': in the header of a .npy file, a Python dictionary in plain ASCII.
static const char *npy_value(const struct vectors *v, const char *head, const char *key)
{
    char quoted_key[32];
    snprintf(quoted_key, sizeof quoted_key, "'%s':", key);
    const char *at = strstr(head, quoted_key);
    if (at == NULL)
        die(EXIT_INPUT, "%s: .npy: the header has no %s", v->path, key);
    at += strlen(quoted_key);
    return at + strspn(at, " ");
}

static void open_npy(struct vectors *v)
{
    unsigned char start[12] = {0};
    static char head[HEAD_MAX + 1];
    if (fread(start, 1, 8, v->file) != 8 || start[6] < 1 || start[6] > 3)
        die(EXIT_INPUT, "%s: .npy: of a version that is not 1, 2 or 3", v->path);
    size_t wide = start[6] == 1 ? 2 : 4, length = 0;
    if (fread(start + 8, 1, wide, v->file) != wide)
        die(EXIT_INPUT, "%s: .npy: truncated", v->path);
    for (size_t i = wide; i-- > 0;)
        length = length << 8 | start[8 + i];
    if (length > HEAD_MAX || fread(head, 1, length, v->file) != length)
        die(EXIT_INPUT, "%s: .npy: truncated, or a header of more than %d bytes", v->path, HEAD_MAX);
    head[length] = '\0';
    const char *type = npy_value(v, head, "descr"), *order = npy_value(v, head, "fortran_order"), *shape = npy_value(v, head, "shape");
    char end = 0;
    if (strncmp(type, "'<f4'", 5) != 0 && strncmp(type, "'<f8'", 5) != 0)
        die(EXIT_INPUT, "%s: .npy: of type %s, wanted '<f4' or '<f8'", v->path, quoted(type, strcspn(type, ",")));
    v->format = type[3] == '4' ? NPY_F4 : NPY_F8;
    if (strncmp(order, "False", 5) != 0)
        die(EXIT_INPUT, "%s: .npy: in Fortran order, wanted C order", v->path);
    if (sscanf(shape, "(%zu, %zu%c", &v->rows, &v->dim, &end) != 3 || end != ')')
        die(EXIT_INPUT, "%s: .npy: of shape %s, wanted two dimensions", v->path, quoted(shape, strcspn(shape, ")") + 1));
}

// A word of the file, without the white space before it; the character behind it.
static int read_word(struct vectors *v)
{
    size_t n = 0;
    int c = getc(v->file);
    while (c == ' ' || c == '\n' || c == '\r')
        c = getc(v->file);
    for (; c != EOF && c != ' ' && c != '\n' && c != '\r'; c = getc(v->file)) {
        if (n == WORD_MAX)
            refuse(v, "a word of more than 4096 bytes: not a file of word2vec");
        v->word[n++] = (char)c;
    }
    v->word[n] = '\0';
    return c;
}

// Text, if what follows the first word are DIM numbers and the end of the line.
static bool is_text(struct vectors *v)
{
    long start = ftell(v->file);
    if (start < 0)
        die(EXIT_WORLD, "%s: cannot go back in it:", v->path);
    int behind = read_word(v);
    bool text = behind == ' ';
    for (size_t i = 0; text && i < v->dim; i++) {
        float x;
        behind = read_word(v);
        text = number_f32(v->word, strlen(v->word), &x);
    }
    if (behind == ' ')
        behind = getc(v->file);
    text &= behind == '\n' || behind == '\r' || behind == EOF;
    if (fseek(v->file, start, SEEK_SET) != 0)
        die(EXIT_WORLD, "%s: cannot go back in it:", v->path);
    return text;
}

static void open_words(struct vectors *v)
{
    char head[64], rest;
    if (fgets(head, sizeof head, v->file) == NULL || sscanf(head, "%zu %zu %c", &v->rows, &v->dim, &rest) != 2)
        die(EXIT_INPUT, "%s: neither .npy nor word2vec, which begins with a line ROWS DIM; .fvecs goes by its name", v->path);
    if (v->dim > 0 && v->dim <= DIM_MAX)
        v->format = is_text(v) ? WORDS_TEXT : WORDS_BINARY;
}

static bool ends_in(const char *path, const char *suffix)
{
    size_t n = strlen(path), m = strlen(suffix);
    return n >= m && strcmp(path + n - m, suffix) == 0;
}

// The number of numbers before each row, little-endian.
static size_t read_dim(struct vectors *v)
{
    unsigned char bytes[4];
    if (fread(bytes, 1, sizeof bytes, v->file) != sizeof bytes)
        refuse(v, "truncated");
    return bytes[0] | (size_t)bytes[1] << 8 | (size_t)bytes[2] << 16 | (size_t)bytes[3] << 24;
}

static void open_fvecs(struct vectors *v)
{
    v->format = FVECS;
    v->dim = read_dim(v);
    if (fseek(v->file, 0, SEEK_END) != 0)
        die(EXIT_WORLD, "%s: cannot go back in it:", v->path);
    size_t bytes = (size_t)ftell(v->file), row = sizeof(float) * (v->dim + 1);
    rewind(v->file);
    if (v->dim <= DIM_MAX && bytes % row != 0)
        die(EXIT_INPUT, "%s: %zu bytes, wanted rows of %zu: truncated, or of other lengths", v->path, bytes, row);
    v->rows = bytes / row;
}

struct vectors *vectors_open(const char *path)
{
    struct vectors *v = memory_zeros(1, sizeof *v);
    v->path = path;
    v->file = fopen(path, "rb");
    if (v->file == NULL)
        die(EXIT_WORLD, "open %s:", path);
    int first = getc(v->file);
    if (first == EOF && ferror(v->file))
        die(EXIT_WORLD, "read %s:", path);
    if (first == EOF)
        die(EXIT_INPUT, "%s: empty", path);
    ungetc(first, v->file);
    if (first == 0x93)
        open_npy(v);
    else if (ends_in(path, ".fvecs"))
        open_fvecs(v);
    else
        open_words(v);
    if (v->dim < 1 || v->dim > DIM_MAX)
        die(EXIT_INPUT, "%s: vectors of %zu numbers, wanted 1 to %d", path, v->dim, DIM_MAX);
    v->values = memory_resize(NULL, v->dim, sizeof *v->values);
    v->wide = memory_resize(NULL, v->dim, sizeof *v->wide);
    return v;
}

size_t vectors_rows(const struct vectors *v)
{
    return v->rows;
}

size_t vectors_dim(const struct vectors *v)
{
    return v->dim;
}

bool vectors_named(const struct vectors *v)
{
    return v->format == WORDS_TEXT || v->format == WORDS_BINARY;
}

static void read_numbers(struct vectors *v, void *into, size_t bytes)
{
    if (fread(into, bytes, v->dim, v->file) != v->dim)  // a text whose first line is not as it should be was taken for numbers
        refuse(v, v->format == WORDS_BINARY && v->row == 0 ? "truncated, or not a word and as many numbers as the first line says" : "truncated");
}

static void read_text(struct vectors *v, int behind)
{
    char word[sizeof v->word];
    strcpy(word, v->word);
    for (size_t i = 0; i < v->dim; i++) {
        if (behind == '\n' || behind == EOF)
            refuse(v, "fewer numbers than the first line says");
        behind = read_word(v);
        if (!number_f32(v->word, strlen(v->word), &v->values[i]))
            refuse(v, "a number that is none, or none of 32 bits");
    }
    while (behind == ' ' || behind == '\r')
        behind = getc(v->file);
    if (behind != '\n' && behind != EOF)
        refuse(v, "more numbers than the first line says");
    strcpy(v->word, word);
}

bool vectors_next(struct vectors *v, struct vector *row)
{
    if (v->row == v->rows) {
        for (int c; (c = getc(v->file)) != EOF;)
            if (!vectors_named(v) || (c != '\n' && c != '\r' && c != ' '))
                refuse(v, "more rows than the file's beginning says");
        return false;
    }
    int behind = vectors_named(v) ? read_word(v) : 0;
    if (vectors_named(v) && (v->word[0] == '\0' || behind != ' ' || !utf8_valid(v->word, strlen(v->word), NULL)))
        refuse(v, behind == EOF ? "truncated" : "wanted a word of UTF-8 and a space");
    if (v->format == FVECS && read_dim(v) != v->dim)
        refuse(v, "of another length than the first");
    if (v->format == WORDS_TEXT)
        read_text(v, behind);
    else if (v->format == NPY_F8)
        read_numbers(v, v->wide, sizeof *v->wide);
    else
        read_numbers(v, v->values, sizeof *v->values);
    for (size_t i = 0; i < v->dim; i++) {
        if (v->format == NPY_F8)
            v->values[i] = (float)v->wide[i];
        if (!isfinite(v->values[i]))
            refuse(v, "a number that is not finite");
    }
    *row = (struct vector){.word = vectors_named(v) ? v->word : NULL, .length = strlen(v->word), .values = v->values};
    v->row++;
    return true;
}

void vectors_close(struct vectors *v)
{
    fclose(v->file);
    free(v->values);
    free(v->wide);
    free(v);
}
