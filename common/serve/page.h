// The page for people and its files, compiled in: what GET / and the paths that it names answer. They stand in common/serve/page/, and the
// Makefile turns each into an array of bytes.
//
//     const struct page_file *file = page_find("/app.js");        // NULL: no file of the page is there
//     if (page_is_known(file, http_header(request, "If-None-Match")))
//         answer(304, file->type, file->headers);
//     else
//         answer(200, file->type, file->headers, file->data, file->n);
//
// The page asks the interface of api.h, and nobody else: its Content-Security-Policy allows it no more.
#ifndef SERVE_PAGE_H
#define SERVE_PAGE_H

#include <stdbool.h>
#include <stddef.h>

struct page_file {
    const char *path, *type;
    const unsigned char *data;         // (n)
    size_t n;
    char etag[24];                     // in its quotes
    char headers[640];                 // "Name: value", one a line
};

const struct page_file *page_find(const char *path);

// Whether a browser that sends this If-None-Match (NULL: none) has the file already.
bool page_is_known(const struct page_file *file, const char *if_none_match);

#endif
