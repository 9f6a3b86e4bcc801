#include "common/serve/page.h"

#include <stdio.h>

#include "tests/unit.h"

static bool same_as(const struct page_file *file, const char *path)
{
    static unsigned char bytes[1 << 18];
    FILE *in = fopen(path, "rb");
    if (in == NULL)
        return false;
    size_t n = fread(bytes, 1, sizeof bytes, in);
    fclose(in);
    return file != NULL && file->n == n && n > 0 && memcmp(file->data, bytes, n) == 0;
}

static void files_are_those_of_the_folder(void)
{
    CHECK(same_as(page_find("/"), "common/serve/page/index.html"));
    CHECK(same_as(page_find("/style.css"), "common/serve/page/style.css"));
    CHECK(same_as(page_find("/app.js"), "common/serve/page/app.js"));
    CHECK(same_as(page_find("/icon.svg"), "common/serve/page/icon.svg"));
    CHECK(page_find("") == NULL && page_find("/index.html") == NULL && page_find("/app.js/") == NULL && page_find("/../app.js") == NULL);
}

static void types_and_policy(void)
{
    SAME_TEXT(page_find("/")->type, "text/html; charset=utf-8");
    SAME_TEXT(page_find("/app.js")->type, "text/javascript; charset=utf-8");
    SAME_TEXT(page_find("/style.css")->type, "text/css; charset=utf-8");
    SAME_TEXT(page_find("/icon.svg")->type, "image/svg+xml");
    const char *headers = page_find("/")->headers;
    CHECK(strstr(headers, "\nContent-Security-Policy: default-src 'none'; script-src 'self';") != NULL);
    CHECK(strstr(headers, "trusted-types 'none'") != NULL);  // to the end
    CHECK(strstr(headers, "unsafe") == NULL);
    CHECK(strstr(headers, "\nCache-Control: no-cache\n") != NULL);
    CHECK(strstr(headers, page_find("/")->etag) != NULL);
}

static void a_browser_that_has_it_is_recognised(void)
{
    const struct page_file *page = page_find("/"), *script = page_find("/app.js");
    char several[100];
    snprintf(several, sizeof several, "W/\"other\", %s", page->etag);
    EQUAL(strlen(page->etag), 18);
    CHECK(page_is_known(page, page->etag));
    CHECK(page_is_known(page, several));
    CHECK(page_is_known(page, "*"));
    CHECK(!page_is_known(page, NULL));
    CHECK(!page_is_known(page, ""));
    CHECK(!page_is_known(page, script->etag));
}

UNIT_MAIN(UNIT(files_are_those_of_the_folder), UNIT(types_and_policy), UNIT(a_browser_that_has_it_is_recognised))
