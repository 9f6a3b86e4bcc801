#include "common/text/words.h"

#include <stdlib.h>
#include <string.h>

#include "common/base/arena.h"

enum { LOWER = 32, KEPT = 0, DROPPED, SPACE };

static bool is_space(char c)
{
    return c == ' ' || (c >= '\t' && c <= '\r');
}

static bool is_punctuation(char c)
{
    return (c >= '!' && c <= '/') || (c >= ':' && c <= '@') || (c >= '[' && c <= '`') || (c >= '{' && c <= '~');
}

static void learn_bytes(struct words *words)
{
    for (int i = 0; i < 256; i++) {
        char c = (char)i;
        words->to[i] = (unsigned char)(words->lower && c >= 'A' && c <= 'Z' ? c + LOWER : c);
        words->kind[i] = words->strip && is_punctuation(c) ? DROPPED : is_space(c) ? SPACE : KEPT;
    }
    words->ready = true;
}

static size_t standardize(struct words *words, const char *text, size_t length)
{
    char *out = words->text;
    for (size_t i = 0; i < length; i++) {
        unsigned char c = (unsigned char)text[i];
        *out = (char)words->to[c];
        out += words->kind[c] != DROPPED;
    }
    return (size_t)(out - words->text);
}

static void add(struct words *words, size_t n, const char *data, size_t length)
{
    words->found = memory_grow(words->found, &words->found_room, n + 1, sizeof *words->found);
    words->found[n] = (struct word){data, length};
}

// Standardizes in the same pass: it is what encoding texts spends its time with.
static size_t split_at_spaces(struct words *words, const char *text, size_t length)
{
    size_t n = 0;
    char *out = words->text, *start = out;
    for (size_t i = 0; i <= length; i++) {
        unsigned char c = i < length ? (unsigned char)text[i] : ' ';
        if (words->kind[c] == SPACE) {
            if (out > start)
                add(words, n++, start, (size_t)(out - start));
            start = out;
        } else {
            *out = (char)words->to[c];
            out += words->kind[c] != DROPPED;
        }
    }
    return n;
}

static size_t split_to_characters(struct words *words, size_t length)
{
    size_t n = 0;
    for (const char *p = words->text, *end = p + length, *start; p < end;) {
        start = p++;
        while (p < end && ((unsigned char)*p & 0xc0) == 0x80)
            p++;
        add(words, n++, start, (size_t)(p - start));
    }
    return n;
}

// The n-grams are written end to end into `joined`, which is measured first, so that it does not move.
static size_t join(struct words *words, size_t n)
{
    size_t total = 0, all = n, letters = 0;
    for (size_t i = 0; i < n; i++)
        letters += words->found[i].length + 1;
    for (size_t width = 2; width <= words->ngrams && width <= n; width++)
        total += width * letters;
    words->joined = memory_grow(words->joined, &words->joined_room, total + 1, 1);
    char *out = words->joined;
    for (size_t width = 2; width <= words->ngrams && width <= n; width++)
        for (size_t i = 0; i + width <= n; i++) {
            char *start = out;
            for (size_t j = i; j < i + width; j++) {
                if (j > i)
                    *out++ = ' ';
                memcpy(out, words->found[j].data, words->found[j].length);
                out += words->found[j].length;
            }
            add(words, all++, start, (size_t)(out - start));
        }
    return all;
}

size_t words_find(struct words *words, const char *text, size_t length)
{
    size_t n = 0;
    if (!words->ready)
        learn_bytes(words);
    words->text = memory_grow(words->text, &words->text_room, length + 1, 1);
    if (words->split == WORDS_SPACE) {
        n = split_at_spaces(words, text, length);
    } else {
        length = standardize(words, text, length);
        if (words->split == WORDS_CHARACTER)
            n = split_to_characters(words, length);
        else if (length > 0)
            add(words, n++, words->text, length);
    }
    return words->ngrams > 1 ? join(words, n) : n;
}

void words_free(struct words *words)
{
    free(words->found);
    free(words->text);
    free(words->joined);
    words->found = NULL;
    words->text = words->joined = NULL;
    words->found_room = words->text_room = words->joined_room = 0;
}
