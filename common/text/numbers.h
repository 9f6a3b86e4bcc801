// Numbers and times as they stand in text. A value is the whole field: no spaces, no rest; NaN, infinities and hexadecimal are refused,
// as is what does not fit the type. Results are correctly rounded. The text must end in a zero byte.
#ifndef TEXT_NUMBERS_H
#define TEXT_NUMBERS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

bool number_i64(const char *text, size_t length, int64_t *value) __attribute__((warn_unused_result));
bool number_f32(const char *text, size_t length, float *value) __attribute__((warn_unused_result));
bool number_f64(const char *text, size_t length, double *value) __attribute__((warn_unused_result));

#endif
