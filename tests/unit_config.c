// The configuration: completed, checked, and the same when it is read again.
#include <stdlib.h>
#include <string.h>

#include "common/base/stage.h"
#include "common/config/config.h"
#include "common/config/config_one_file.h"
#include "tests/unit.h"

static const char movies[] =
    "[table ratings]\npath = r.dat\nformat = dat\ncolumns = user_id, movie_id, rating:f32, timestamp:time\n"
    "[table movies]\npath = m.dat\nformat = dat\ncolumns = movie_id, movie_title, genres:list(|)\nkey = movie_id\n"
    "[data]\ninteractions = ratings\nquery = user_id\ncandidate = movie_id -> movies\nlabel = rating\ntime = timestamp\n";

static const char *const *set_words;

// With --set options, ended by NULL.
static struct config *with(const char *text, const char *const *words)
{
    size_t n = 0;
    while (words != NULL && words[n] != NULL)
        n++;
    stage.set.items = (const char **)(uintptr_t)words;
    stage.set.n = n;
    struct config *config = config_from_text(text, "x.ini");
    stage.set.n = 0;
    return config;
}

static void tables(void)
{
    const struct config *c = with(movies, NULL);
    EQUAL(c->n_tables, 2);
    SAME_TEXT(c->tables[0].path, "r.dat");
    EQUAL(c->tables[0].format, ROWS_DAT);
    CHECK(!c->tables[0].header && !c->tables[0].latin1 && c->tables[0].key == NULL);
    EQUAL(c->tables[0].n_columns, 4);
    EQUAL(c->tables[0].columns[2].kind, COLUMN_F32);
    EQUAL(c->tables[0].columns[3].kind, COLUMN_TIME);
    EQUAL(c->tables[1].columns[2].kind, COLUMN_LIST);
    EQUAL(c->tables[1].columns[2].separator, '|');
    SAME_TEXT(c->query.column, "user_id");
    SAME_TEXT(c->query.table, "queries");
    CHECK(c->query.made && !c->candidate.made);
    SAME_TEXT(c->candidate.table, "movies");
    SAME_TEXT(c->label, "rating");
    CHECK(c->weight == NULL);
    CHECK(config_is_interactions(c, "ratings") && config_is_interactions(c, "ratings.test") && config_is_interactions(c, "ratings.valid"));
    CHECK(!config_is_interactions(c, "ratings.x") && !config_is_interactions(c, "rating") && !config_is_interactions(c, "ratings2"));
}

static void defaults(void)
{
    const struct config *c = with(movies, NULL);
    EQUAL(c->n_features, 2);
    EQUAL(config_feature(c, "user_id")->embed, 32);
    SAME_TEXT(config_feature(c, "movie_id")->encode.name, "lookup");
    EQUAL(c->n_towers, 2);
    SAME_TEXT(config_tower(c, "candidate")->inputs[0]->name, "movie_id");
    EQUAL(c->n_tasks, 1);
    CHECK(c->tasks[0].query == config_tower(c, "query") && c->tasks[0].candidate == config_tower(c, "candidate"));
    CHECK(c->tasks[0].logq && c->tasks[0].remove_hits && !c->tasks[0].mean && !c->tfrs);
}

static void compat(void)
{
    const char *const set[] = {"compat=tfrs", NULL};
    const struct config *c = with(movies, set);
    CHECK(c->tfrs && !c->tasks[0].logq && !c->tasks[0].remove_hits && !c->tasks[0].mean);
    EQUAL(c->epochs, 3);
    EQUAL(config_tower(c, "query")->n_layers, 0);
}

// The completed text, parsed again, is the same text: no default is applied twice.
static void completed(void)
{
    const char *const set[] = {"compat=tfrs", "train.epochs=7", NULL};
    struct config *first = with(movies, set);
    const char *text = config_text(first);
    struct config *second = with(text, NULL);
    SAME_TEXT(config_text(second), text);
    CHECK(strstr(text, "\nepochs = 7\n") != NULL && strstr(text, "compat = tfrs\n") == text);
}

static void columns(void)
{
    const char *const set[] = {"table ratings.columns=user-id, -, \xc3\xa9 x : i64,-,movie_id:str,l:list(,),m:list( ),...", "data.query=user-id", "data.label=",
                               "data.time=", "table ratings.test.path=t", "table ratings.test.format=dat",
                               "table ratings.test.columns=user-id, -, \xc3\xa9 x:i64, -, movie_id, l:list(,), m:list( ), ...", NULL};
    const struct config *c = with(movies, set);
    const struct config_table *t = &c->tables[0];
    EQUAL(t->n_columns, 7);
    SAME_TEXT(t->columns[0].name, "user-id");
    EQUAL(t->columns[1].kind, COLUMN_SKIP);
    SAME_TEXT(t->columns[2].name, "\xc3\xa9 x");
    EQUAL(t->columns[2].kind, COLUMN_I64);
    EQUAL(t->columns[5].separator, ',');
    EQUAL(t->columns[6].separator, ' ');
    CHECK(t->rest_ignored);
    SAME_TEXT(c->query.column, "user-id");
    SAME_TEXT(config_table(c, "ratings.test")->path, "t");
}

static void from_header(void)
{
    const char *const names[] = {"user_id", "movie_id", "rating", "timestamp", "other"};
    const char *const set[] = {"table ratings.columns=", "table ratings.format=csv", NULL};
    struct config *c = with(movies, set);
    EQUAL(c->tables[0].n_columns, 0);
    config_set_columns(c, "ratings", names, 5, "r.csv");
    config_check_columns(c);
    CHECK(strstr(config_text(c), "\ncolumns = user_id, movie_id, rating:f32, timestamp:time, other\n") != NULL);
    EQUAL(c->tables[0].columns[3].kind, COLUMN_TIME);
}

static void one_file(void)
{
    const struct config_one_file file = {.path = "a/b.jsonl", .query = "u", .candidate = "i", .time = "t"};
    const struct config *c = config_from_one_file(&file);
    EQUAL(c->n_tables, 1);
    SAME_TEXT(c->tables[0].path, "a/b.jsonl");
    EQUAL(c->tables[0].format, ROWS_JSONL);
    EQUAL(c->tables[0].n_columns, 3);
    SAME_TEXT(c->time, "t");
    CHECK(c->candidate.made && c->query.made && c->label == NULL);
    // A column's name that cannot be a feature's.
    const struct config_one_file spaces = {.path = "a.csv", .query = "User ID", .candidate = "i"};
    const struct config *s = config_from_one_file(&spaces);
    SAME_TEXT(s->query.column, "User ID");
    SAME_TEXT(call_text(&config_feature(s, "User_ID")->encode, "from"), "User ID");
    EQUAL(config_feature(s, "i")->encode.n, 0);
}

static void run_set(void) { (void)with(movies, set_words); }

// What each change of the configuration complains of.
static void errors(void)
{
    static const struct {
        int code;
        const char *set, *words;
    } cases[] = {
        {3, "table ratings.pth=x", "--set: unknown key \"pth\" in [table ratings], did you mean \"path\""},
        {3, "pth=x", "--set: unknown key \"pth\" before the first [section]"},
        {3, "tabel x.path=x", "--set: unknown section [tabel x], did you mean [table NAME]"},
        {3, "optimiser.default=x", "unknown section [optimiser], did you mean [optimizer]"},
        {3, "qqqqqq.default=x", "unknown section [qqqqqq]\n"},
        {2, "novalue", "--set \"novalue\": wanted SECTION.KEY=VALUE"},
        {2, "table movies.path=a ;b", "with a line break, a tab or"},
        {2, "table a]b.path=x", "--set \"table a]b.path=x\": "},
        {3, "compat=tf", "--set: compat is \"tf\", wanted none or tfrs"},
        {3, "table ratings.format=xls", "--set: format is \"xls\", wanted csv, tsv, dat, psv, jsonl, lists or recbole"},
        {3, "table ratings.encoding=latin1", "--set: encoding is \"latin1\", wanted utf-8 or latin-1"},
        {3, "table ratings.header=maybe", "--set: header is \"maybe\", wanted yes, no or auto"},
        {3, "table ratings.columns=", "names no columns, and its file has no header line"},
        {3, "table ratings.columns=user_id, movie_id, rating:real", "--set: type of rating is \"real\", wanted str, i64, f32, f64, time or list"},
        {3, "table ratings.columns=user_id, movie_id, x:list(ab)", "type of x is \"list(ab)\""},
        {3, "table ratings.columns=user_id, movie_id, x:list(SEPARATOR)", "with one byte as separator"},
        {3, "table ratings.columns=user_id, user_id", "--set: column \"user_id\" is named twice"},
        {3, "table ratings.columns=user_id, , movie_id", "a column without a name"},
        {3, "table ratings.columns=..., user_id", "--set: nothing may come after ..."},
        {3, "table ratings.columns=user_id, movi_id, rating:f32, timestamp:time", "x.ini:13: candidate is \"movie_id\", but [table ratings] has no such column, did you mean \"movi_id\""},
        {3, "table ratings.columns=user_id:f32, movie_id, rating:f32, timestamp:time", "x.ini:12: query is column \"user_id\" of [table ratings], wanted its type str or i64"},
        {3, "data.label=user_id", "--set: label is column \"user_id\" of [table ratings], wanted its type f32, f64 or i64"},
        {3, "data.time=rating", "--set: time is column \"rating\" of [table ratings], wanted its type time or i64"},
        {3, "data.weight=w", "--set: weight is \"w\", but [table ratings] has no such column"},
        {3, "table movies.key=id", "--set: key is \"id\", but [table movies] has no such column"},
        {3, "table movies.key=", "x.ini:13: candidate refers to table \"movies\", which has no key"},
        {3, "data.candidate=movie_id -> films", "--set: candidate refers to table \"films\", but there is no [table films]"},
        {3, "data.candidate=-> movies", "--set: candidate is \"-> movies\", wanted COLUMN or COLUMN -> TABLE"},
        {3, "data.candidate=user_id", "query and candidate are the same column, \"user_id\""},
        {3, "data.interactions=ratngs", "--set: interactions is \"ratngs\", but there is no [table ratngs]"},
        {3, "table seen.path=x", "--set: [table seen]: a later stage adds a table of this name"},
        {3, "table a/b.path=x", "a table's name may not have a /"},
        {3, "tower query.inputs=", "--set: tower \"query\" has no inputs"},
        {3, "tower query.inputs=usr", "comes from column \"usr\", which is not in [table ratings]"},
        {3, "tower candidate.inputs=movie_titel", "feature \"movie_titel\" of tower \"candidate\" comes from column \"movie_titel\", which is neither"},
        {3, "task retrieval.kind=retrieval(query, candidate, zzz)", "--set: retrieval: wanted the names of two towers, found 3 arguments"},
        {3, "task retrieval.kind=retrieval(query)", "--set: retrieval: wanted the names of two towers, found too few"},
        {3, "task retrieval.kind=retrieval(query, candidat)", "found \"candidat\""},
        {3, "split.method=random(test=0.1", "--set: \"random(test=0.1\": wanted name or name("},
        {3, "train.batch=0", "--set: batch is \"0\", wanted a whole number from 1 to"},
        {3, "train.shuffle=1", "--set: shuffle is \"1\", wanted yes or no"},
        {3, "task retrieval.weight=-1", "--set: weight is \"-1\", wanted a number from 0 to"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        const char *const set[] = {cases[i].set, NULL};
        set_words = set;
        COMPLAINS(cases[i].code, cases[i].words, run_set);
    }
    const char *const other[] = {"table ratings.test.path=x", "table ratings.test.format=tsv", "table ratings.test.columns=user_id, movie_id", NULL};
    set_words = other;
    COMPLAINS(3, "--set: the columns of [table ratings.test] are not those of [table ratings]", run_set);
    const char *const task[] = {"task retrieval.weight=1", "task retreival.loss=bpr()", NULL};
    set_words = task;
    COMPLAINS(3, "--set: [task retrieval] has no kind, and [task retreival] is a retrieval already", run_set);
    const char *const second[] = {"task retrieval.kind=retrieval(query, candidate)", "task retreival.loss=bpr()", NULL};
    set_words = second;
    COMPLAINS(3, "--set: [task retreival] has no kind, and [task retrieval] is a retrieval already", run_set);
}

static void no_data(void) { (void)with("[table r]\npath = x\n", NULL); }
static void no_path(void) { (void)with("[table ratings]\nformat = csv\n[data]\ninteractions = ratings\nquery = u\ncandidate = i\n", NULL); }
static void header_name(void)
{
    const char *const names[] = {"user_id", "a:b"};
    config_set_columns(with(movies, NULL), "ratings", names, 2, "r.csv");
}
static void unknown_ending(void) { (void)config_from_one_file(&(struct config_one_file){.path = "x.xls", .query = "u", .candidate = "i"}); }
static void unwritable(void) { (void)config_from_one_file(&(struct config_one_file){.path = "x.csv", .query = "u,v", .candidate = "i"}); }

static void same_column(void)
{
    (void)config_from_one_file(&(struct config_one_file){.path = "x.csv", .query = "u", .candidate = "i", .time = "i"});
}

static void more_errors(void)
{
    COMPLAINS(3, "x.ini: [data] has no interactions: ", no_data);
    COMPLAINS(3, "x.ini: [table ratings] has no path: ", no_path);
    COMPLAINS(3, "r.csv: the header has a column \"a:b\": name the columns to take in [table ratings] columns", header_name);
    COMPLAINS(2, "\"x.xls\": the name does not say the format", unknown_ending);
    COMPLAINS(2, "column \"i\" is named by two of --query, --candidate, --label and --time", same_column);
    COMPLAINS(2, "\"u,v\" cannot stand in a configuration", unwritable);
}

UNIT_MAIN(UNIT(tables), UNIT(defaults), UNIT(compat), UNIT(completed), UNIT(columns), UNIT(from_header), UNIT(one_file), UNIT(errors), UNIT(more_errors))
