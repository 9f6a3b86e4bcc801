#include "common/serve/ticket.h"

#include <string.h>

#include "common/stream/lines.h"

void ticket_json(struct ticket *ticket)
{
    json_error_t fault;
    ticket->json = json_loadb(ticket->request->body, ticket->request->body_bytes, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &fault);
    if (ticket->json == NULL)
        die(EXIT_USAGE, "the body is no JSON: byte %d: %s", fault.position, fault.text);
}

void ticket_questions(struct ticket *ticket, struct recommender *r, json_t *const *values, size_t n, const struct rules *rules, struct arena *arena)
{
    size_t hits = 0;
    if (n > TICKET_QUESTIONS_MAX)
        die(EXIT_USAGE, "%zu instances, wanted at most %d in a request", n, TICKET_QUESTIONS_MAX);
    ticket->questions = arena_array(arena, n + 1, sizeof *ticket->questions);
    for (size_t i = 0; i < n; i++) {
        question_parse(ticket->model, r, values[i], rules, &ticket->questions[i], arena);
        hits += ticket->questions[i].rules.k;
    }
    if (hits > TICKET_HITS_MAX)
        die(EXIT_USAGE, "%zu candidates asked for, wanted at most %d in a request", hits, TICKET_HITS_MAX);
    ticket->n = n;
}

void json_put_text(struct bytes *out, const char *text)
{
    lines_text(out, text, strlen(text), true);
}

void json_put_candidate(struct bytes *out, const struct loaded *model, struct recommender *r, uint32_t row)
{
    size_t place = row;
    const struct frame *frame = held_find(r->candidates, &place);
    bytes_printf(out, "\"key\": ");
    json_put_text(out, model->candidate_keys[row]);
    bytes_printf(out, ", \"row\": %u, \"columns\": {", row);
    for (size_t i = 0; i < model->n_shown; i++) {
        const struct column *column = &frame->schema->columns[model->shown[i]];
        bytes_printf(out, i > 0 ? ", " : "");
        json_put_text(out, column->name);
        bytes_printf(out, ": ");
        lines_cell(out, &frame->cells[model->shown[i]], column->type, place, true, 0);
    }
    bytes_printf(out, "}");
}

void ticket_refuse(struct http_request *request, int status, const char *message, const char *more)
{
    request->out.length = 0;
    bytes_printf(&request->out, "{\"error\": ");
    json_put_text(&request->out, message);
    bytes_printf(&request->out, "}\n");
    http_answer(request, status, "application/json", more);
}
