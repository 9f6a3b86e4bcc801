# Every stage against its Python twin in tests/foreign/, on random projects of the kinds that `tests/foreign/generate` lists. Both get
# the same input, made by the C stages before; both must write the same tables, or both must refuse with exit code 3.
# ORACLE_SEEDS="1 2 3 ..." looks at more projects.
load helpers

setup_file() {
    export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1
}

setup() {
    FOREIGN=$ROOT/tests/foreign
    /usr/bin/python3 -c 'import msgpack, numpy' 2> /dev/null || skip "needs python3-msgpack and python3-numpy"
}

# Numbers may differ by so much x (1 + |number|), and the reason:
tolerance() {
    case $1 in
    train) echo 2e-4 ;;        # C sums in float32 over distinct rows, the twin in double over all; Adagrad's first steps magnify that
    embed | rank) echo 2e-6 ;; # dot products and lengths in float32
    evaluate) echo 1e-7 ;;     # an interval is the root of a difference of sums: the root of 1e-16
    *) echo 0 ;;               # no arithmetic: the same bytes in every row
    esac
}

# Runs a stage and its twin on one input: both results in $T/STAGE.c and $T/STAGE.py. Fails if they differ; returns 3 if both refuse.
both() {
    local stage=$1 input=$2 c=0 python=0
    shift 2
    [ "$stage" != tokenize ] || set -- -c completed.ini
    "$BUILD/$stage" "$@" < "$input" > "$T/$stage.c" 2> "$T/c.err" || c=$?
    "$FOREIGN/$stage" "$@" < "$input" > "$T/$stage.py" 2> "$T/python.err" || python=$?
    [ "$c" -eq "$python" ] || { echo "$stage ended with $c, its twin with $python"; cat "$T/c.err" "$T/python.err"; return 1; }
    [ "$c" -eq 0 ] || return "$c"
    "$FOREIGN/compare" "$T/$stage.c" "$T/$stage.py" "$(tolerance "$stage")"
}

project() {
    "$FOREIGN/generate" "$1" "$2" "$T/data"
    cd "$T/data" || return 1
    echo "kind $1, seed $2:"
    cat data.ini
    "$BUILD/tokenize" -c data.ini | "$BUILD/show" --config > completed.ini  # the twins know no defaults
}

# oracle KIND [STAGE]: all stages on projects of one kind. Only STAGE may refuse them, and then both programs do, and the rest has no
# input. REACHED is the last stage.
oracle() {
    local seed input status
    for seed in ${ORACLE_SEEDS:-1}; do
        project "$1" "$seed"
        input=/dev/null status=0
        for REACHED in tokenize split vocab batch train embed index; do
            both "$REACHED" "$input" || status=$?
            [ "$status" -eq 0 ] || break
            input=$T/$REACHED.c
        done
        if [ "$status" -eq 3 ]; then
            [ "$REACHED" = "${2-}" ] || { echo "both refuse in $REACHED"; cat "$T/c.err"; return 1; }
            continue
        fi
        [ "$status" -eq 0 ]
        for options in "" "-k 3" "--exclude seen"; do
            both rank "$input" $options
            both evaluate "$T/rank.c" --stream
            both evaluate "$T/rank.c" --stream --baseline knn
        done
        REACHED=evaluate
    done
}

@test "the kinds of projects below are those of generate" {
    [ "$("$FOREIGN/generate")" = "$(grep -o '^    oracle [a-z_]*' "$BATS_TEST_FILENAME" | cut -d' ' -f6 | tr '\n' ' ' | sed 's/ $//')" ]
}

@test "oracle: plain projects" {
    oracle plain
}

@test "oracle: the same rows again and again" {
    oracle duplicates
}

@test "oracle: candidates with equal vectors tie" {
    oracle ties
}

@test "oracle: ids in any script, with quotes, spaces and of any length" {
    oracle unicode
}

@test "oracle: every format of text, in UTF-8 and Latin-1" {
    oracle formats
}

@test "oracle: whole numbers are looked up by their decimals" {
    oracle whole_numbers
}

@test "oracle: no interactions at all are refused by split" {
    oracle empty split
    [ "$REACHED" = split ]
}

@test "oracle: a single interaction" {
    oracle one_row
}

@test "oracle: a single candidate" {
    oracle one_candidate
}

@test "oracle: a query that has seen every candidate" {
    oracle everything_seen
}

@test "oracle: candidates that nobody took" {
    oracle cold_candidates
}

@test "oracle: several ids for unknown terms, by fingerprint" {
    oracle several_oov
}

@test "oracle: rare terms are dropped" {
    oracle min_count
}

@test "oracle: empty texts are masked; several inputs, one column read twice" {
    oracle mask
}

@test "oracle: one feature that both towers read" {
    oracle shared
}

@test "oracle: no id for unknown terms" {
    oracle no_oov vocab
}

@test "oracle: compat = tfrs" {
    oracle tfrs
}

@test "oracle: sample weights" {
    oracle weights
}

@test "oracle: SGD, momentum, and no layers" {
    oracle sgd
}

@test "oracle: batches in the order of the rows" {
    oracle unshuffled
}
