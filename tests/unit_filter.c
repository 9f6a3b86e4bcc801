// Conditions against rows where they are told by hand, and what is no condition.
#include <stdlib.h>

#include "common/index/filter.h"
#include "tests/unit.h"

// Rows: a year, a title, genres, a rating, an id of 64 bits, a vector.
static const int64_t years[] = {1989, 1990, 2001, 2020}, ids[] = {9007199254740992, 9007199254740993, -5, 0};
static const float ratings[] = {3.5f, NAN, -1, 4};
static const uint32_t title_texts[] = {0, 4, 8, 8, 13}, genre_lists[] = {0, 1, 3, 3, 4}, genre_texts[] = {0, 5, 11, 16, 25}, number_lists[] = {0, 2, 2, 3, 3},
                      numbers[] = {1, 7, 7};
static const float vectors[8];

static struct schema *schema_of(struct arena *arena)
{
    struct schema *schema = schema_new(arena, "movies");
    const char *const columns[][2] = {{"year", "i64"}, {"title", "str"}, {"genres", "str*"}, {"rating", "f32"}, {"big id", "i64"}, {"numbers", "u32*"}, {"v", "f32[2]"}};
    for (size_t i = 0; i < 7; i++)
        schema_add(schema, arena, columns[i][0], type_of(columns[i][1]));
    return schema;
}

// The rows that meet the condition, as digits.
static const char *rows_of(const char *text)
{
    static char found[8];
    struct arena arena = {0};
    struct cells cells[] = {
        {.values = years, .n = 4}, {.texts = title_texts, .values = "HeatBabeO'Ken", .n = 4},
        {.lists = genre_lists, .texts = genre_texts, .values = "DramaComedyDramaFilm-Noir", .n = 4}, {.values = ratings, .n = 4},
        {.values = ids, .n = 4}, {.lists = number_lists, .values = numbers, .n = 3}, {.values = vectors, .n = 4},
    };
    struct frame frame = {.schema = schema_of(&arena), .rows = 4, .cells = cells};
    struct held *table = held_new();
    held_add(table, &frame, true);
    struct bytes fault = {0};
    struct filter *filter = filter_new(text, frame.schema, &fault);
    if (filter == NULL) {
        printf("# %s: %s\n", text, fault.data);
        free(fault.data);
        return "fault";
    }
    uint64_t allowed = 15;
    filter_apply(filter, table, &allowed);
    size_t n = 0;
    for (int i = 0; i < 4; i++)
        if ((allowed >> i & 1) != 0)
            found[n++] = (char)('0' + i);
    found[n] = '\0';
    filter_free(filter);
    held_free(table);
    arena_free(&arena);
    return found;
}

static void comparisons(void)
{
    SAME_TEXT(rows_of("year >= 1990"), "123");
    SAME_TEXT(rows_of("year > 1990"), "23");
    SAME_TEXT(rows_of("year<1990"), "0");
    SAME_TEXT(rows_of("year <= 1990.5"), "01");
    SAME_TEXT(rows_of("year = 2001"), "2");
    SAME_TEXT(rows_of("year != 2001"), "013");
    SAME_TEXT(rows_of("rating < 4"), "02");
    SAME_TEXT(rows_of("rating = -1"), "2");
    SAME_TEXT(rows_of("rating != -1"), "03");  // the one that is missing meets nothing
    SAME_TEXT(rows_of("'big id' = 9007199254740993"), "1");
    SAME_TEXT(rows_of("\"big id\" < 9007199254740993"), "023");
}

static void texts_and_lists(void)
{
    SAME_TEXT(rows_of("title = Heat"), "0");
    SAME_TEXT(rows_of("title != Heat"), "123");
    SAME_TEXT(rows_of("title = 'O''Ken'"), "3");
    SAME_TEXT(rows_of("title = \"O'Ken\""), "3");
    SAME_TEXT(rows_of("title = ''"), "2");
    SAME_TEXT(rows_of("title = Hea"), "");
    SAME_TEXT(rows_of("genres has Drama"), "01");
    SAME_TEXT(rows_of("genres has Film-Noir"), "3");
    SAME_TEXT(rows_of("not genres has Drama"), "23");
    SAME_TEXT(rows_of("numbers has 7"), "02");
    SAME_TEXT(rows_of("numbers has 1"), "0");
}

static void words_bind(void)
{
    SAME_TEXT(rows_of("year >= 1990 and genres has Comedy"), "1");
    SAME_TEXT(rows_of("year = 1989 or year = 2020 and title = Heat"), "0");
    SAME_TEXT(rows_of("(year = 1989 or year = 2020) and title = Heat"), "0");
    SAME_TEXT(rows_of("(year = 1989 or year = 2020) and not title = Heat"), "3");
    SAME_TEXT(rows_of("not year = 1989 and not year = 2020"), "12");
    SAME_TEXT(rows_of("not (year = 1989 or not year != 2020)"), "12");
    SAME_TEXT(rows_of("((not not (year=1989)))or(title='Babe')"), "01");
}

// What the fault says, which has to begin so.
static const char *fault_of(const char *text)
{
    static char said[512];
    struct arena arena = {0};
    struct bytes fault = {0};
    struct filter *filter = filter_new(text, schema_of(&arena), &fault);
    snprintf(said, sizeof said, "%s", filter == NULL ? fault.data : "no fault");
    filter_free(filter);
    free(fault.data);
    arena_free(&arena);
    return said;
}

static void faults(void)
{
    SAME_TEXT(fault_of(""), "column 1: \"\"^\"\": wanted a column, not or (");
    SAME_TEXT(fault_of("yaer > 3"), "column 1: \"\"^\"yaer > 3\": table \"movies\" has no such column, did you mean \"year\"");
    SAME_TEXT(fault_of("year > 3 adn year < 5"), "column 10: \"year > 3 \"^\"adn year < 5\": wanted and, or, or the end");
    SAME_TEXT(fault_of("year > 3 and"), "column 13: \"year > 3 and\"^\"\": wanted a column, not or (");
    SAME_TEXT(fault_of("year > x"), "column 8: \"year > \"^\"x\": wanted a number");
    SAME_TEXT(fault_of("year >"), "column 7: \"year >\"^\"\": wanted a value");
    SAME_TEXT(fault_of("year has 3"), "column 6: \"year \"^\"has 3\": wanted <, <=, =, !=, >= or >, since the column holds numbers");
    SAME_TEXT(fault_of("title < b"), "column 7: \"title \"^\"< b\": wanted = or !=, since the column holds text");
    SAME_TEXT(fault_of("title has b"), "column 7: \"title \"^\"has b\": wanted = or !=, since the column holds text");
    SAME_TEXT(fault_of("genres = b"), "column 8: \"genres \"^\"= b\": wanted has, since the column holds lists");
    SAME_TEXT(fault_of("year == 3"), "column 6: \"year \"^\"== 3\": wanted <, <=, =, !=, >= or >, since the column holds numbers");
    SAME_TEXT(fault_of("(year = 3"), "column 10: \"(year = 3\"^\"\": wanted and, or, or )");
    SAME_TEXT(fault_of("year = 3)"), "column 9: \"year = 3\"^\")\": wanted and, or, or the end");
    SAME_TEXT(fault_of("title = 'x"), "column 9: \"title = \"^\"'x\": this quote is not closed");
    SAME_TEXT(fault_of("v = 1"), "column 1: \"\"^\"v = 1\": a column of vectors, wanted one of numbers, text or lists");
    SAME_TEXT(fault_of("title = \xc3\xa9 x"), "column 11: \"title = \\xc3\\xa9 \"^\"x\": wanted and, or, or the end");
}

static void depth_and_length_are_bounded(void)
{
    static char deep[20000], length[120000];
    for (size_t i = 0; i + 11 < sizeof length; i += 11)
        memcpy(length + i, "year>0 and ", 12);
    CHECK(strstr(fault_of(length), "too long") != NULL);
    memset(deep, '(', sizeof deep - 1);
    deep[sizeof deep - 1] = '\0';
    CHECK(strstr(fault_of(deep), "too deep") != NULL);
    for (size_t i = 0; i + 4 < sizeof deep; i += 4)
        memcpy(deep + i, "not ", 5);
    CHECK(strstr(fault_of(deep), "too deep") != NULL);
}

UNIT_MAIN(UNIT(comparisons), UNIT(texts_and_lists), UNIT(words_bind), UNIT(faults), UNIT(depth_and_length_are_bounded))
