// Texts as words: standardised, split, and joined to n-grams, as Keras' TextVectorization does it.
//
//     struct words words = {.lower = true, .strip = true, .split = WORDS_SPACE, .ngrams = 2};
//     size_t n = words_find(&words, "Toy Story (1995)", 16);
//     words.found[3]                                              // "toy story": after "toy", "story" and "1995"
//     words_free(&words);
//
// Lower case and punctuation are those of ASCII; all other characters stay as they are. White space is space, tab, line feed, vertical
// tab, form feed and carriage return. N-grams of 2, 3, ... words follow the single words, joined by a space.
#ifndef TEXT_WORDS_H
#define TEXT_WORDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum words_split { WORDS_SPACE, WORDS_CHARACTER, WORDS_WHOLE };  // whole: the text is one word, or none if it is empty

struct word {
    const char *data;
    size_t length;
};

struct words {
    bool lower, strip;         // ASCII letters to lower case; ASCII punctuation left out
    enum words_split split;
    size_t ngrams;             // the longest n-grams; 0 and 1: words only
    struct word *found;        // of the last text, until the next call
    char *text, *joined;       // what they point into
    size_t found_room, text_room, joined_room;
    bool ready;                // what is done with a byte is known:
    unsigned char to[256], kind[256];
};

// The words of a text of valid UTF-8; returns how many. Time is linear in the text and in ngrams; dies only when memory ends.
size_t words_find(struct words *words, const char *text, size_t length);

void words_free(struct words *words);

#endif
