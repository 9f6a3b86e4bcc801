// A table of numbers as a picture, drawn by gnuplot, which has to be installed.
#ifndef BASE_HEATMAP_H
#define BASE_HEATMAP_H

#include <stddef.h>

//   path    ends in .png or .svg (exit code 2 if it does not)
//   names   (n) of rows and columns
//   values  (n, n), all finite
// Ends the process with exit code 1 if gnuplot is not there or fails.
void heatmap_draw(const char *path, const char *title, const char *const *names, const double *values, size_t n);

#endif
