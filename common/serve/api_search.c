// Searching for keys and titles.
#include <ctype.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/utf8.h"
#include "common/serve/api.h"

enum { RESULTS_MAX = 100 };

struct found {
    int rank;
    uint32_t count, row;
};

struct search {
    bool candidates;
    size_t n_wanted, n;
    struct found found[RESULTS_MAX];
};

static bool begins_word(const char *text, const char *at)
{
    return at == text || !isalnum((unsigned char)at[-1]);
}

// How well a text has what is sought, which is in lower case: 4 is the same, 3 begins so, 2 a word of it does, 1 it is in there, 0 not.
static int rank_of(const char *text, size_t length, const char *sought, size_t n)
{
    int best = 0;
    for (size_t at = 0; at + n <= length; at++) {
        size_t i = 0;
        while (i < n && tolower((unsigned char)text[at + i]) == sought[i])
            i++;
        if (i < n)
            continue;
        int rank = at == 0 ? (n == length ? 4 : 3) : begins_word(text, text + at) ? 2 : 1;
        best = rank > best ? rank : best;
        if (best >= 2)
            break;
    }
    return best;
}

static bool is_before(const struct found *a, const struct found *b)
{
    if (a->rank != b->rank)
        return a->rank > b->rank;
    return a->count != b->count ? a->count > b->count : a->row < b->row;
}

static void offer(struct search *s, struct found found)
{
    size_t at = s->n;
    if (at == s->n_wanted && !is_before(&found, &s->found[at - 1]))
        return;
    s->n += s->n < s->n_wanted;
    for (at = s->n - 1; at > 0 && is_before(&found, &s->found[at - 1]); at--)
        s->found[at] = s->found[at - 1];
    s->found[at] = found;
}

static uint32_t taken(const struct loaded *model, size_t query)
{
    return model->past_ends[query] - (query > 0 ? model->past_ends[query - 1] : 0);
}

static void search_queries(const struct loaded *model, struct search *s, const char *sought, size_t n)
{
    for (size_t row = 0; row < model->n_queries; row++) {
        int rank = rank_of(model->query_keys[row], strlen(model->query_keys[row]), sought, n);
        if (rank > 0 || n == 0)
            offer(s, (struct found){n > 0 ? rank : 1, taken(model, row), (uint32_t)row});
    }
}

static void search_candidates(const struct loaded *model, struct recommender *r, struct search *s, const char *sought, size_t n)
{
    size_t n_frames, row = 0;
    const struct frame *frames = held_frames(r->candidates, &n_frames);
    for (size_t f = 0; f < n_frames; f++)
        for (size_t i = 0; i < frames[f].rows; i++, row++) {
            int best = rank_of(model->candidate_keys[row], strlen(model->candidate_keys[row]), sought, n);
            for (size_t c = 0; c < model->n_shown && n > 0; c++) {
                size_t column = model->shown[c];
                struct type type = frames[f].schema->columns[column].type;
                if (type.element != ELEMENT_STR || type.list)
                    continue;
                struct text text = cells_text(&frames[f].cells[column], i);
                int rank = rank_of(text.data, text.length, sought, n);
                best = rank > best ? rank : best;
            }
            if (best > 0 || n == 0)
                offer(s, (struct found){n > 0 ? best : 1, model->popular.counts[row], (uint32_t)row});
        }
}

static void parse_search(struct ticket *ticket, struct recommender *r, struct arena *arena)
{
    struct search *s = arena_zeros(arena, 1, sizeof *s);
    const char *side = http_parameter(ticket->request, "side"), *q = http_parameter(ticket->request, "q"), *n = http_parameter(ticket->request, "n");
    if (side == NULL || (strcmp(side, "query") != 0 && strcmp(side, "candidate") != 0))
        die(EXIT_USAGE, "side: wanted query or candidate");
    char *end;
    size_t wanted = n != NULL ? strtoul(n, &end, 10) : 10;
    if (n != NULL && (!isdigit((unsigned char)n[0]) || *end != '\0' || wanted < 1 || wanted > RESULTS_MAX))
        die(EXIT_USAGE, "n: wanted a whole number from 1 to %d", RESULTS_MAX);
    char *sought = arena_text(arena, q != NULL ? q : "", q != NULL ? strlen(q) : 0);
    if (!utf8_valid(sought, strlen(sought), NULL))
        die(EXIT_USAGE, "q: wanted UTF-8");
    for (char *c = sought; *c != '\0'; c++)
        *c = *c >= 'A' && *c <= 'Z' ? (char)(*c + 'a' - 'A') : *c;
    s->n_wanted = wanted;
    s->candidates = side[0] == 'c';
    ticket->state = s;
    if (s->candidates)
        search_candidates(ticket->model, r, s, sought, strlen(sought));
    else
        search_queries(ticket->model, s, sought, strlen(sought));
}

static void write_search(struct ticket *ticket, struct recommender *r, struct bytes *out, struct arena *arena)
{
    (void)arena;
    const struct search *s = ticket->state;
    bytes_printf(out, "{\"results\": [");
    for (size_t i = 0; i < s->n; i++) {
        bytes_printf(out, "%s{", i > 0 ? ", " : "");
        if (s->candidates) {
            json_put_candidate(out, ticket->model, r, s->found[i].row);
        } else {
            bytes_printf(out, "\"key\": ");
            json_put_text(out, ticket->model->query_keys[s->found[i].row]);
            bytes_printf(out, ", \"row\": %u", s->found[i].row);
        }
        bytes_printf(out, ", \"count\": %u}", s->found[i].count);
    }
    bytes_printf(out, "]}\n");
}

const struct format format_api_search = {.type = "application/json", .parse = parse_search, .write = write_search};
