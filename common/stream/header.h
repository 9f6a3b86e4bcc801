// What a stream says of itself before its first table: format version, configuration, and the commands that made it.
#ifndef STREAM_HEADER_H
#define STREAM_HEADER_H

#include <stddef.h>

enum { STREAM_VERSION = 1 };

struct history {
    const char *stage, *version;
    const char **args;  // (n_args)
    size_t n_args;
};

struct header {
    const char *config;        // the INI text, as tokenize read it; "" if none
    struct history *history;   // (n_history), oldest first
    size_t n_history;
};

#endif
