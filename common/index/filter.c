// A recursive descent into a tree of nodes, typed against the columns on the way; the tree is then walked for each row. The first fault
// ends the descent: every function that meets one returns NULL up to the top.
#include "common/index/filter.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/die.h"
#include "common/text/numbers.h"

enum { DEPTH_MAX = 1000, TESTS_MAX = 10000, SHOWN_BYTES = 40 };

enum token_kind { TOKEN_END, TOKEN_WORD, TOKEN_QUOTED, TOKEN_OPERATOR, TOKEN_OPEN, TOKEN_CLOSE };

enum operation { OPERATION_BELOW, OPERATION_AT_MOST, OPERATION_EQUAL, OPERATION_NOT_EQUAL, OPERATION_AT_LEAST, OPERATION_ABOVE,
                 OPERATION_HAS, OPERATIONS };

static const char *const operators[OPERATIONS] = {"<", "<=", "=", "!=", ">=", ">", "has"};

enum node_kind { NODE_TEST, NODE_NOT, NODE_AND, NODE_OR };

struct node {
    enum node_kind kind;
    struct node *left, *right;     // right: of AND and OR
    size_t column;                 // TEST: the place of the column,
    struct type type;              //   its type,
    enum operation operation;
    struct text text;              //   and the value: as text,
    double number;                 //   as a number,
    int64_t whole;                 //   and as a whole one
    bool is_whole;
};

struct token {
    enum token_kind kind;
    struct text text;              // without quotes
    const char *at;
};

struct filter {
    struct arena arena;
    struct node *root;
    const struct schema *columns;
};

struct parser {
    struct filter *filter;
    const char *text, *next;       // the whole, and what follows the token
    struct token token;
    size_t depth, tests;
    struct bytes *fault;
};

// Says what is wrong at this place of the text. Returns NULL.
static struct node *fail(struct parser *p, const char *at, const char *wanted)
{
    size_t column = 1, before = (size_t)(at - p->text);
    for (const char *c = p->text; c < at; c++)
        column += ((unsigned char)*c & 0xc0) != 0x80;
    size_t shown = before < SHOWN_BYTES ? before : SHOWN_BYTES;
    while (shown > 0 && ((unsigned char)at[-(ptrdiff_t)shown] & 0xc0) == 0x80)  // no half characters
        shown--;
    bytes_printf(p->fault, "column %zu: %s^%s: %s", column, quoted(at - shown, shown), quoted(at, strlen(at)), wanted);
    return NULL;
}

static bool in_word(char c)
{
    return c != '\0' && strchr(" \t\r\n()<>=!'\"", c) == NULL;
}

// A text in quotes, in which the quote is doubled. False if it has no end.
static bool next_quoted(struct parser *p)
{
    char quote = *p->next++, *out = arena_text(&p->filter->arena, p->next, strlen(p->next));
    size_t n = 0;
    for (; *p->next != '\0' && (*p->next != quote || p->next[1] == quote); p->next++) {
        p->next += *p->next == quote;
        out[n++] = *p->next;
    }
    p->token.kind = TOKEN_QUOTED;
    p->token.text = (struct text){out, n};
    if (*p->next == '\0')
        return false;
    p->next++;
    return true;
}

static bool advance(struct parser *p)
{
    p->next += strspn(p->next, " \t\r\n");
    p->token = (struct token){.at = p->next};
    char c = *p->next;
    if (c == '\0')
        return true;
    if (c == '\'' || c == '"')
        return next_quoted(p) || (fail(p, p->token.at, "this quote is not closed"), false);
    if (c == '(' || c == ')') {
        p->token.kind = c == '(' ? TOKEN_OPEN : TOKEN_CLOSE;
        p->next++;
        return true;
    }
    p->token.kind = in_word(c) ? TOKEN_WORD : TOKEN_OPERATOR;
    if (in_word(c))
        while (in_word(*p->next))
            p->next++;
    else
        p->next += p->next[1] == '=' ? 2 : 1;
    p->token.text = (struct text){p->token.at, (size_t)(p->next - p->token.at)};
    return true;
}

static bool is_word(const struct token *token, const char *word)
{
    return token->kind == TOKEN_WORD && token->text.length == strlen(word) && memcmp(token->text.data, word, strlen(word)) == 0;
}

static struct node *node_new(struct parser *p, enum node_kind kind, struct node *left, struct node *right)
{
    struct node *node = arena_zeros(&p->filter->arena, 1, sizeof *node);
    *node = (struct node){.kind = kind, .left = left, .right = right};
    return node;
}

static bool find_column(struct parser *p, struct node *node)
{
    const struct schema *columns = p->filter->columns;
    const char *name = arena_text(&p->filter->arena, p->token.text.data, p->token.text.length), *names[COLUMNS_MAX];
    for (size_t i = 0; i < columns->n; i++)
        names[i] = columns->columns[i].name;
    node->column = strlen(name) == p->token.text.length ? schema_find(columns, name) : SIZE_MAX;
    if (node->column == SIZE_MAX) {
        fail(p, p->token.at, arena_printf(&p->filter->arena, "table %s has no such column%s", quoted_text(columns->table),
                                          did_you_mean(name, names, columns->n)));
        return false;
    }
    node->type = columns->columns[node->column].type;
    if (node->type.dim == 0 && node->type.element != ELEMENT_BF16)
        return true;
    fail(p, p->token.at, "a column of vectors, wanted one of numbers, text or lists");
    return false;
}

static bool find_operation(struct parser *p, struct node *node)
{
    const struct token *token = &p->token;
    bool found = false;
    for (size_t i = 0; i < OPERATIONS && !found; i++) {
        found = token->text.length == strlen(operators[i]) && memcmp(token->text.data, operators[i], token->text.length) == 0 &&
                token->kind == (i == OPERATION_HAS ? TOKEN_WORD : TOKEN_OPERATOR);
        node->operation = (enum operation)i;
    }
    bool list = node->type.list, text = node->type.element == ELEMENT_STR;
    bool fits = list ? node->operation == OPERATION_HAS
              : text ? node->operation == OPERATION_EQUAL || node->operation == OPERATION_NOT_EQUAL : node->operation != OPERATION_HAS;
    if (found && fits)
        return true;
    fail(p, token->at, list ? "wanted has, since the column holds lists" : text ? "wanted = or !=, since the column holds text"
                                                                              : "wanted <, <=, =, !=, >= or >, since the column holds numbers");
    return false;
}

static bool take_value(struct parser *p, struct node *node)
{
    const struct token *token = &p->token;
    node->text = token->text;
    if (token->kind != TOKEN_WORD && token->kind != TOKEN_QUOTED) {
        fail(p, token->at, "wanted a value");
        return false;
    }
    if (node->type.element == ELEMENT_STR)
        return true;
    const char *text = arena_text(&p->filter->arena, token->text.data, token->text.length);
    node->is_whole = number_i64(text, token->text.length, &node->whole);
    if (number_f64(text, token->text.length, &node->number))
        return true;
    fail(p, token->at, "wanted a number");
    return false;
}

static struct node *parse_test(struct parser *p)
{
    struct node *node = node_new(p, NODE_TEST, NULL, NULL);
    if (p->token.kind != TOKEN_WORD && p->token.kind != TOKEN_QUOTED)
        return fail(p, p->token.at, "wanted a column, not or (");
    if (++p->tests > TESTS_MAX)
        return fail(p, p->token.at, "too long");
    return find_column(p, node) && advance(p) && find_operation(p, node) && advance(p) && take_value(p, node) && advance(p) ? node : NULL;
}

static struct node *parse_condition(struct parser *p);

static struct node *parse_part(struct parser *p)
{
    struct node *node;
    bool negated = is_word(&p->token, "not"), open = p->token.kind == TOKEN_OPEN;
    if (!negated && !open)
        return parse_test(p);
    if (++p->depth > DEPTH_MAX)
        return fail(p, p->token.at, "too deep");
    if (!advance(p))
        return NULL;
    node = negated ? parse_part(p) : parse_condition(p);
    p->depth--;
    if (node == NULL || negated)
        return node != NULL ? node_new(p, NODE_NOT, node, NULL) : NULL;
    if (p->token.kind != TOKEN_CLOSE)
        return fail(p, p->token.at, "wanted and, or, or )");
    return advance(p) ? node : NULL;
}

static struct node *parse_alternative(struct parser *p)
{
    struct node *left = parse_part(p);
    while (left != NULL && is_word(&p->token, "and")) {
        struct node *right = advance(p) ? parse_part(p) : NULL;
        left = right != NULL ? node_new(p, NODE_AND, left, right) : NULL;
    }
    return left;
}

static struct node *parse_condition(struct parser *p)
{
    struct node *left = parse_alternative(p);
    while (left != NULL && is_word(&p->token, "or")) {
        struct node *right = advance(p) ? parse_alternative(p) : NULL;
        left = right != NULL ? node_new(p, NODE_OR, left, right) : NULL;
    }
    return left;
}

struct filter *filter_new(const char *text, const struct schema *columns, struct bytes *fault)
{
    struct filter *filter = memory_zeros(1, sizeof *filter);
    filter->columns = schema_copy(&filter->arena, columns);
    struct parser parser = {.filter = filter, .text = text, .next = text, .fault = fault};
    if (advance(&parser))
        filter->root = parse_condition(&parser);
    if (filter->root != NULL && parser.token.kind != TOKEN_END)
        filter->root = fail(&parser, parser.token.at, "wanted and, or, or the end");
    if (filter->root != NULL)
        return filter;
    filter_free(filter);
    return NULL;
}

static bool holds(enum operation operation, int order)
{
    switch (operation) {
    case OPERATION_BELOW: return order < 0;
    case OPERATION_AT_MOST: return order <= 0;
    case OPERATION_NOT_EQUAL: return order != 0;
    case OPERATION_AT_LEAST: return order >= 0;
    case OPERATION_ABOVE: return order > 0;
    default: return order == 0;
    }
}

static bool test_text(const struct node *node, struct text text)
{
    bool equal = text.length == node->text.length && memcmp(text.data, node->text.data, text.length) == 0;
    return equal == (node->operation != OPERATION_NOT_EQUAL);
}

static bool test_number(const struct node *node, const void *values, size_t i)
{
    double value;
    switch (node->type.element) {
    case ELEMENT_U8: value = ((const uint8_t *)values)[i]; break;
    case ELEMENT_I32: value = ((const int32_t *)values)[i]; break;
    case ELEMENT_U32: value = ((const uint32_t *)values)[i]; break;
    case ELEMENT_F32: value = (double)((const float *)values)[i]; break;
    case ELEMENT_F64: value = ((const double *)values)[i]; break;
    case ELEMENT_I64: {
        int64_t whole = ((const int64_t *)values)[i];
        if (node->is_whole)
            return holds(node->operation, (whole > node->whole) - (whole < node->whole));
        value = (double)whole;
        break;
    }
    default: {
        uint64_t whole = ((const uint64_t *)values)[i];
        if (node->is_whole && node->whole >= 0)
            return holds(node->operation, (whole > (uint64_t)node->whole) - (whole < (uint64_t)node->whole));
        value = (double)whole;
        break;
    }
    }
    return !isnan(value) && holds(node->operation, (value > node->number) - (value < node->number));
}

static bool test(const struct node *node, const struct frame *frame, size_t row)
{
    const struct cells *cells = &frame->cells[node->column];
    size_t from = node->type.list ? cells->lists[row] : row, to = node->type.list ? cells->lists[row + 1] : row + 1;
    bool text = node->type.element == ELEMENT_STR, met = false;
    for (size_t i = from; i < to && !met; i++)
        met = text ? test_text(node, cells_text(cells, i)) : test_number(node, cells->values, i);
    return met;
}

static bool meets(const struct node *node, const struct frame *frame, size_t row)
{
    switch (node->kind) {
    case NODE_NOT: return !meets(node->left, frame, row);
    case NODE_AND: return meets(node->left, frame, row) && meets(node->right, frame, row);
    case NODE_OR: return meets(node->left, frame, row) || meets(node->right, frame, row);
    default: return test(node, frame, row);
    }
}

void filter_apply(const struct filter *filter, const struct held *table, uint64_t *allowed)
{
    size_t n, row = 0;
    const struct frame *frames = held_frames(table, &n);
    for (size_t f = 0; f < n; f++)
        for (size_t i = 0; i < frames[f].rows; i++, row++)
            if ((allowed[row / 64] >> row % 64 & 1) != 0 && !meets(filter->root, &frames[f], i))
                allowed[row / 64] &= ~((uint64_t)1 << row % 64);
}

void filter_free(struct filter *filter)
{
    if (filter == NULL)
        return;
    arena_free(&filter->arena);
    free(filter);
}
