// An index of vectors that come from a file and not from a model, and a table of their keys.
//
//     struct vectors *vectors = vectors_open("films.vec");
//     struct index *index = index_new("candidate", index_kind("auto"), "vectors", vectors_dim(vectors));
//     struct writer *out = writer_open("films.index", NULL);
//     index_import(index, vectors, "films.vec", CHANGE_ERROR, out);
//     writer_end(out);
//
// The table has the name that the index gives, and one column, `key`: the words of the file, or numbers from 0.
#ifndef INDEX_IMPORT_H
#define INDEX_IMPORT_H

#include "common/index/change.h"
#include "common/text/vectors.h"

// Writes the table and the index. Dies with exit code 3 if a word comes twice and `twins` is CHANGE_ERROR; `source` names the file.
void index_import(struct index *index, struct vectors *vectors, const char *source, enum change_twins twins, struct writer *out);

#endif
