# Little memory: a stage does its work within --memory and the documented constant, or ends with one line; it never waits for more.
load helpers

setup_file() {
    BUILD=${BUILD:-$BATS_TEST_DIRNAME/../build}
    PATH=$BUILD:$PATH
    cd "$BATS_TEST_DIRNAME/.." || return
    tokenize -c pipelines/movies.ini --set train.epochs=1 | split | vocab > "$BATS_FILE_TMPDIR/encoded"
    batch "$BATS_FILE_TMPDIR/encoded" > "$BATS_FILE_TMPDIR/batches"
    train "$BATS_FILE_TMPDIR/batches" > "$BATS_FILE_TMPDIR/trained"
    embed "$BATS_FILE_TMPDIR/trained" | index > "$BATS_FILE_TMPDIR/indexed"
}

# A library that is refused a buffer may ask again for ever, so every case has a limit to its time.
bounded() {
    for threads in 1 4 "${3-32}"; do
        run -0 --separate-stderr limited 120 "$1" --threads "$threads" --memory 16M -o "$T/out" "$BATS_FILE_TMPDIR/$2"
        [ -s "$T/out" ]
        rm "$T/out"
    done
}

@test "train in 16 MiB with any number of threads" {
    bounded train batches
}

@test "embed in 16 MiB with any number of threads" {
    bounded embed trained 128
}

@test "rank in 16 MiB with any number of threads" {
    bounded rank indexed
}

@test "index in 16 MiB with any number of threads" {
    embed "$BATS_FILE_TMPDIR/trained" > "$BATS_FILE_TMPDIR/embedded"
    bounded index embedded
    for threads in 1 8; do
        run -0 --separate-stderr limited 120 index --kind ivf --threads $threads --memory 16M -o "$T/out" "$BATS_FILE_TMPDIR/embedded"
    done
}

@test "evaluate in 16 MiB with any number of threads; a baseline that needs more is refused in one line" {
    rank "$BATS_FILE_TMPDIR/indexed" > "$BATS_FILE_TMPDIR/ranked"
    bounded evaluate ranked
    run -1 --separate-stderr limited 120 evaluate --baseline knn --threads 8 --memory 16M "$BATS_FILE_TMPDIR/ranked"
    complains 'candidates take 16 MiB, but half of --memory is 8 MiB'
}

@test "fold in 16 MiB; stacks of 128 threads are more, which is one line" {
    tokenize -c pipelines/movies.ini --table ratings --set "table ratings.path=$ROOT/data/movietweetings-10k/ratings.dat" \
        --set data.candidate=movie_id --set 'tower candidate.inputs=movie_id' --set train.epochs=1 | vocab | batch | train > "$BATS_FILE_TMPDIR/ids"
    for threads in 1 8; do
        run -0 --separate-stderr limited 120 fold --dim 8 --passes 1 --threads $threads --memory 16M -o "$T/out" "$BATS_FILE_TMPDIR/ids"
        [ -s "$T/out" ]
        rm "$T/out"
    done
    case $BUILD in *address* | *thread*) skip 'sanitizers have no limit of memory' ;; esac
    run -1 --separate-stderr limited 120 fold --threads 128 --memory 16M -o "$T/out" "$BATS_FILE_TMPDIR/ids"
    complains 'out of memory: --memory allows 16 MiB'
    absent "$T/out"
}

@test "no more threads than OpenBLAS has buffers" {
    for stage in train embed rank index evaluate fold score; do
        run -2 --separate-stderr $stage --threads 129 "$BATS_FILE_TMPDIR/batches"
        complains '129'
    done
}
