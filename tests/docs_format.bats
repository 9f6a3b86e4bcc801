# The dump in FORMAT.md is what the program writes.
load helpers

FORMAT=$ROOT/common/stream/FORMAT.md

# Lines of section 4 that begin with the pattern after their indent.
section_4() { sed -n '/^## 4/,/^## 5/p' "$FORMAT" | sed -n "s/^    \($1\)/\1/p"; }

# The dump as "offset byte" lines; "00 * 28" is 28 bytes.
dump() {
    section_4 '[0-9a-f]\{4\}  ' | cut -c 1-4,5-52 | awk '{ at = $1
        if ($3 == "*") for (i = 0; i < $4; i++) print at, $2
        else for (i = 2; i <= NF; i++) print at, $i }'
}

@test "FORMAT.md: the lines are the bytes of the dump" {
    section_4 '[[{]' > "$T/lines"
    [ "$(wc -l < "$T/lines")" -eq 6 ]
    show --parse "$T/lines" | od -An -v -tx1 | tr -s ' ' '\n' | grep . > "$T/found"
    dump | cut -d ' ' -f 2 | diff - "$T/found"
}

@test "FORMAT.md: the offsets of the dump are right" {
    section_4 '[0-9a-f]\{4\}  ' | cut -c 1-4 > "$T/offsets"
    dump | awk '$1 "" != last "" { printf "%04x\n", NR - 1 } { last = $1 }' | diff "$T/offsets" -
}

@test "FORMAT.md: the lines are what show --json prints" {
    section_4 '[[{]' > "$T/lines"
    show --parse "$T/lines" | show --json | diff "$T/lines" -
}

@test "FORMAT.md: columns are aligned in the stream, and an empty filler is read as well" {
    section_4 '[[{]' | show --parse > "$T/a.mp"
    run -0 bash -o pipefail -c "{ head -c 96 '$T/a.mp'; printf '\xc4\x00\xc4\x0c\x00\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00\xc4\x00\xc4\x03abc\xc4\x00\xc4\x08\x00\x00\x80\x3f\x00\x00\x00\xc0\x82\xa3end\x81\xa1t\x02\xa8checksum\xc0'; } | show --json"
    [ "$output" = "$(show --json "$T/a.mp")" ]
}
