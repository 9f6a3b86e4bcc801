# Outputs: a file appears under its name whole or not at all, whoever else writes, and whatever ends the process.
load helpers

setup() {
    show --parse "$BATS_TEST_DIRNAME/fixtures/small.jsonl" > "$T/small.mp"
}

# A stage that has read half of its input, and waits.
half() {
    mkfifo "$T/in"
    # Bash starts background jobs deaf to INT.
    env --default-signal=INT show --json -o "$1" "$T/in" 2> "$T/err" &
    process=$!
    exec 7> "$T/in"
    head -c 300 "$T/small.mp" >&7
    has_begun() { compgen -G "$1.tmp-*" > /dev/null; }
    awaits has_begun "$1"
}

@test "two processes that write one file: each is whole, the last wins" {
    half "$T/out"
    show -o "$T/out" "$T/small.mp"
    run -0 cmp "$T/out" <(show "$T/small.mp")
    tail -c +301 "$T/small.mp" >&7
    exec 7>&-
    wait "$process" || { cat "$T/err"; return 1; }
    run -0 cmp "$T/out" <(show --json "$T/small.mp")
    run -1 compgen -G "$T/out.tmp*"
}

@test "a temporary name takes nobody's file" {
    echo mine > "$T/out.tmp"
    show --json -o "$T/out" "$T/small.mp"
    [ "$(cat "$T/out.tmp")" = mine ]
}

@test "a signal leaves no temporary file, and ends the process as ever" {
    for signal in TERM INT HUP; do
        rm -f "$T/in"
        half "$T/out.$signal"
        kill "-$signal" "$process"
        code=0
        wait "$process" || code=$?
        exec 7>&-
        [ "$code" -eq $((128 + $(kill -l "$signal"))) ]
        absent "$T/out.$signal"
    done
}

@test "a mapped file that is cut while many threads use it: one line, and no temporary file" {
    awk 'BEGIN { print 20000, 8; for (i = 0; i < 20000; i++) print "w" i, i % 7, i % 11, i % 13, i % 17, i % 19, i % 23, i % 29, i % 31 }' > "$T/items.txt"
    index --from "$T/items.txt" --kind flat -o "$T/whole"
    mkfifo "$T/queries.npy"
    for _ in 1 2 3 4 5; do
        cp "$T/whole" "$T/index"
        rank --index "$T/index" --vectors "$T/queries.npy" --threads 32 -o "$T/out" 2> "$T/err" &
        process=$!
        exec 7> "$T/queries.npy"  # it is mapped now
        : > "$T/index"
        { printf '\x93NUMPY\1\0v\0%-117s\n' "{'descr': '<f4', 'fortran_order': False, 'shape': (64, 8)}"; printf '%02048d' 0; } >&7
        exec 7>&-
        code=0
        wait "$process" || code=$?
        [ "$code" -eq 1 ]
        [ "$(cat "$T/err")" = 'rank: a mapped file was cut short while it was in use' ]
        absent "$T/out"
    done
}

@test "a symbolic link stays, and its file is replaced; so with one that leads to nothing yet" {
    mkdir "$T/d"
    ln -s d/file "$T/link"
    ln -s link "$T/link2"
    for text in none some; do
        show --json -o "$T/link2" "$T/small.mp"
        [ -L "$T/link" ] && [ -L "$T/link2" ] && [ -s "$T/d/file" ] && [ ! -L "$T/d/file" ]
    done
    run -1 compgen -G "$T/d/file.tmp*"
    ln -s loop "$T/loop"
    run -1 --separate-stderr show --json -o "$T/loop" "$T/small.mp"
    complains "create $T/loop: Too many levels of symbolic links"
}

@test "the mode is what umask leaves" {
    (umask 027; show --json -o "$T/out" "$T/small.mp")
    [ "$(stat -c %a "$T/out")" = 640 ]
}

@test "a pipe and a device are written in place" {
    mkfifo "$T/pipe"
    show --json -o "$T/pipe" "$T/small.mp" &
    run -0 cmp "$T/pipe" <(show --json "$T/small.mp")
    wait
    [ -p "$T/pipe" ]
    show --json -o /dev/stdout "$T/small.mp" | cmp - <(show --json "$T/small.mp")
    run -1 --separate-stderr show --json -o /dev/full "$T/small.mp"
    complains 'write /dev/full: No space left on device'
}

@test "no name is no file" {
    run -2 --separate-stderr show -o '' "$T/small.mp"
    complains "--output: wanted the name of a file"
}

@test "train refuses a log or a checkpoint that would take another file's place" {
    cp "$T/small.mp" "$T/in"
    ln -s in "$T/link"
    for files in "--log $T/in|the input" "--log $T/link|the input" "--log $T/out|--output" "--log $T/./out|--output" \
        "--checkpoint $T/c --log $T/c|--checkpoint" "--init $T/i --log $T/i|--init" "--resume $T/r --log $T/r|--resume" \
        "--checkpoint $T/out|--output" "--checkpoint $T/in|the input" "--gradients $T/g --log $T/g|--gradients"; do
        run -2 --separate-stderr train ${files%|*} -o "$T/out" "$T/in"
        complains "the same file as ${files#*|}; try 'train --help'"
    done
    run -2 --separate-stderr bash -c "train --log '$T/in' -o '$T/out' < '$T/in'"
    complains 'the same file as the input'
    run -2 --separate-stderr bash -c "train --log '$T/out' '$T/in' > '$T/out'"
    cmp "$T/in" "$T/small.mp"
    for name in '' -; do
        run -2 --separate-stderr train --checkpoint "$name" -o "$T/out" "$T/in"
        complains "--checkpoint \"$name\": wanted the name of a file"
    done
}
