load helpers

# stream [QUERY CANDIDATE WEIGHT]...: what batch writes, with one batch of the examples given, or an empty one.
# 3 users, 3 items, the last two with one title; CONFIG is added to the configuration, BEFORE and AFTER the batch to the stream.
stream() {
    printf '{"millrace": 1, "config": "%s", "history": []}\n' "[table r]\\npath = r\\nheader = yes\\n[data]\\ninteractions = r\\nquery = u\\ncandidate = i -> items\\nweight = w\\n[table items]\\npath = i\\nheader = yes\\nkey = i\\n[tower candidate]\\ninputs = title\\n[feature u]\\nembed = 4\\n[feature title]\\nembed = 4\\n${CONFIG-}"
    if [ "${VOCAB-yes}" = yes ]; then
        printf '%s\n' '{"table": "vocab/u", "columns": {"token": "str", "count": "u64"}}' '{"frame": "vocab/u"}' '["c", 3]' '["b", 2]' '["a", 1]' \
            '{"table": "vocab/title", "columns": {"token": "str", "count": "u64"}}' '{"frame": "vocab/title"}' '["y", 4]' '["x", 2]'
    fi
    printf '%s\n' '{"table": "queries", "columns": {"u": "str", "count": "u32", "feature/u": "u32"}}' '{"frame": "queries"}' \
        '["a", 1, 3]' '["b", 2, 2]' "[\"c\", 3, ${ID-1}]"
    [ "${ITEMS-yes}" = no ] || printf '%s\n' '{"table": "items", "columns": {"i": "str", "title": "str", "count": "u32", "feature/title": "u32"}}' \
        '{"frame": "items"}' '["1", "x", 2, 2]' '["2", "y", 3, 1]' '["3", "y", 1, 1]'
    printf '%s\n' '{"table": "r", "columns": {"query": "u32", "candidate": "u32", "w": "f32"}}' '{"frame": "r"}' '[0, 0, 1]'
    [ -z "${BEFORE-}" ] || printf '%s\n' "$BEFORE"
    if [ "${BATCHES-yes}" = yes ]; then
        echo '{"table": "batches", "columns": {"query": "u32", "candidate": "u32", "w": "f32", "epoch": "u32"}}'
        [ $# -eq 0 ] || echo '{"frame": "batches"}'
        while [ $# -gt 0 ]; do echo "[$1, $2, $3, 0]"; shift 3; done
    fi
    [ -z "${AFTER-}" ] || printf '%s\n' "$AFTER"
    echo '{"end": {}}'
}
examples='0 0 1 1 1 1 2 1 1 2 2 1 1 0 1'

# rows TABLE < STREAM
rows() {
    show --json --table "$1" | grep '^\['
}

# refuse WORDS: train ends with 3 and one line with these words for $T/in.
refuse() {
    run -3 --separate-stderr train -t 1 -o "$T/out" "$T/in"
    complains "$1"
    [ ! -e "$T/out" ]
}

@test "train --help and --version answer on stdout" {
    run -0 --separate-stderr train --help
    says 'usage: train'
    [ -z "$stderr" ]
    run -0 train --version
    says 'train (millrace)'
}

@test "train: wrong usage ends with 2" {
    run -2 --separate-stderr train --thread 2
    complains 'did you mean --threads'
    run -2 --separate-stderr train --threads x
    run -2 --separate-stderr train a b
}

@test "train --kinds lists every kind with its arguments" {
    run -0 train --kinds
    for kind in 'normalize()' 'softmax(temperature=1, hard=0, power=1)' 'full_softmax(temperature=1, power=1)' 'bpr(temperature=1)' 'hinge(margin=1)' \
        'warp(margin=1, max_trials=10)' 'ccl(margin=0.4, negative_weight=150)' 'adagrad(lr=0.001, initial_accumulator=0.1, epsilon=1e-07, decay=0)' \
        'sgd(lr=0.01, momentum=0, nesterov=no, decay=0)' 'ftrl(lr=0.001' 'lazy_adam(' 'cosine(lr, steps, end=0, warmup=0)' 'global_norm(x)' 'adam(lr=0.001, beta_1=0.9, beta_2=0.999' 'clippy_adagrad(' 'uniform(a=0.05, mean=0)'; do
        says "$kind"
    done
}

@test "train: batches go, parameters, slots and metrics come, everything else is forwarded" {
    stream $examples | show --parse > "$T/in"
    train "$T/in" > "$T/out"
    run -0 show "$T/out"
    [[ "$output" != *batches* ]]
    [[ "$output" =~ param/embed/u\ +4\ +1\ +64\ +value\ f32\[4\] ]]
    [[ "$output" =~ slot/embed/title\ +3\ +1\ +48\ +accumulator\ f32\[4\] ]]
    run -0 diff <(show --json "$T/in" | sed '1d;/"table": "batches"/,$d') <(show --json "$T/out" | sed '1d;/"table": "param/,$d')
    run -0 rows metrics/train < "$T/out"
    [[ "$output" =~ ^\[0,\ 0,\ 5,\ [0-9.]*\]$ ]]
}

@test "train: without batches the parameters have their initial values, as FORMAT.md says" {
    needs /usr/bin/python3
    stream | show --parse | train --set 'feature u.init=uniform(0.5, mean=2)' --set train.seed=7 > "$T/out"
    run -1 rows metrics/train < "$T/out"
    run -0 show "$T/out"
    says 'epoch u32, step u64, rows u32, loss f64'
    run -0 /usr/bin/python3 - <(rows param/embed/u < "$T/out") <<'P'
import json, struct, sys
M = 2**64 - 1
def mix(x):
    x = x + 0x9e3779b97f4a7c15 & M
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9 & M
    x = (x ^ x >> 27) * 0x94d049bb133111eb & M
    return x ^ x >> 31
h = 0xcbf29ce484222325
for b in b"embed/u": h = (h ^ b) * 0x100000001b3 & M
found = [x for line in open(sys.argv[1]) for x in json.loads(line)[0]]
assert len(found) == 16
for i, x in enumerate(found):
    u = (mix(mix(mix(7) ^ h) ^ i) >> 11) / 2**53
    assert abs(x - (2 + 0.5 * (2 * u - 1))) < 1e-6, (i, x)
P
}

@test "train: the same bytes with any number of threads, and another seed gives others" {
    stream $examples | show --parse > "$T/in"
    for threads in 1 2 5; do train -t $threads "$T/in" | show --json | sed 1d > "$T/$threads"; done
    run -0 cmp "$T/1" "$T/2"
    run -0 cmp "$T/1" "$T/5"
    run -1 cmp -s "$T/1" <(train --set train.seed=1 "$T/in" | show --json | sed 1d)
}

@test "train --model goes on where a training ended; so does a stream that has parameters" {
    stream $examples | show --parse > "$T/in"
    stream $examples | sed '/^{"end"/d' > "$T/twice"
    { cat "$T/twice"; echo '{"frame": "batches"}'; set -- $examples; while [ $# -gt 0 ]; do echo "[$1, $2, $3, 0]"; shift 3; done; echo '{"end": {}}'; } |
        show --parse | train > "$T/both"
    for optimizer in 'adagrad(0.1)' 'adam(0.1)' 'sgd(0.1, momentum=0.5)'; do
        show --json < "$T/in" > /dev/null
        train --set "optimizer.default=$optimizer" "$T/in" > "$T/first"
        train --set "optimizer.default=$optimizer" --model "$T/first" "$T/in" > "$T/second"
        [ "$(rows metrics/train < "$T/second" | wc -l)" -eq 2 ]
        [[ "$(rows metrics/train < "$T/second" | tail -1)" == '[0, 1, 5, '* ]]
        BEFORE=$(show --json "$T/first" | sed -n '/"table": "param/,/^{"end"/p' | sed '$d') stream $examples | show --parse |
            train --set "optimizer.default=$optimizer" > "$T/third"
        run -0 diff <(show --json "$T/second" | sed 1d) <(show --json "$T/third" | sed 1d)
        [ "$optimizer" != 'adagrad(0.1)' ] || run -0 diff <(rows param/embed/u < "$T/both") <(rows param/embed/u < "$T/second")
    done
}

@test "train: a weight of 2 is two examples, a weight of 0 leaves the example's gradient out" {
    stream 0 0 2 1 1 1 | show --parse | train --set 'task retrieval.logq=no' --set 'task retrieval.remove_hits=no' | rows metrics/train > "$T/a"
    stream 0 0 0 1 1 0 | show --parse | train > "$T/zero"
    stream | show --parse | train > "$T/start"
    run -0 diff <(rows param/embed/u < "$T/zero") <(rows param/embed/u < "$T/start")
    [[ "$(rows metrics/train < "$T/zero")" == '[0, 0, 2, 0'* ]]
}

@test "train: a table that is missing is named, with the stage that makes it" {
    BATCHES=no stream | show --parse > "$T/in"
    refuse 'no table "batches": run batch first'
    ITEMS=no stream $examples | show --parse > "$T/in"
    refuse 'no table "items"'
    VOCAB=no stream $examples | show --parse > "$T/in"
    refuse 'no table "vocab/title"'
    echo -n > "$T/in"
    refuse 'empty input'
}

@test "train: ids out of range, weights that are not finite, tables out of order" {
    stream 0 0 1 3 0 1 | show --parse > "$T/in"
    refuse 'column "query": row 1 refers to row 3, but table "queries" has 3 rows'
    stream 0 4294967295 1 | show --parse > "$T/in"
    refuse 'column "candidate": row 0 refers to row 4294967295'
    ID=4 stream $examples | show --parse > "$T/in"
    refuse 'column "feature/u": row 2 has id 4, but "param/embed/u" has 4 rows'
    stream 0 0 '"nan"' | show --parse > "$T/in"
    refuse 'a weight is not finite'
    AFTER='{"frame": "queries"}
["d", 3, 1]' stream $examples | show --parse > "$T/in"
    refuse 'table "queries" comes after the first batch'
}

@test "train: parameters of another shape" {
    BEFORE='{"table": "param/embed/u", "columns": {"value": "f32[4]"}}
{"frame": "param/embed/u"}
[[1, 2, 3, 4]]' stream $examples | show --parse > "$T/in"
    refuse 'table "param/embed/u" has 1 rows, but the vocabulary has 4 ids'
    BEFORE='{"table": "param/embed/u", "columns": {"value": "f32[2]"}}' stream $examples | show --parse > "$T/in"
    refuse 'f32[4]'
    BEFORE='{"table": "slot/embed/u", "columns": {"accumulator": "f32[4]"}}
{"frame": "slot/embed/u"}
[[1, 2, 3, 4]]' stream $examples | show --parse > "$T/in"
    refuse 'table "slot/embed/u" has 1 rows, but "param/embed/u" has 4'
}

@test "train: unknown kinds and arguments, with the nearest known ones" {
    stream $examples | show --parse > "$T/in"
    set_refuse() { run -3 --separate-stderr train --set "$1" -o "$T/out" "$T/in"; complains "$2"; [ ! -e "$T/out" ]; }
    set_refuse 'tower query.layers=normalise()' 'unknown layer "normalise", did you mean "normalize"'
    set_refuse 'task retrieval.loss=softmx()' 'unknown loss "softmx", did you mean "softmax"'
    set_refuse 'task retrieval.kind=retrival(query, candidate)' 'did you mean "retrieval"'
    set_refuse 'optimizer.default=adagrat(0.1)' 'unknown optimiser "adagrat", did you mean "adagrad"'
    set_refuse 'feature u.init=uniforn(1)' 'unknown initialiser "uniforn"'
    set_refuse 'optimizer.default=sgd(rl=1)' 'sgd has no argument "rl": it takes lr, momentum, nesterov, decay'
    set_refuse 'optimizer.default=sgd(0.1, lr=1)' 'sgd: "lr" is given twice'
    set_refuse 'task retrieval.loss=softmax(temperature=0)' 'temperature is "0"'
    set_refuse 'optimizer.default=clippy_adagrad(0.1, clip_accumulator=yes, standard_accumulator=yes)' 'exclude each other'
    set_refuse 'feature u.embed=5' 'tower "query" gives 5 numbers and tower "candidate" 4'
}

@test "train: a loss or gradient that is not finite ends it, with the step and the name" {
    large='[[1e30, 1e30, 1e30, 1e30]]'
    BEFORE=$(printf '%s\n' '{"table": "param/embed/u", "columns": {"value": "f32[4]"}}' '{"frame": "param/embed/u"}' "$large" "$large" "$large" "$large" \
        '{"table": "param/embed/title", "columns": {"value": "f32[4]"}}' '{"frame": "param/embed/title"}' "$large" "$large" "$large") \
        stream $examples | show --parse > "$T/in"
    refuse 'step 0: the loss of task "retrieval" is'
    stream 0 0 3e38 1 1 1 | show --parse > "$T/in"
    run -3 --separate-stderr train --set 'feature title.init=uniform(100)' --set 'feature u.init=uniform(0.01)' -o "$T/out" "$T/in"
    complains 'step 0: the gradient of "param/embed/u" is not finite'
    [ ! -e "$T/out" ]
}

@test "train: a model that is cut ends it" {
    stream $examples | show --parse > "$T/in"
    train "$T/in" > "$T/model"
    head -c 1000 "$T/model" > "$T/cut"
    run -3 --separate-stderr train --model "$T/cut" -o "$T/out" "$T/in"
    complains 'truncated'
    run -1 --separate-stderr train --model "$T/nowhere" -o "$T/out" "$T/in"
    [ ! -e "$T/out" ]
}
