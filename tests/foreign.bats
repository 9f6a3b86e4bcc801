# Any stage can be another program: the pipe, with each stage in turn replaced by its Python twin in tests/foreign/ (msgpack and numpy, written
# from common/stream/FORMAT.md alone), and with all of them replaced. On real data: 4,000 ratings of movietweetings-10k.
load helpers

STAGES=(tokenize split vocab batch train embed index rank evaluate)

setup_file() {
    # numpy's threads only get into each other's way here
    export PYTHONDONTWRITEBYTECODE=1 OPENBLAS_NUM_THREADS=1 C="$BATS_FILE_TMPDIR"
    /usr/bin/python3 -c 'import msgpack, numpy' 2> /dev/null || return 0
    cd "$C"
    head -n 4000 "$ROOT/data/movietweetings-10k/ratings.dat" > ratings.dat
    cat > movies.ini << END
[table ratings]
path = $C/ratings.dat
format = dat
columns = user_id, movie_id, rating:f32, timestamp:time
[table movies]
path = $ROOT/data/movietweetings-10k/movies.dat
format = dat
columns = movie_id, movie_title, genres:list(|)
key = movie_id
[data]
interactions = ratings
query = user_id
candidate = movie_id -> movies
[tower query]
inputs = user_id
[tower candidate]
inputs = movie_title
[train]
epochs = 3
batch = 512
END
    "$BUILD/tokenize" -c movies.ini | "$BUILD/show" --config > completed.ini
    pipe "$(pipeline)"
}

setup() {
    FOREIGN=$ROOT/tests/foreign
    /usr/bin/python3 -c 'import msgpack, numpy' 2> /dev/null || skip "needs python3-msgpack and python3-numpy"
}

# The pipe as one command, its streams kept under the names of the stages. Arguments: which stages are Python.
pipeline() {
    local stage program command=
    for stage in "${STAGES[@]}"; do
        program="'$BUILD/$stage'"
        [[ " $* " != *" $stage "* ]] || program="'$ROOT/tests/foreign/$stage'"
        case $stage in
        tokenize) program+=" -c completed.ini" ;;
        evaluate) program+=" --stream" ;;
        esac
        command+="${command:+ | }$program | tee $stage.mp"
    done
    echo "$command > /dev/null"
}

# Runs the pipe with some stages in Python, and compares their streams and the last one with those of the C pipe.
#
# Tokenizing, splitting, counting and batching have one right answer each: no tolerance. From training on, float32 sums in another order
# give other last bits, which Adagrad's first steps (the gradient over its own size) carry into the parameters: 2e-4 of (1 + |number|) then.
# In `metrics` a ranking's near ties may fall the other way: one event in a thousand is 1e-3.
swap() {
    local stage tolerance=0
    cd "$T"
    ln -sf "$C/completed.ini" .
    run -0 pipe "$(pipeline "$@")"
    for stage in "${STAGES[@]}"; do
        case $stage in train) tolerance=2e-4 ;; evaluate) tolerance=2e-3 ;; esac
        [[ " $* evaluate " != *" $stage "* ]] || "$FOREIGN/compare" "$C/$stage.mp" "$stage.mp" "$tolerance"
    done
}

@test "tokenize in Python" {
    swap tokenize
}

@test "split in Python" {
    swap split
}

@test "vocab in Python" {
    swap vocab
}

@test "batch in Python" {
    swap batch
}

@test "train in Python" {
    swap train
}

@test "embed in Python" {
    swap embed
}

@test "index in Python" {
    swap index
}

@test "rank in Python" {
    swap rank
}

@test "evaluate in Python" {
    swap evaluate
}

# EASE's scores are float32 in C and double in the twin, rounded in both so that ties are ties.
@test "baselines of evaluate in Python" {
    cd "$C"
    "$BUILD/evaluate" --stream --baseline knn,ease rank.mp > "$T/c.mp"
    "$FOREIGN/evaluate" --stream --baseline knn,ease < rank.mp > "$T/python.mp"
    "$FOREIGN/compare" "$T/c.mp" "$T/python.mp" 1e-7
    "$BUILD/evaluate" --stream --baseline knn rank.mp > "$T/c.mp"
    "$FOREIGN/evaluate" --stream --baseline knn < rank.mp > "$T/python.mp"
    "$FOREIGN/compare" "$T/c.mp" "$T/python.mp" 1e-7
}

# Vectors of a fold are one of many bases for the same scores, so rankings are compared: after as many passes as the twin's exact SVD
# needs to be met to float32.
@test "fold in Python: the same rankings" {
    cd "$T"
    head -n 800 "$C/ratings.dat" > ratings.dat
    sed "s|^path = .*/ratings.dat|path = $T/ratings.dat|; s/^inputs = movie_title/inputs = movie_id/" "$C/movies.ini" > fold.ini
    "$BUILD/tokenize" -c fold.ini | "$BUILD/split" | "$BUILD/vocab" | "$BUILD/batch" | "$BUILD/train" > train.mp
    for options in '--dim 8' '--dim 5 --ease 0 --power 0' '--dim 3 --ease 1 --lambda 20 --power 0.5'; do
        "$BUILD/fold" $options --passes 100 train.mp | "$BUILD/embed" | "$BUILD/index" | "$BUILD/rank" > c.mp
        "$FOREIGN/fold" $options < train.mp | "$BUILD/embed" | "$BUILD/index" | "$BUILD/rank" > python.mp
        "$FOREIGN/compare" c.mp python.mp 1e-3
    done
}

@test "score in Python: the same predictions" {
    cd "$T"
    sed "s|^path = .*/ratings.dat|path = $C/ratings.dat|; s/^interactions = .*/&\nlabel = rating/" "$C/movies.ini" > rated.ini
    printf '%s\n' '[feature hour]' 'encode = clock(hour, from=timestamp)' '[head first]' 'inputs = user_id, movie_title' 'layers = dense(8, relu), dense(1)' '[head rating]' \
        'inputs = first, query, hour' 'layers = dense(4, activation=tanh), dense(2), mix(0.25, 2)' '[task rating]' 'kind = regression(rating)' \
        '[task first]' 'kind = regression(first)' >> rated.ini
    "$BUILD/tokenize" -c rated.ini | "$BUILD/split" | "$BUILD/vocab" | "$BUILD/batch" | "$BUILD/train" > train.mp
    "$BUILD/score" train.mp > c.mp
    "$FOREIGN/score" < train.mp > python.mp
    "$FOREIGN/compare" c.mp python.mp 1e-5
}

@test "every other stage in Python, either way" {
    swap tokenize vocab train index evaluate
    swap split batch embed rank
}

@test "all nine in Python" {
    swap "${STAGES[@]}"
}

@test "show prints the rows of a Python stream as those of the C one, byte for byte" {
    rows() {
        "$BUILD/show" --json "$1" | grep '^\['
    }
    cd "$C"
    "$FOREIGN/tokenize" -c completed.ini | tee "$T/tokenize" | "$FOREIGN/split" | tee "$T/split" | "$FOREIGN/vocab" | tee "$T/vocab" |
        "$FOREIGN/batch" > "$T/batch"
    for stage in tokenize split vocab batch; do
        rows "$T/$stage" > "$T/rows"
        cmp "$T/rows" <(rows "$stage.mp")
    done
}

@test "streams concatenate, whichever program wrote them" {
    cd "$T"
    "$FOREIGN/tokenize" -c "$C/completed.ini" > python.mp
    cat "$C/tokenize.mp" python.mp > both.mp
    run -0 "$BUILD/show" both.mp
    says ' 8000 '
    "$FOREIGN/split" < both.mp > python.split
    "$BUILD/split" < both.mp > c.split
    "$FOREIGN/compare" c.split python.split
}

@test "the twin refuses a stream that is cut anywhere" {
    cd "$T"
    "$BUILD/split" --set 'split.method=none()' < "$C/tokenize.mp" > whole.mp
    size=$(stat -c %s whole.mp)
    for cut in 0 1 $((size / 3)) $((size / 2)) $((size - 1)); do
        head -c "$cut" whole.mp > cut.mp
        run -3 --separate-stderr "$FOREIGN/split" < cut.mp
        complains "split: "
    done
}

@test "the oracle's loss, gradients and hash are the real library's" {
    run -0 "$FOREIGN/golden" "$ROOT/tests/golden"
    [ "$output" = "7 cases of the loss, 16 of the hash" ]
}
