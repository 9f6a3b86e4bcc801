// Vectors from a file: .npy, .fvecs, or word2vec's text or binary format, row by row.
//
//     struct vectors *vectors = vectors_open("films.vec");
//     struct vector row;
//     while (vectors_next(vectors, &row))
//         ...                                             // valid until the next call
//
// .fvecs (by its name): each row a 32-bit number of numbers, the same in all, and so many f32, little-endian; rows have no words.
// .npy (by its magic bytes): a C-ordered array of two dimensions, of f4 or f8, little-endian; rows have no words. word2vec: a line
// "ROWS DIM", then a row each: a word, and DIM numbers as text, or a space and DIM f32. Which of the two it is shows in the first
// row. A word has no spaces and is UTF-8. Anything else ends the process with exit code 3, failing to read with 1.
#ifndef TEXT_VECTORS_H
#define TEXT_VECTORS_H

#include <stdbool.h>
#include <stddef.h>

struct vector {
    const char *word;      // (length), NULL in .npy
    size_t length;
    const float *values;   // (dim)
};

struct vectors *vectors_open(const char *path) __attribute__((warn_unused_result));
size_t vectors_rows(const struct vectors *vectors);  // as the file's beginning says; the last vectors_next checks it
size_t vectors_dim(const struct vectors *vectors);
bool vectors_named(const struct vectors *vectors);   // whether rows have words
bool vectors_next(struct vectors *vectors, struct vector *row) __attribute__((warn_unused_result));
void vectors_close(struct vectors *vectors);

#endif
