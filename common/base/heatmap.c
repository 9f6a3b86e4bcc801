#define _POSIX_C_SOURCE 200809L
#include "common/base/heatmap.h"

#include <stdio.h>
#include <string.h>

#include "common/base/die.h"

// A text inside gnuplot's single quotes, which knows no escapes but '' there.
static void quote(FILE *out, const char *text)
{
    putc('\'', out);
    for (; *text != '\0'; text++) {
        if (*text == '\'')
            putc('\'', out);
        putc((unsigned char)*text < ' ' ? ' ' : *text, out);
    }
    putc('\'', out);
}

static void write_ticks(FILE *out, char axis, const char *const *names, size_t n)
{
    fprintf(out, "set %ctics (", axis);
    for (size_t i = 0; i < n; i++) {
        quote(out, names[i]);
        fprintf(out, " %zu%s", i, i + 1 < n ? ", " : ")\n");
    }
}

void heatmap_draw(const char *path, const char *title, const char *const *names, const double *values, size_t n)
{
    size_t length = strlen(path);
    const char *end = length > 4 ? path + length - 4 : "";
    if (strcmp(end, ".png") != 0 && strcmp(end, ".svg") != 0)
        die(EXIT_USAGE, "%s: a picture's name ends in .png or .svg", quoted_text(path));
    FILE *out = popen("gnuplot", "w");
    if (out == NULL)
        die(EXIT_WORLD, "gnuplot:");
    fprintf(out, "set terminal %s size 800,700 noenhanced\nset output ", strcmp(end, ".png") == 0 ? "pngcairo" : "svg");
    quote(out, path);
    fputs("\nset title ", out);
    quote(out, title);
    fprintf(out, "\nset xrange [-0.5:%g]\nset yrange [%g:-0.5]\nset xtics rotate by 45 right\nset cbrange [0:]\nunset key\n", (double)n - 0.5,
            (double)n - 0.5);
    write_ticks(out, 'x', names, n);
    write_ticks(out, 'y', names, n);
    fputs("set palette defined (0 '#ffffff', 1 '#08306b')\nplot '-' matrix with image\n", out);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < n; j++)
            fprintf(out, "%.9g%c", values[i * n + j], j + 1 < n ? ' ' : '\n');
    fputs("e\n", out);
    if (pclose(out) != 0)
        die(EXIT_WORLD, "%s: gnuplot could not draw it: is it installed?", path);
}
