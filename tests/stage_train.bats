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

# refuse_set SETTING WORDS: the same with a setting.
refuse_set() {
    run -3 --separate-stderr train --set "$1" -o "$T/out" "$T/in"
    complains "$2"
    [ ! -e "$T/out" ]
}

# rows_of PREFIX < LINES: the rows of the tables that begin so.
rows_of() {
    awk -v prefix="{\"frame\": \"$1" '/^{/ { on = index($0, prefix) == 1 } on'
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
    # Keys that only earlier stages read would change nothing here.
    stream $examples | show --parse > "$T/in"
    run -2 --separate-stderr train --set train.epochs=8 "$T/in"
    complains "'batch' reads this key, and has run already"
    run -2 --separate-stderr train --set 'table r.path=x' "$T/in"
    complains "'vocab' reads this key, and has run already"
}

@test "train --kinds lists every kind with its arguments" {
    run -0 train --kinds
    for kind in 'normalize()' 'softmax(temperature=1, hard=0, power=1)' 'full_softmax(temperature=1, power=1)' 'bpr(temperature=1)' 'hinge(margin=1)' \
        'warp(margin=1, max_trials=10)' 'ccl(margin=0.4, negative_weight=150)' 'batch()' 'uniform(n=1024, each=no)' 'popularity(n=1024, power=0.75, each=no)' 'all()' 'queue(n=4096)' 'explicit(column)' \
        'adagrad(lr=0.001, initial_accumulator=0.1, epsilon=1e-07, decay=0)' \
        'sgd(lr=0.01, momentum=0, nesterov=no, decay=0)' 'ftrl(lr=0.001' 'lazy_adam(' 'cosine(lr, steps=0, end=0, warmup=0)' 'global_norm(x)' 'adam(lr=0.001, beta_1=0.9, beta_2=0.999' 'clippy_adagrad(' 'uniform(a=0.05, mean=0)'; do
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

@test "train --init goes on where a training ended; so does a stream that has parameters" {
    stream $examples | show --parse > "$T/in"
    stream $examples | sed '/^{"end"/d' > "$T/twice"
    { cat "$T/twice"; echo '{"frame": "batches"}'; set -- $examples; while [ $# -gt 0 ]; do echo "[$1, $2, $3, 0]"; shift 3; done; echo '{"end": {}}'; } |
        show --parse | train > "$T/both"
    for optimizer in 'adagrad(0.1)' 'adam(0.1)' 'sgd(0.1, momentum=0.5)'; do
        show --json < "$T/in" > /dev/null
        train --set "optimizer.default=$optimizer" "$T/in" > "$T/first"
        train --set "optimizer.default=$optimizer" --init "$T/first" "$T/in" > "$T/second"
        [ "$(rows metrics/train < "$T/second" | wc -l)" -eq 2 ]
        [[ "$(rows metrics/train < "$T/second" | tail -1)" == '[0, 1, 5, '* ]]
        BEFORE=$(show --json "$T/first" | sed -n '/"table": "param/,/^{"end"/p' | sed '$d') stream $examples | show --parse |
            train --set "optimizer.default=$optimizer" > "$T/third"
        run -0 diff <(show --json "$T/second" | sed 1d) <(show --json "$T/third" | sed 1d)
        [ "$optimizer" != 'adagrad(0.1)' ] || run -0 diff <(rows param/embed/u < "$T/both") <(rows param/embed/u < "$T/second")
    done
}

# learned OPTION...: parameters and losses after training on $T/in with these settings.
learned() {
    local set=()
    for option in "$@"; do set+=(--set "$option"); done
    train "${set[@]}" "$T/in" | show --json | sed '1d' | grep -v '^{"end"'
}

@test "train: an index and vectors of an earlier model are not forwarded, a column of that name from elsewhere is" {
    stream $examples | show --parse > "$T/in"
    train "$T/in" | embed > "$T/embedded"
    index "$T/embedded" > "$T/index"
    again() { show --json "$1" | grep -v '^{"end"'; stream $examples | sed -n '/{"table": "batches"/,$p'; }
    for old in embedded index; do
        again "$T/$old" | show --parse > "$T/again"
        train "$T/again" > "$T/new"
        run -0 show "$T/$old"
        says 'vector f32'
        run -0 show "$T/new"
        says 'feature/title u32'
        run -1 grep -E '^  index|vector f32' <<< "$output"
        embed "$T/new" | index > "$T/last"
    done
    show --json "$T/index" | grep -q index/candidate
    BEFORE=$(printf '%s\n' '{"table": "mine", "columns": {"i": "str", "vector": "f32[2]"}}' '{"frame": "mine"}' '["x", [1, 2]]') stream $examples |
        show --parse | train > "$T/new"
    [ "$(rows mine < "$T/new")" = '["x", [1, 2]]' ]
}

@test "train --gradients: what every step's optimiser gets, before clipping" {
    stream $examples | show --parse > "$T/in"
    stream | show --parse | train > "$T/start"
    train --set 'optimizer.default=sgd(1)' --gradients "$T/gradients" "$T/in" > "$T/out"
    for name in embed/u embed/title; do
        rows "gradient/$name" < "$T/gradients" > "$T/g"
        [ "$(wc -l < "$T/g")" -ge 2 ]
        # Where the gradient says so, and only there, a row moved by it.
        jq -n --slurpfile g "$T/g" --slurpfile a <(rows "param/$name" < "$T/start") --slurpfile b <(rows "param/$name" < "$T/out") -e '
            [range($a | length)] | all(. as $r | ([$g[] | select(.[1] == $r)] | if . == [] then [0, 0, 0, 0] else .[0][2] end) as $d |
                [range(4)] | all(. as $i | ($a[$r][0][$i] - $d[$i] - $b[$r][0][$i]) | fabs < 1e-6))'
        [ "$(jq -c '.[0]' "$T/g" | sort -u)" = 0 ]
    done
    train --set 'optimizer.default=sgd(1)' --set 'train.clip=value(1e-3)' --gradients "$T/clipped" "$T/in" > "$T/other"
    cmp <(rows gradient/embed/u < "$T/gradients") <(rows gradient/embed/u < "$T/clipped")
    head -c 2000 "$T/in" > "$T/cut"
    run -2 --separate-stderr train --gradients - "$T/in"
    complains '<stdout>: two outputs to one file'
    run -3 --separate-stderr train --gradients "$T/none" -o "$T/no" "$T/cut"
    [ ! -e "$T/none" ]
}

@test "train: every loss and every sampler learns, the same with any number of threads" {
    CONFIG='[tower query]\nlayers = normalize()\n[tower candidate]\nlayers = normalize()\n' stream $examples $examples | show --parse > "$T/in"
    learned > "$T/softmax"
    for loss in 'softmax(hard=1)' 'full_softmax(0.5, power=0.5)' 'bpr()' 'hinge()' 'warp()' 'ccl(0, 10)'; do
        train -t 1 --set "task retrieval.loss=$loss" "$T/in" | show --json | sed 1d > "$T/1"
        train -t 3 --set "task retrieval.loss=$loss" "$T/in" | show --json | sed 1d > "$T/3"
        run -0 cmp "$T/1" "$T/3"
        run -1 cmp -s "$T/1" "$T/softmax"
    done
    for negatives in 'uniform(3)' 'popularity(2, power=0.5)' 'all()' 'batch, uniform(5)' 'batch, uniform(2, each=yes)' 'popularity(3, each=yes), queue(2)'; do
        learned "task retrieval.negatives=$negatives" > "$T/other"
        run -1 cmp -s "$T/other" "$T/softmax"
    done
    run -0 cmp <(learned 'task retrieval.negatives=batch') "$T/softmax"
    run -0 cmp <(learned 'task retrieval.loss=full_softmax()') <(learned 'task retrieval.negatives=all')
    run -1 cmp -s <(learned 'task retrieval.negatives=uniform(3)') <(learned 'task retrieval.negatives=uniform(3)' train.seed=9)
    run -1 cmp -s <(learned 'task retrieval.mask=u') "$T/softmax"
}

@test "train: rows with 0 in the column of where take no part" {
    stream 0 0 1 1 1 0 2 1 1 2 2 0 1 0 1 | show --parse > "$T/in"
    learned 'task retrieval.where=w' 'data.weight=' | rows_of param/embed > "$T/masked"
    stream 0 0 1 2 1 1 1 0 1 | show --parse > "$T/in"
    # The shares of the candidates are those of the rows of r that take part: the one row there is.
    run -0 diff "$T/masked" <(learned 'task retrieval.where=w' 'data.weight=' | rows_of param/embed)
    stream 0 0 0 1 1 0 | show --parse > "$T/in"
    run -0 learned 'task retrieval.where=w'
    says '[0, 0, 2, 0]'
    refuse_set 'task retrieval.where=nowhere' 'no column of numbers "nowhere", which says what rows task "retrieval" looks at'
    refuse_set 'task retrieval.mask=w' 'no column "w" of lists'
    refuse_set 'task retrieval.negatives=explicit(w)' 'no column "w" of lists'
    refuse_set 'task retrieval.mask=seen' 'table "seen" has 0 rows, wanted one for each of the 3 queries'
}

@test "train: two tasks with weights of their own, and a weight of 0" {
    CONFIG='[task a]\nkind = retrieval(query, candidate)\nweight = 2\n[task b]\nkind = retrieval(query, candidate)\nweight = 0\nloss = bpr()\n' stream $examples | show --parse > "$T/in"
    # But for the losses of the two apart, it is the same as with the one.
    learned | awk '/^{"table": "metrics\/tasks"/ { skip = 1; next } /^{"(table|end)"/ || /^{"frame": "metrics\/train"/ { skip = 0 } !skip' > "$T/two"
    CONFIG='[task a]\nkind = retrieval(query, candidate)\nweight = 2\n' stream $examples | show --parse > "$T/in"
    run -0 cmp "$T/two" <(learned)
    CONFIG='[task a]\nkind = retrieval(query, candidate)\n[task b]\nkind = retrieval(query, candidate)\n' stream $examples | show --parse > "$T/in"
    run -0 diff <(rows_of param/embed < "$T/two") <(learned | rows_of param/embed)
}

@test "train: queries of several heads, up to the ranking" {
    CONFIG='[tower query]\ninputs = u\n' stream $examples | show --parse > "$T/in"
    refuse_set 'feature u.embed=8' 'tower "query" gives 8 numbers and tower "candidate" 4: they cannot be compared'
    run -0 train --set 'feature u.embed=8' --set 'task retrieval.heads=2' -o "$T/out" "$T/in"
    run -3 --separate-stderr train --set 'task retrieval.heads=2' -o "$T/out" "$T/in"
    complains 'but by as many heads as the first is wider'
    printf '%s\n' '{"table": "seen", "columns": {"candidates": "u32*"}}' '{"frame": "seen"}' '[[0]]' '[[1]]' '[[2]]' > "$T/seen"
    { stream $examples | sed '/^{"table": "r"/,$d'; cat "$T/seen"; stream $examples | sed -n '/^{"table": "r"/,$p'; } | show --parse |
        train --set 'feature u.embed=8' --set 'task retrieval.heads=2' | embed | index > "$T/index"
    run -0 pipe "rank -k 3 < $T/index | show --json -t rankings"
    [ "$(grep -c '^\[' <<< "$output")" -eq 1 ]
    run -0 rank --index "$T/index" --query a -k 2
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
    refuse 'no table "vocab/u"'
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
    refuse 'column "w": a weight is negative or not finite'
    stream 0 0 1 1 1 -0.5 | show --parse > "$T/in"
    refuse 'column "w": a weight is negative or not finite'
    AFTER='{"frame": "queries"}
["d", 3, 1]' stream $examples | show --parse > "$T/in"
    refuse 'table "queries" comes after the first batch'
}

@test "train: parameters of another shape" {
    BEFORE='{"table": "param/embed/u", "columns": {"value": "f32[4]"}}
{"frame": "param/embed/u"}
[[1, 2, 3, 4]]' stream $examples | show --parse > "$T/in"
    refuse 'table "param/embed/u" has 1 rows, wanted 4: one for each id'
    BEFORE='{"table": "param/embed/u", "columns": {"value": "f32[2]"}}' stream $examples | show --parse > "$T/in"
    refuse 'f32[4]'
    BEFORE='{"table": "slot/embed/u", "columns": {"accumulator": "f32[4]"}}
{"frame": "slot/embed/u"}
[[1, 2, 3, 4]]' stream $examples | show --parse > "$T/in"
    refuse 'table "slot/embed/u" has 1 rows, but "param/embed/u" has 4'
}

@test "train: unknown kinds and arguments, with the nearest known ones" {
    stream $examples | show --parse > "$T/in"
    refuse_set 'tower query.layers=normalise()' 'unknown layer "normalise", did you mean "normalize"'
    refuse_set 'task retrieval.loss=softmx()' 'unknown loss "softmx", did you mean "softmax"'
    refuse_set 'task retrieval.kind=retrival(query, candidate)' 'did you mean "retrieval"'
    refuse_set 'optimizer.default=adagrat(0.1)' 'unknown optimiser "adagrat", did you mean "adagrad"'
    refuse_set 'feature u.init=uniforn(1)' 'unknown initialiser "uniforn"'
    refuse_set 'optimizer.default=sgd(rl=1)' 'sgd has no argument "rl": it takes lr, momentum, nesterov, decay'
    refuse_set 'optimizer.default=sgd(0.1, lr=1)' 'sgd: "lr" is given twice'
    refuse_set 'task retrieval.negatives=batch, unform(3)' 'unknown sampler "unform", did you mean "uniform"'
    refuse_set 'task retrieval.negatives=uniform(3), uniform(4)' 'negatives: uniform stands there twice'
    refuse_set 'task retrieval.negatives=uniform(0)' 'n is "0"'
    refuse_set 'task retrieval.loss=ccl()' 'loss ccl compares cosines: the last layer of tower "query" has to be normalize()'
    refuse_set 'task retrieval.loss=softmax(temperature=0)' 'temperature is "0"'
    refuse_set 'optimizer.default=clippy_adagrad(0.1, clip_accumulator=yes, standard_accumulator=yes)' 'exclude each other'
    refuse_set 'feature u.embed=5' 'tower "query" gives 5 numbers and tower "candidate" 4'
}

@test "train: a loss or gradient that is not finite ends it, with the step and the name" {
    large='[[1e30, 1e30, 1e30, 1e30]]'
    BEFORE=$(printf '%s\n' '{"table": "param/embed/u", "columns": {"value": "f32[4]"}}' '{"frame": "param/embed/u"}' "$large" "$large" "$large" "$large" \
        '{"table": "param/embed/title", "columns": {"value": "f32[4]"}}' '{"frame": "param/embed/title"}' "$large" "$large" "$large") \
        stream $examples | show --parse > "$T/in"
    refuse '/in: step 0: the loss of task "retrieval" is'
    stream 0 0 3e38 1 1 1 | show --parse > "$T/in"
    run -3 --separate-stderr train --set 'feature title.init=uniform(100)' --set 'feature u.init=uniform(0.01)' -o "$T/out" "$T/in"
    complains '/in: step 0: the gradient of "param/embed/u" is not finite'
    [ ! -e "$T/out" ]
}

@test "train: arguments of optimisers under which a division by zero would follow" {
    stream $examples | show --parse > "$T/in"
    for kind in adam lazy_adam; do
        refuse_set "optimizer.default=$kind(beta_1=1)" 'beta_1 is "1", wanted a number from 0 to below 1'
        refuse_set "optimizer.default=$kind(beta_2=1)" 'beta_2 is "1", wanted a number from 0 to below 1'
        refuse_set "optimizer.default=$kind(epsilon=0)" 'epsilon is "0", wanted a number from 1e-30 to 1'
    done
    for kind in adagrad clippy_adagrad; do
        refuse_set "optimizer.default=$kind(initial_accumulator=0, epsilon=0)" 'initial_accumulator and epsilon are 0 both'
        train --set "optimizer.default=$kind(initial_accumulator=0)" "$T/in" > "$T/out"
        train --set "optimizer.default=$kind(epsilon=0)" "$T/in" > "$T/out"
        rm "$T/out"
    done
    refuse_set 'optimizer.default=ftrl(initial_accumulator=0)' 'ftrl: without initial_accumulator, l2 and beta'
    refuse_set 'optimizer.default=ftrl(lr_power=-10, initial_accumulator=1e-6)' 'ftrl: without initial_accumulator, l2 and beta'
    train --set 'optimizer.default=ftrl(initial_accumulator=0, l2=0.1)' "$T/in" > "$T/out"
    rm "$T/out"
    refuse_set 'optimizer.default=sgd(lr=inf)' 'unknown schedule "inf"'
    refuse_set 'optimizer.default=sgd(lr=nan)' 'unknown schedule "nan"'
    refuse_set 'tower query.layers=layer_norm(epsilon=0)' 'epsilon is "0", wanted'
}

@test "train: a model that is not finite, or has negative sums of squares, is neither taken nor written" {
    # state TABLE COLUMN ROW: a table of four rows, the third of them ROW.
    state() { printf '%s\n' "{\"table\": \"$1\", \"columns\": {\"$2\": \"f32[4]\"}}" "{\"frame\": \"$1\"}" '[[0, 0, 0, 0]]' '[[0, 0, 0, 0]]' "$3" '[[0, 0, 0, 0]]'; }
    finite='[[0, 1, 0, 2]]'
    value() { state param/embed/u value "$1"; }
    slot() { state slot/embed/u accumulator "$1"; }
    BEFORE=$(value '[[0, "nan", 0, 0]]') stream $examples | show --parse > "$T/in"
    refuse '/in: table "param/embed/u": row 2 has a number that is not finite'
    run -3 --separate-stderr embed --tower query -o "$T/out" "$T/in"
    complains 'table "param/embed/'
    BEFORE=$(value '[[0, 0, 0, "inf"]]') stream $examples | show --parse > "$T/in"
    refuse '/in: table "param/embed/u": row 2 has a number that is not finite'
    for row in '[[0, 0, -1, 0]]' '[[0, 0, 0, "nan"]]'; do
        BEFORE=$(value "$finite"; slot "$row") stream $examples | show --parse > "$T/in"
        refuse '/in: table "slot/embed/u", column "accumulator": row 2 has a number that is not finite, or negative'
        # As with --init.
        cp "$T/in" "$T/model"
        stream $examples | show --parse > "$T/in"
        run -3 --separate-stderr train --init "$T/model" -o "$T/out" "$T/in"
        complains '/model: table "slot/embed/u", column "accumulator": row 2 has a number that is not finite, or negative'
        [ ! -e "$T/out" ]
    done
    BEFORE=$(value "$finite"; slot "$finite") stream $examples | show --parse > "$T/in"
    train -o "$T/out" "$T/in"
    rm "$T/out"
    # Steps that lead out of what a float can hold, without any gradient.
    more=$(printf '{"frame": "batches"}\n[0, 0, 0, 0]\n%.0s' 1 2)
    AFTER=$more stream 0 0 0 | show --parse > "$T/in"
    run -3 --separate-stderr train --set 'optimizer.default=sgd(lr=1e6, decay=1e6)' --set 'feature u.init=constant(1e6)' \
        --set 'feature title.init=zeros()' --checkpoint "$T/checkpoint" -o "$T/out" "$T/in"
    complains '/in: after 3 steps: table "param/embed/u": row 3 has a number that is not finite'
    [ ! -e "$T/out" ]
    [ ! -e "$T/checkpoint" ]
}

@test "train: a model that is cut ends it" {
    stream $examples | show --parse > "$T/in"
    train "$T/in" > "$T/model"
    head -c 1000 "$T/model" > "$T/cut"
    run -3 --separate-stderr train --init "$T/cut" -o "$T/out" "$T/in"
    complains 'truncated'
    run -1 --separate-stderr train --init "$T/nowhere" -o "$T/out" "$T/in"
    [ ! -e "$T/out" ]
}

@test "a schedule without steps falls until the last epoch ends, by rows and by users" {
    printf '1 a b c\n2 b c\n3 a\n4 a b c d\n' | tokenize --query u --candidate i --format lists --set 'split.method=none()' \
        --set train.epochs=3 --set train.batch=3 | split | vocab > "$T/encoded"
    # params GROUP OPTIMISER
    params() { pipe "batch --set train.group=$1 '$T/encoded' | train --set 'optimizer.default=sgd(lr=$2)' | show --json --table param/embed/i | sed 1d"; }
    # 10 rows are 4 batches of 3, and 4 users 2 of them.
    for case in 'no 12' 'yes 6'; do
        read -r group steps <<< "$case"
        params "$group" 'linear(0.1, end=0.5)' > "$T/whole"
        params "$group" "linear(0.1, end=0.5, steps=$steps)" > "$T/given"
        params "$group" "linear(0.1, end=0.5, steps=$((steps + 1)))" > "$T/longer"
        cmp "$T/whole" "$T/given"
        run -1 cmp -s "$T/whole" "$T/longer"
    done
}
