// lookup: a vocabulary of terms, as Keras' StringLookup and IntegerLookup. An integer is looked up by its decimal text.
//
// With `pattern`, a regular expression of POSIX, the term is the part of the text that matches it or, if it has a group, the first group:
// pattern=\(([0-9]{4})\)$ is the year of "Heat (1995)". A text that does not match is the empty term. Of the pattern at most 1000
// characters may come once its repeats are written out, and it may not refer back to a group.
#include <ctype.h>
#include <math.h>
#include <regex.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/model/feature.h"
#include "common/model/terms.h"

struct lookup {
    struct terms terms;    // first, see terms.h
    regex_t *pattern;      // NULL: none
};

enum { PATTERN_BYTES_MAX = 1000, PATTERN_ATOMS_MAX = 1000 };

struct scan {
    const char *p;
    size_t depth;      // open groups; outside of them a ) stands for itself
    bool refers_back;
};

// How many atoms a repeat makes of the one before it: a{3} is written out by regcomp as aaa, a+ as aa*.
static double repeats(struct scan *scan)
{
    if (scan->p[-1] == '+')
        return 2;
    char *end;
    double least = (double)strtoul(scan->p, &end, 10), most = *end == ',' ? (double)strtoul(end + 1, NULL, 10) : 0;
    scan->p += strcspn(scan->p, "}");
    return fmax(fmax(least, most), 1);
}

// The atoms of the pattern from here to the end of its group, repeats written out. It may be malformed: regcomp says so afterwards.
static double atoms(struct scan *scan)
{
    double sum = 0, atom = 0;
    while (*scan->p != '\0' && (*scan->p != ')' || scan->depth == 0)) {
        char c = *scan->p++;
        if (c == '{' || c == '+') {
            double times = repeats(scan);
            sum += atom * (times - 1);
            atom *= times;
            continue;
        }
        atom = 1;
        if (c == '(') {
            scan->depth++;
            atom += atoms(scan);
            scan->depth--;
            scan->p += *scan->p == ')';
        } else if (c == '[') {
            scan->p += *scan->p == '^';
            scan->p += *scan->p == ']';
            scan->p += strcspn(scan->p, "]");
        } else if (c == '\\' && *scan->p != '\0') {
            scan->refers_back |= isdigit((unsigned char)*scan->p) != 0;
            scan->p++;
        }
        sum += atom;
    }
    return sum;
}

// A short pattern may ask for gigabytes, and one that refers back for years.
static void check_pattern(const struct feature *feature, const char *pattern)
{
    struct scan scan = {.p = pattern};
    const char *place = feature->config->place, *name = quoted_text(feature->config->name);
    if (strlen(pattern) > PATTERN_BYTES_MAX)
        die(EXIT_INPUT, "%s: feature %s: a pattern of more than %d bytes", place, name, PATTERN_BYTES_MAX);
    if (atoms(&scan) > PATTERN_ATOMS_MAX)
        die(EXIT_INPUT, "%s: feature %s: pattern %s: more than %d characters once its repeats are written out", place, name,
            quoted_text(pattern), PATTERN_ATOMS_MAX);
    if (scan.refers_back)
        die(EXIT_INPUT, "%s: feature %s: pattern %s refers back to a group", place, name, quoted_text(pattern));
}

static void *lookup_make(const struct feature *feature, const struct config *config)
{
    const struct call *call = &feature->config->encode;
    call_known(call, TERMS_KEYS ", pattern, from", 0);
    struct lookup *lookup = memory_zeros(1, sizeof *lookup);
    terms_init(&lookup->terms, feature, config->tfrs);
    const char *pattern = call_text(call, "pattern");
    lookup->terms.integers = pattern == NULL && feature_is_integer(feature, config);
    if (pattern == NULL)
        return lookup;
    check_pattern(feature, pattern);
    lookup->pattern = memory_zeros(1, sizeof *lookup->pattern);
    int error = regcomp(lookup->pattern, pattern, REG_EXTENDED);
    if (error != 0) {
        char why[128];
        regerror(error, lookup->pattern, why, sizeof why);
        die(EXIT_INPUT, "%s: feature %s: pattern %s: %s", feature->config->place, quoted_text(feature->config->name), quoted_text(pattern),
            why);
    }
    return lookup;
}

// The part of a text that the pattern finds; the copy ends in a zero byte, as regexec wants it.
static struct text found_in(const regex_t *pattern, struct text text, struct bytes *copy)
{
    regmatch_t matches[2];
    copy->length = 0;
    bytes_add(copy, text.data, text.length);
    bytes_add(copy, "", 1);
    int error = regexec(pattern, copy->data, 2, matches, 0);
    if (error == REG_ESPACE)
        die(EXIT_WORLD, "out of memory: searching %s for a pattern", quoted(text.data, text.length));
    if (error != 0)
        return (struct text){"", 0};
    const regmatch_t *match = &matches[pattern->re_nsub > 0];
    if (match->rm_so < 0)
        return (struct text){"", 0};
    return (struct text){text.data + match->rm_so, (size_t)(match->rm_eo - match->rm_so)};
}

// The terms of the rows: (rows), in the arena.
static const struct text *terms_of(const struct feature *feature, const struct lookup *lookup, const struct frame *rows, struct arena *arena)
{
    const struct cells *texts = feature_texts(feature, rows, arena);
    struct text *terms = arena_array(arena, rows->rows, sizeof *terms);
    struct bytes copy = {0};
    for (size_t i = 0; i < rows->rows; i++) {
        terms[i] = cells_text(texts, i);
        if (lookup->pattern != NULL)
            terms[i] = found_in(lookup->pattern, terms[i], &copy);
    }
    free(copy.data);
    return terms;
}

static void lookup_fit(const struct feature *feature, void *state, const struct frame *rows, const uint32_t *counts)
{
    struct lookup *lookup = state;
    struct arena arena = {0};
    const struct text *terms = terms_of(feature, lookup, rows, &arena);
    for (size_t i = 0; i < rows->rows; i++)
        if (terms_count(&lookup->terms, counts[i]) && !terms_is_mask(&lookup->terms, terms[i]))
            terms_add(&lookup->terms, terms[i], counts[i]);
    arena_free(&arena);
}

static struct cells lookup_encode(const struct feature *feature, const void *state, const struct frame *rows, struct arena *arena)
{
    const struct lookup *lookup = state;
    const struct text *terms = terms_of(feature, lookup, rows, arena);
    uint32_t *ids = arena_array(arena, rows->rows, sizeof *ids);
    for (size_t i = 0; i < rows->rows; i++)
        ids[i] = terms_id(&lookup->terms, terms[i]);
    return (struct cells){.values = ids, .n = rows->rows};
}

static void lookup_free(void *state)
{
    struct lookup *lookup = state;
    if (lookup->pattern != NULL)
        regfree(lookup->pattern);
    free(lookup->pattern);
    terms_free(state);
}

const struct feature_kind feature_lookup = {
    .name = "lookup",
    .arguments = TERMS_ARGUMENTS ", pattern=, from=",
    .help = "a vocabulary of terms, most frequent first, as Keras' StringLookup and IntegerLookup",
    .table = "vocab",
    .make = lookup_make,
    .fit = lookup_fit,
    .fitted = terms_fitted,
    .extend = terms_extend,
    .type = feature_type_ids,
    .encode = lookup_encode,
    .ids = terms_ids,
    .save = terms_save,
    .load = terms_load,
    .free = lookup_free,
};
