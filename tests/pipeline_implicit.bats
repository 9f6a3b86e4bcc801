# pipelines/implicit.sh: from lists of what users took to an index and its figures, without an option.
load helpers
load quality

# lists SKIP: lines "user item item ...", of 240 users with 12 items each, most of them of one of four groups of 15, some by popularity. Of
# 12 items, those at SKIP of 4 are left out, or with SKIP=- kept alone.
lists() {
    awk -v skip="$1" 'function rnd() { x = (x * 16807) % 2147483647; return x / 2147483647 }
        BEGIN { x = 7
            for (u = 0; u < 240; u++) {
                line = "u" u; n = 0; split("", had)
                while (n < 12) {
                    i = rnd() < 0.8 ? u % 4 * 15 + int(15 * rnd() ^ 1.5) : int(60 * rnd() ^ 2)
                    if (i in had) continue
                    had[i] = 1
                    if ((n++ % 4 == 0) == (skip == "test")) line = line " i" i
                }
                print line } }'
}

@test "implicit.sh: an index that beats popularity, from two files" {
    lists train | sed 's/$/\r/' > "$T/train.txt"
    lists test > "$T/test.txt"
    cd "$T"
    run -0 --separate-stderr "$ROOT/pipelines/implicit.sh" train.txt test.txt
    [ -s implicit.index ]
    rank implicit.index --exclude seen | figures -k 20 > figures
    beats figures recall 20 excluded 1.3
    beats figures ndcg 20 excluded 1.5
    [[ "$output" == *"$(awk '$1 == "ndcg" { printf "%.4f", $4 }' figures)"* ]]
    [ "$(grep -c 'temperature .* own share .*: NDCG@20 0\.[1-9]' <<< "$stderr")" -eq 7 ]
    [[ "$stderr" == *'256 dimensions folded to 64: NDCG@20 0.'* ]]
    run -0 rank --index implicit.index --query u3 -k 5 --exclude seen
    [ "$(grep -c ' i\(4[5-9]\|5[0-9]\)' <<< "$output")" -ge 4 ]   # of the fourth group
}

@test "implicit.sh: users and items of the test file alone, duplicates, users who took nothing, and too little to put aside" {
    { lists train; echo 'u0 i0 i0 i0'; echo 'u1 i1'; echo 'u9999'; } > "$T/train.txt"
    { lists test; echo 'stranger i3 i4'; echo 'u2 never-taken i5 i5'; } > "$T/test.txt"
    run -0 --separate-stderr "$ROOT/pipelines/implicit.sh" "$T/train.txt" "$T/test.txt" "$T/out.index"
    says '241 queries'
    rank "$T/out.index" --exclude seen | figures -k 20 > "$T/figures"
    beats "$T/figures" recall 20 excluded 1.3
    printf 'a x y\nb y z\n' > "$T/train.txt"
    printf 'a z\n' > "$T/test.txt"
    run -0 --separate-stderr "$ROOT/pipelines/implicit.sh" "$T/train.txt" "$T/test.txt" "$T/out.index"
    says '1 rows, 1 queries, 3 candidates'
}

@test "implicit.sh: nothing to put aside, no trials; a trial that fails is a failure" {
    printf 'a x\nb y\n' > "$T/train.txt"
    printf 'a y\n' > "$T/test.txt"
    run -0 --separate-stderr "$ROOT/pipelines/implicit.sh" "$T/train.txt" "$T/test.txt" "$T/out.index"
    [[ "$stderr" != *'train: '* && "$stderr" != *'show: '* ]]
    rm "$T/out.index"
    lists train > "$T/train.txt"
    mkdir "$T/bin"
    for stage in tokenize split vocab batch fold embed index rank show evaluate; do ln -s "$(command -v $stage)" "$T/bin/$stage"; done
    printf '#!/bin/sh\ncat > /dev/null\necho "train: no room" >&2\nexit 1\n' > "$T/bin/train"
    chmod +x "$T/bin/train"
    PATH=$T/bin:$PATH run -1 --separate-stderr "$ROOT/pipelines/implicit.sh" "$T/train.txt" "$T/test.txt" "$T/out.index"
    [ "$(grep -c 'train: no room' <<< "$stderr")" -eq 1 ]
}

@test "implicit.sh: usage, a missing file, and nothing left behind" {
    run -2 --separate-stderr "$ROOT/pipelines/implicit.sh" only-one
    complains 'usage: implicit.sh TRAIN TEST [INDEX]'
    lists test > "$T/test.txt"
    run -3 --separate-stderr "$ROOT/pipelines/implicit.sh" "$T/none" "$T/test.txt" "$T/out.index"
    [[ "${stderr_lines[0]}" == "tokenize: open $T/none: No such file or directory" ]]
    [ ! -e "$T/out.index" ]
}
