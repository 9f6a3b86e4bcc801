// The configuration as structs: which tables there are, what is learned from them, and how.
//
// The grammar, in one example (every key and its default: `millrace tokenize --keys`):
//
//     [table ratings]
//     path = ratings.dat                 ; relative to the INI file
//     format = dat                       ; csv, tsv, dat (::), psv (|), jsonl, lists, recbole
//     columns = user_id, movie_id, rating:f32, timestamp:time
//
//     [table movies]
//     path = movies.dat
//     format = dat
//     columns = movie_id, movie_title, genres:list(|)
//     key = movie_id
//
//     [data]
//     interactions = ratings
//     query = user_id                    ; "user_id -> users" if there is a table of users
//     candidate = movie_id -> movies
//
//     [feature movie_title]
//     encode = lookup()
//     embed = 32
//
//     [tower candidate]
//     inputs = movie_title
//
//     [head rating]                      ; of a query and a candidate together
//     inputs = query, candidate
//     layers = dense(64, relu), dense(1)
//
//     [task rating]
//     kind = regression(rating)
//
// What is left out is completed: features named by a tower but not described are lookups; towers `query` and `candidate` take the
// query and candidate columns; one task `retrieval` joins them. tokenize writes the completed text, every key explicit, into the
// header of the stream, so later stages (and programs in other languages) need no defaults.
#ifndef CONFIG_CONFIG_H
#define CONFIG_CONFIG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/config/call.h"
#include "common/config/ini.h"
#include "common/stream/reader.h"
#include "common/text/rows.h"

enum column_kind { COLUMN_STR, COLUMN_I64, COLUMN_F32, COLUMN_F64, COLUMN_TIME, COLUMN_LIST, COLUMN_SKIP };

struct config_column {
    const char *name;
    enum column_kind kind;
    char separator;       // of a list
    bool optional;        // f32? and f64?: an empty field is NaN
};

struct config_table {
    const char *name, *path, *place;
    enum rows_format format;
    char separator;                  // of csv
    bool latin1;                     // else UTF-8
    bool header;                     // the first line has names
    struct config_column *columns;   // (n_columns); none: as the header says, all strings
    size_t n_columns;
    bool rest_ignored;               // columns ended in "..."
    const char *key;                 // NULL if none
    const char **joins;              // (n_joins) tables whose columns are added by equal keys
    size_t n_joins;
};

// One end of an interaction: a column of the interactions, and the table that describes what it refers to.
struct config_side {
    const char *column;
    const char *table;      // of the configuration, or "queries" / "candidates" if made from the keys
    bool made;              // made from the keys
};

// The places of the two ends in arrays that have something of both.
enum { SIDE_QUERY, SIDE_CANDIDATE, SIDES };

struct config_feature {
    const char *name, *place;
    struct call encode;     // name: a row of the table of feature kinds
    const char *from;       // the column; the feature's name by default
    const char *otherwise;  // in place of a missing value; NULL: none
    const char *const *columns;  // (n_columns) all that it reads, such as `from`
    size_t n_columns;
    const char *of;         // sequence() and history(): the feature of the candidate tower whose ids it gives, else NULL
    bool follows;           // made from what the query took before the interaction: sequence() without from
    bool gathers;           // made from all that the query took: history()
    const char *table;      // name of the embedding; features with the same one share it
    size_t embed;           // width of the embedding
    struct call init;       // initialiser of the embedding
    struct call pool;       // how the embeddings of a list become one
};

struct config_tower {
    const char *name, *place;
    struct config_feature **inputs;  // (n_inputs)
    size_t n_inputs;
    struct call *layers;             // (n_layers)
    size_t n_layers;
    const struct config_side *side;  // whose rows it is evaluated for; NULL: no task reads it
};

// What a head reads: a tower, or a head that stands before it.
struct config_head_input {
    struct config_tower *tower;      // or NULL
    struct config_head *head;        // or NULL
};

// A prediction for a query and a candidate together, from what towers and other heads give.
struct config_head {
    const char *name, *place;
    struct config_head_input *inputs;  // (n_inputs)
    size_t n_inputs;
    struct call *layers;             // (n_layers)
    size_t n_layers;
    size_t runs;                     // heads that are computed for it: itself, and those of each head that it reads
    bool used;                       // a task reads it
};

// What kinds of task there are. Their names stand in config_tasks.c and nowhere else.
enum config_task_kind { TASK_RETRIEVAL, TASK_REGRESSION, TASK_CLASSIFICATION, TASK_LISTWISE, TASK_CONTRASTIVE, TASK_KINDS };

struct config_task {
    const char *name, *place;
    enum config_task_kind which;     // what the name of `kind` says
    struct call kind;                // retrieval(query, candidate), of labels: regression(HEAD) and the like, or contrastive(TOWER)
    struct config_tower *query, *candidate;  // of a retrieval, else NULL
    struct config_head *head;        // of labels, else NULL
    const char *label;               // of those: the column of the interactions that the head has to predict
    struct config_tower *tower;      // of contrastive(TOWER), else NULL
    struct call loss;
    struct call *negatives;          // (n_negatives) samplers; none: those that the loss likes
    size_t n_negatives;
    const char *where;               // a column of the interactions: rows with 0 take no part; NULL: all do
    const char *mask;                // "seen", or a column that lists candidates: no negatives of the row; "" none
    size_t heads;                    // vectors side by side in a query's; a score is that of the best
    bool logq, remove_hits, mean;    // mean: loss a row; else the sum over the batch, as TFRS
    double weight;
};

struct config_optimizer {
    const char *pattern;             // of parameter names, as the shell has them; "default" takes the rest
    struct call kind;
};

struct config {
    struct ini ini;
    bool tfrs;                       // compat = tfrs
    struct config_table *tables;
    size_t n_tables;
    const char *interactions;
    struct config_side query, candidate;
    const char *label, *time, *weight;  // columns of the interactions, NULL if none
    struct call split;
    struct config_feature *features;
    size_t n_features;
    struct config_tower *towers;
    size_t n_towers;
    struct config_head *heads;
    size_t n_heads;
    struct config_task *tasks;
    size_t n_tasks;
    struct config_optimizer *optimizers;
    size_t n_optimizers;
    size_t batch_rows, epochs, seed;
    size_t lists, list_rows;         // lists of each query an epoch, 0: rows are dealt, not lists; rows in one
    bool shuffle, group;             // group: a query's rows in one batch, of batch_rows queries
    struct call solver;              // gradients, or one that learns the towers whole, in place of the optimisers
    struct call clip, validate;      // "none" if not wanted
    size_t every, patience;          // epochs between validations, and how many without a better one end it; 0: never
    bool best;                       // the best validation's parameters are the result
    size_t k;                        // [rank] k
};

// Reads, completes and checks a configuration file; applies --set. Paths of tables become relative to the current directory.
struct config *config_from_file(const char *path);

// The same for text that has no file; paths are taken as they are.
struct config *config_from_text(const char *text, const char *name);

// The configuration in a stream's header, with --set applied; the header then carries the changed text.
struct config *config_from_stream(struct reader *in);

// For who reads many of them; a stage keeps its own to the end.
void config_free(struct config *config);

// Names the columns of a table from its file's header line: strings, but for the label and weight (f32) and the time of the
// interactions. A name that cannot stand in the configuration is an error; `place` is for its message.
void config_set_columns(struct config *config, const char *table, const char *const *names, size_t n, const char *place);

// Dies unless [data] and the tables' keys name columns that there are, of a fitting type. Tables without known columns pass.
void config_check_columns(const struct config *config);

// The completed text.
const char *config_text(struct config *config);

const struct config_table *config_table(const struct config *config, const char *name);
const struct config_column *config_column(const struct config_table *table, const char *name);  // NULL: skipped, or none

// Whether a table, with what is joined to it, has the column. A table whose columns are not known yet has any.
bool config_has_column(const struct config *config, const struct config_table *table, const char *name);
const struct config_feature *config_feature(const struct config *config, const char *name);
const struct config_tower *config_tower(const struct config *config, const char *name);
const struct config_head *config_head(const struct config *config, const char *name);

// The column of a side's table that has its keys.
const char *config_key(const struct config *config, const struct config_side *side);

// The first retrieval task. Dies with exit code 3 if there is none: `what` says who wants it.
const struct config_task *config_retrieval(const struct config *config, const char *what);

// Whether a tower of this side reads the feature from the interactions: its columns are not in the side's table, so that each interaction has
// its own value. Such a tower is contextual. Only query towers may be: config_from_* die with exit code 3 for a candidate tower.
bool config_is_contextual(const struct config *config, const struct config_side *side, const struct config_feature *feature);

// Whether the table is that of the interactions, or what is held back of it: R, R.valid or R.test.
bool config_is_interactions(const struct config *config, const char *table);

// Prints every section and key with its default and meaning.
void config_print_keys(void);

#endif
