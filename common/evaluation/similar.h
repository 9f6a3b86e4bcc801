// The vectors of candidates, for how alike those of a list are.
//
//     size_t dim;
//     const float *vectors = similar_vectors("movies.index", "movies", n_candidates, &dim);
#ifndef EVALUATION_SIMILAR_H
#define EVALUATION_SIMILAR_H

#include <stddef.h>

// Reads the column `vector` of the table of candidates or of an index's table from a stream, and divides each vector by its length. Dies
// with exit code 3 if there is none, it has other rows than there are candidates, or a number that is not finite.
//   returns (n, dim), owned by the caller, released by free()
float *similar_vectors(const char *path, const char *candidates, size_t n, size_t *dim) __attribute__((warn_unused_result));

#endif
