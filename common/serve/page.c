#include "common/serve/page.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "common/base/fingerprint.h"

// Nothing from elsewhere, nothing inline, no frames, and texts become markup nowhere.
#define POLICY "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; " \
               "frame-ancestors 'none'; require-trusted-types-for 'script'; trusted-types 'none'"

// Made by the Makefile from common/serve/page/.
extern const unsigned char page_index_html[], page_style_css[], page_app_js[], page_icon_svg[];
extern const size_t page_index_html_bytes, page_style_css_bytes, page_app_js_bytes, page_icon_svg_bytes;

enum { FILES = 4 };

static struct page_file files[FILES];
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void make_files(void)
{
    files[0] = (struct page_file){.path = "/", .type = "text/html; charset=utf-8", .data = page_index_html, .n = page_index_html_bytes};
    files[1] = (struct page_file){.path = "/style.css", .type = "text/css; charset=utf-8", .data = page_style_css, .n = page_style_css_bytes};
    files[2] = (struct page_file){.path = "/app.js", .type = "text/javascript; charset=utf-8", .data = page_app_js, .n = page_app_js_bytes};
    files[3] = (struct page_file){.path = "/icon.svg", .type = "image/svg+xml", .data = page_icon_svg, .n = page_icon_svg_bytes};
    for (size_t i = 0; i < FILES; i++) {
        struct page_file *f = &files[i];
        snprintf(f->etag, sizeof f->etag, "\"%016" PRIx64 "\"", fingerprint(f->data, f->n));
        // Kept, but asked for anew each time, so that page and server are of one version.
        snprintf(f->headers, sizeof f->headers,
                 "ETag: %s\nCache-Control: no-cache\nReferrer-Policy: no-referrer\nContent-Security-Policy: " POLICY, f->etag);
    }
}

const struct page_file *page_find(const char *path)
{
    pthread_once(&once, make_files);
    for (size_t i = 0; i < FILES; i++)
        if (strcmp(files[i].path, path) == 0)
            return &files[i];
    return NULL;
}

bool page_is_known(const struct page_file *file, const char *if_none_match)
{
    return if_none_match != NULL && (strcmp(if_none_match, "*") == 0 || strstr(if_none_match, file->etag) != NULL);
}
