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

# A library that is refused a buffer may ask again for ever, so every case has a time limit.
bounded() {
    for threads in 1 4 "${3-32}"; do
        run -0 --separate-stderr timeout 60 "$1" --threads "$threads" --memory 16M -o "$T/out" "$BATS_FILE_TMPDIR/$2"
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
        run -0 --separate-stderr timeout 60 index --kind ivf --threads $threads --memory 16M -o "$T/out" "$BATS_FILE_TMPDIR/embedded"
    done
}

@test "evaluate and fold with many threads and little memory: done, or one line" {
    rank "$BATS_FILE_TMPDIR/indexed" > "$BATS_FILE_TMPDIR/ranked"
    run --separate-stderr timeout 120 evaluate --baseline knn --threads 8 --memory 16M "$BATS_FILE_TMPDIR/ranked"
    [[ $status -eq 0 || $status -eq 1 ]]
    run --separate-stderr timeout 120 fold --threads 8 --memory 16M -o "$T/out" "$BATS_FILE_TMPDIR/trained"
    [[ $status -eq 0 || $status -eq 1 || $status -eq 3 ]]
}

@test "no more threads than OpenBLAS has buffers" {
    for stage in train embed rank index evaluate fold score; do
        run -2 --separate-stderr $stage --threads 129 "$BATS_FILE_TMPDIR/batches"
        complains '129'
    done
}
