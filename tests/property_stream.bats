# What holds for every stream: lines and bytes are the same thing, streams add up, and how rows are grouped means nothing.
load helpers

# some_lines SEED: a stream of random rows, as lines: three tables whose frames alternate.
some_lines() {
    awk -v seed="$1" 'function number() { return int(rand() * 2000) - 1000 }
        function list(n,  i, s) { for (i = 0; i < n; i++) s = s (i ? ", " : "") int(rand() * 100000); return "[" s "]" }
        function text(n,  i, s) { for (i = 0; i < n; i++) s = s letters[1 + int(rand() * 10)]; return "\"" s "\"" }
        BEGIN { srand(seed); split("a b c é 日 🎬 \\\\ \\\" \\n \\u0000", letters, " ")
            print "{\"millrace\": 1, \"config\": \"\", \"history\": []}"
            print "{\"table\": \"a\", \"columns\": {\"s\": \"str\", \"x\": \"f64\", \"l\": \"u32*\"}}"
            print "{\"table\": \"b\", \"columns\": {\"v\": \"f32[2]\", \"t\": \"str*\"}}"
            print "{\"table\": \"c\", \"columns\": {\"n\": \"u64\"}}"
            for (frame = 0; frame < 30; frame++) {
                kind = int(rand() * 2)
                print "{\"frame\": \"" (kind ? "a" : "b") "\"}"
                for (rows = int(rand() * 20) + 1; rows > 0; rows--) {
                    if (kind) print "[" text(int(rand() * 12)) ", " number() / 8 ", " list(int(rand() * 5)) "]"
                    else print "[[" number() ", " number() "], [" text(3) (rand() < 0.5 ? ", " text(9) : "") "]]"
                }
            }
            print "{\"end\": {}}" }'
}

rows_of() { show --json | grep '^\[' ; }

@test "lines and back: the same bytes, for many streams" {
    for seed in $(seq 20); do
        some_lines "$seed" | show --parse > "$T/a.mp"
        show --json "$T/a.mp" | show --parse | cmp - "$T/a.mp"
    done
    for fixture in "$BATS_TEST_DIRNAME"/fixtures/*.jsonl; do
        show --parse "$fixture" > "$T/a.mp"
        show --json "$T/a.mp" | show --parse | cmp - "$T/a.mp"
    done
}

@test "lines and back: the same lines" {
    for seed in $(seq 5); do
        some_lines "$seed" | show --parse | show --json > "$T/lines"
        show --parse "$T/lines" | show --json | cmp - "$T/lines"
    done
}

@test "parsing the same lines gives the same bytes" {
    some_lines 3 > "$T/lines"
    cmp <(show --parse "$T/lines") <(show --parse < "$T/lines")
}

@test "streams that are concatenated have the rows of both, in order" {
    some_lines 1 | show --parse > "$T/a.mp"
    some_lines 2 | show --parse > "$T/b.mp"
    cmp <(cat "$T/a.mp" "$T/b.mp" | rows_of) <(rows_of < "$T/a.mp"; rows_of < "$T/b.mp")
    cat "$T/a.mp" "$T/b.mp" "$T/a.mp" > "$T/c.mp"
    run -0 show --json "$T/c.mp"
    [ "$(grep -c '"millrace"' <<< "$output")" -eq 1 ]
    show --json "$T/c.mp" | show --parse | cmp <(show --json) <(show --json "$T/c.mp")
}

@test "streams that are concatenated may have different tables" {
    printf '%s\n' '{"millrace": 1}' '{"table": "t", "columns": {"n": "u8"}}' '{"table": "u", "columns": {"n": "u8"}}' '{"frame": "t"}' '[1]' '{"end": {}}' | show --parse > "$T/a.mp"
    printf '%s\n' '{"millrace": 1}' '{"table": "w", "columns": {"n": "u8"}}' '{"table": "t", "columns": {"n": "u8"}}' '{"frame": "w"}' '[7]' '{"frame": "t"}' '[2]' '{"end": {}}' | show --parse > "$T/b.mp"
    run -0 bash -o pipefail -c "cat '$T/a.mp' '$T/b.mp' | show --json"
    [ "${lines[-1]}" = '{"end": {"t": 2, "u": 0, "w": 1}}' ]
}

@test "rows that are grouped otherwise are the same rows" {
    some_lines 7 > "$T/lines"
    # Every frame is broken into single rows.
    awk '/^{"frame"/ { frame = $0; next } /^\[/ { print frame } { print }' "$T/lines" > "$T/single"
    cmp <(show --parse "$T/lines" | rows_of) <(show --parse "$T/single" | rows_of)
    [ "$(show --parse "$T/single" | show --json | grep -c '^{"frame"')" -eq "$(grep -c '^\[' "$T/lines")" ]
    cmp <(show --parse "$T/lines" | show --head 1000) <(show --parse "$T/single" | show --head 1000)
}

@test "a pipe that gives one byte at a time changes nothing" {
    show --parse "$BATS_TEST_DIRNAME/fixtures/small.jsonl" > "$T/a.mp"
    cmp <(dd if="$T/a.mp" bs=1 status=none | show --json) <(show --json "$T/a.mp")
}

@test "large columns pass through pipes of any size" {
    # 3 million numbers: several windows, buffers that grow, and writes that bypass the buffer.
    awk 'BEGIN { print "{\"millrace\": 1, \"config\": \"\", \"history\": []}"; print "{\"table\": \"t\", \"columns\": {\"n\": \"u32\", \"s\": \"str\"}}"
        print "{\"frame\": \"t\"}"; for (i = 0; i < 300000; i++) print "[" i ", \"" i "\"]"; print "{\"end\": {}}" }' > "$T/lines"
    show --parse "$T/lines" > "$T/a.mp"
    cmp <(dd if="$T/a.mp" bs=4096 status=none | show --json) <(sed 's/^{"frame": "t"}/{"frame": "t", "rows": 300000}/; s/^{"end": {}}/{"end": {"t": 300000}}/' "$T/lines")
}
