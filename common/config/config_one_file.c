#include "common/config/config_one_file.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"

static const char *format_of(const char *path)
{
    static const char *const endings[][2] = {{".csv", "csv"},     {".tsv", "tsv"},    {".dat", "dat"},
                                             {".psv", "psv"},     {".jsonl", "jsonl"}, {".json", "jsonl"},
                                             {".inter", "recbole"}};
    const char *dot = strrchr(path, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof *endings; i++)
        if (strcmp(dot, endings[i][0]) == 0)
            return endings[i][1];
    die(EXIT_USAGE, "%s: the name does not say the format: give --format csv, tsv, dat, psv, jsonl, lists or recbole", quoted_text(path));
}

static const char *checked(const char *text, const char *but_for)
{
    if (text == NULL)
        return "";
    if (!ini_can_hold(text) || strpbrk(text, but_for) != NULL)
        die(EXIT_USAGE, "%s cannot stand in a configuration: write one, and give it with -c", quoted_text(text));
    return text;
}

struct config *config_from_one_file(const struct config_one_file *file)
{
    const char *path = file->path == NULL ? "-" : checked(file->path, "\n"), *query = checked(file->query, ",:()"),
               *candidate = checked(file->candidate, ",:()"), *label = checked(file->label, ",:()"), *time = checked(file->time, ",:()"),
               *format = file->format != NULL ? checked(file->format, "\n") : format_of(path);
    const char *const names[] = {query, candidate, label, time};
    for (size_t i = 1; i < sizeof names / sizeof *names; i++)
        for (size_t j = 0; j < i; j++)
            if (names[i][0] != '\0' && strcmp(names[i], names[j]) == 0)
                die(EXIT_USAGE, "column %s is named by two of --query, --candidate, --label and --time", quoted_text(names[i]));
    struct bytes text = {0};
    bytes_printf(&text, "[table interactions]\npath = %s\nformat = %s\nheader = %s\n", path, format,
                 strcmp(format, "jsonl") == 0 || strcmp(format, "lists") == 0 ? "no" : "yes");
    bytes_printf(&text, "columns = %s,\n  %s", query, candidate);
    if (label[0] != '\0')
        bytes_printf(&text, ",\n  %s:f32", label);
    if (time[0] != '\0')
        bytes_printf(&text, ",\n  %s:time", time);
    bytes_printf(&text, "\n[data]\ninteractions = interactions\nquery = %s\ncandidate = %s\nlabel = %s\ntime = %s\n", query, candidate, label, time);
    struct config *config = config_from_text(text.data, "options");
    free(text.data);
    return config;
}
