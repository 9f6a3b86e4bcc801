# index: what it takes out and writes, what it refuses, and how it says so.
load helpers

# embedded [SED EXPRESSION ...]: the fixture, changed, as a stream.
embedded() {
    sed "$@" "$BATS_TEST_DIRNAME/fixtures/embedded.lines" | show --parse
}

refuses() {
    run "-$1" --separate-stderr index -o "$T/no.mp" "${@:3}"
    complains "$2"
    [ -z "$output" ]
    absent "$T/no.mp"
}

setup() {
    embedded -e '' > "$T/embedded.mp"
}

@test "--help and --version" {
    run -0 --separate-stderr index --help
    says "usage: index [--kind KIND]"
    says "auto        flat below 20,000 rows or for a recall of 1, else ivf"
    says "flat        every vector is compared; exact"
    says "ivf         the rows of the nearest leaves are compared; not exact"
    [ -z "$stderr" ]
    run -0 index --version
    says "index (millrace) "
}

@test "usage errors" {
    refuses 2 '--kind "flt": no such kind of index, did you mean "flat"' --kind flt
    refuses 2 '--name "a/b": wanted 1 to 127 bytes without a slash' --name a/b
    refuses 2 '--name "": wanted' --name ''
    refuses 2 'unknown option "--tabel", did you mean --table' --tabel m
    refuses 2 'unexpected operand "b"' a b
    refuses 2 '--kind, --metric, --recall: an index that is changed keeps its own' --add a --recall 0.9 b
    refuses 2 '--kind, --metric, --recall: an index that is changed keeps its own' --delete a --kind ivf b
    refuses 2 '--name: an index that is changed keeps its own' --delete a --name candidate b
    refuses 2 '--check: looks at every index of the file, whatever its --name and --table' --check --name candidate b
    refuses 2 '--queries: not with --from' --from a --queries b
    refuses 2 '--duplicates: only with --add or --from' --duplicates first a
}

@test "vectors become a table of their own, and everything else goes on" {
    index "$T/embedded.mp" > "$T/index.mp"
    run -0 show --json --table index/candidate "$T/index.mp"
    says '{"table": "index/candidate", "columns": {"vector": "f32[2]"}}'
    [ "$(grep -c '^\[' <<< "$output")" = 5 ]
    says '[[-1, -1]]'
    run -0 show --json --table index "$T/index.mp"
    says '["candidate", "flat", "m", "inner", 2, 5]'
    run -0 show --json --table m "$T/index.mp"
    says '"feature/title": "u32"}}'
    says '["a", "Alpha", ["x"], 1, 1]'
    for table in vocab/u queries seen r r.test param/embed/u slot/embed/u; do
        diff <(show --json --table $table "$T/embedded.mp" | grep '^\[') <(show --json --table $table "$T/index.mp" | grep '^\[')
    done
}

@test "vectors lie aligned in the file" {
    index --kind flat "$T/embedded.mp" > "$T/index.mp"
    # A bin of 24 bytes: 1 0, 0 1, 1 1 as floats.
    at=$(LC_ALL=C grep -obUaP '\xc4\x18\x00\x00\x80\x3f\x00{7}' "$T/index.mp" | cut -d: -f1)
    [ $(((at + 2) % 64)) -eq 0 ]
}

@test "a flat index has its vectors as bytes too" {
    index "$T/embedded.mp" > "$T/index.mp"
    run -0 show --json --table index/candidate/codes "$T/index.mp"
    says '{"table": "index/candidate/codes", "columns": {"code": "u8[64]", "scale": "f32[16]", "error": "f32[2]"}}'
    # Vectors 1 0, 0 1, 1 1, 1 0, -1 -1: each number is 127 scales of 1/127, or none.
    says '[[255, 128, 128, 128, 128, 255, 128, 128, 255, 255, 128, 128, 255, 128, 128, 128, 1, 1, 128, 128, 128, '
    says '128], [0.00787401572, 0.00787401572, 0.00787401572, 0.00787401572, 0.00787401572, 0, 0, '
    [ "$(grep -c '^\[' <<< "$output")" = 1 ]
}

# catalogue N: the fixture with N films, whose vectors lie on a spiral.
catalogue() {
    awk -v n="$1" '/^\["[a-e]", "/ { if (!done) for (i = 0; i < n; i++) printf "[\"f%d\", \"Film\", [], 0, 0, [%g, %g]]\n", i, cos(i) * (1 + i % 97), sin(i) * (1 + i % 97); done = 1; next } 1' \
        "$BATS_TEST_DIRNAME/fixtures/embedded.lines" | show --parse
}

@test "--kind ivf: leaves, codes in their order, and the recall they give" {
    catalogue 2000 > "$T/films.mp"
    index --kind ivf "$T/films.mp" > "$T/ivf.mp"
    run -0 show "$T/ivf.mp"
    says 'vector u8[6], scale f32'
    says 'code u8[64], scale f32[16], row u32[16]'
    says 'centre f32[2], first u32, rows u32'
    run -0 show --json --table index "$T/ivf.mp"
    says '["candidate", "ivf", "m", "inner", 2, 2000]'
    run -0 show --json --table index/candidate/asked "$T/ivf.mp"
    says '[0.98999999999999999]'
    run -0 show --head 99 --table index/candidate/curve "$T/ivf.mp"
    [[ "$(grep -E '^ *10 ' <<< "$output" | tail -1)" =~ \ (1|0\.99[0-9]*)$ ]]
    # Every row stands in one slot.
    show --json --table index/candidate/codes "$T/ivf.mp" | grep '^\[' | sed 's/.*\[//; s/\].*//; s/, /\n/g' | grep -vx 4294967295 | sort -n > "$T/rows"
    diff "$T/rows" <(seq 0 1999)
    index --kind flat "$T/films.mp" > "$T/flat.mp"
    for who in ann bob eve; do
        diff <(rank --index "$T/flat.mp" --query $who -k 20) <(rank --index "$T/ivf.mp" --query $who -k 20 --recall 1)
    done
}

@test "--recall: kept in the index, and auto chooses the kind by it and by the rows" {
    catalogue 20000 > "$T/films.mp"
    run -0 --separate-stderr index -v -o "$T/i.mp" "$T/films.mp"
    complains 'kind=ivf rows=20000'
    run -0 --separate-stderr index -v --recall 1 -o "$T/i.mp" "$T/films.mp"
    complains 'kind=flat rows=20000'
    catalogue 19999 > "$T/fewer.mp"
    run -0 --separate-stderr index -v --recall 0.8 -o "$T/i.mp" "$T/fewer.mp"
    complains 'kind=flat rows=19999'
    index --recall 0.8 --seed 7 --threads 1 "$T/films.mp" > "$T/one.mp"
    index --recall 0.8 --seed 7 --threads 2 "$T/films.mp" > "$T/two.mp"
    diff <(show --json --table index/candidate/codes "$T/one.mp" | tail -n +2) <(show --json --table index/candidate/codes "$T/two.mp" | tail -n +2)
    run -0 show --json --table index/candidate/asked "$T/one.mp"
    says '[0.80000000000000004]'
    refuses 2 '--recall "1.5": wanted' --recall 1.5
    run -2 --separate-stderr rank --recall 2 "$T/one.mp"
    complains '--recall "2": wanted'
}

@test "--recall 1 is exact, whatever the sample found" {
    # Of rows that stand there twelve times, the ten nearest to one are in its leaf; those nearest to a query are not.
    python3 -c 'import random, struct
random.seed(3)
for name, n, copies in ("rows", 300, 12), ("queries", 50, 1):
    with open("'"$T"'/" + name + ".fvecs", "wb") as file:
        for i in range(n):
            file.write(struct.pack("<I24f", 24, *[random.gauss(0, 1) for d in range(24)]) * copies)'
    for metric in inner cosine l2; do
        index --from "$T/rows.fvecs" --metric $metric --kind ivf --recall 0.5 -o "$T/ivf.index"
        index --from "$T/rows.fvecs" --metric $metric --kind flat -o "$T/flat.index"
        keys() { rank --index "$T/$1.index" --vectors "$T/queries.fvecs" -k 10 "${@:2}" | cut -d, -f1-3; }
        diff <(keys flat) <(keys ivf --recall 1)
        run ! diff <(keys flat) <(keys ivf)
    done
}

@test "--metric: cosine and l2, and a list by each" {
    index --metric l2 "$T/embedded.mp" > "$T/l2.mp"
    run -0 show --json --table index "$T/l2.mp"
    says '["candidate", "flat", "m", "l2", 2, 5]'
    run -0 show --head 9 --table index/candidate/metric "$T/l2.mp"
    says weight
    # Of ann, 2 1, the nearest are c, 1 1, then a and d, 1 0, by distances of 1 and 2.
    run -0 rank --index "$T/l2.mp" --query ann -k 3 --csv
    says 'ann,1,c,-1'
    says 'ann,2,a,-2'
    says 'ann,3,d,-2'
    index --metric cosine "$T/embedded.mp" > "$T/cosine.mp"
    run -0 rank --index "$T/cosine.mp" --query ann -k 2 --csv
    says 'ann,1,c,0.948'
    says 'ann,2,a,0.894'
    refuses 2 '--metric "dot": wanted inner, cosine or l2' --metric dot
    show --json "$T/l2.mp" | sed '/^{"frame": "index\/candidate\/metric"/,/^\[/d; s/^{"end".*/{"end": {}}/' | show --parse > "$T/none.mp"
    run -3 --separate-stderr rank --index "$T/none.mp" --query ann
    complains 'index "candidate": wanted one weight of distances above 0'
}

@test "--memory: vectors go to a temporary file, and the index is the same" {
    catalogue 20000 > "$T/films.mp"
    index --recall 0.9 "$T/films.mp" > "$T/one.mp"
    index --recall 0.9 --memory 64K "$T/films.mp" > "$T/two.mp"
    for table in '' /codes /leaves /curve; do
        diff <(show --json --table "index/candidate$table" "$T/one.mp" | grep '^\[') <(show --json --table "index/candidate$table" "$T/two.mp" | grep '^\[')
    done
    run -1 --separate-stderr env TMPDIR=/nowhere index --recall 0.9 --memory 64K -o "$T/no.mp" "$T/films.mp"
    complains 'create a temporary file'
}

@test "--queries: recall is measured by the vectors of a table" {
    catalogue 2000 > "$T/films.mp"
    embed --tower query "$T/films.mp" > "$T/both.mp"
    index --kind ivf "$T/films.mp" > "$T/rows.mp"
    index --kind ivf "$T/both.mp" > "$T/queries.mp"
    run -0 --separate-stderr index --kind ivf --queries nothing "$T/both.mp" -o "$T/nothing.mp"
    complains 'index: --queries "nothing": no vectors of that table as wide as the index'
    curve() { show --json --table index/candidate/curve "$1" | grep '^\['; }
    run -1 diff <(curve "$T/rows.mp") <(curve "$T/queries.mp")
    diff <(curve "$T/rows.mp") <(curve "$T/nothing.mp")
    # Whatever changes, by the queries that the old stream has, or the one that is added.
    index --add "$T/films.mp" "$T/queries.mp" > "$T/old.mp"
    index --add "$T/both.mp" "$T/rows.mp" > "$T/new.mp"
    index --add "$T/films.mp" "$T/rows.mp" > "$T/none.mp"
    run -0 --separate-stderr index --add "$T/both.mp" --queries nothing "$T/queries.mp" -o "$T/nothing.mp"
    complains 'index: --queries "nothing": no vectors of that table as wide as the index'
    diff <(curve "$T/old.mp") <(curve "$T/new.mp")
    run -1 diff <(curve "$T/old.mp") <(curve "$T/none.mp")
    diff <(curve "$T/none.mp") <(curve "$T/nothing.mp")
}

# lists FILE: what everyone is recommended.
lists() {
    local found
    found=$(rank --index "$1" --all --csv -k 5 --recall 1) && [ "$(wc -l <<< "$found")" -gt 3 ] || found="no lists of $1"
    echo "$found"
}

@test "--add: new candidates come behind, known ones are replaced" {
    for kind in flat ivf; do
        index --kind $kind "$T/embedded.mp" > "$T/i.mp"
        # b moves, f is new.
        sed -e 's/^\["c", "Gamma".*/["f", "Phi", ["z"], 0, 1, [4, 4]]/; /^\["[ade]", "/d' -e '/^\["b", "/ s/\[0, 1\]\]$/[5, 5]]/' \
            "$BATS_TEST_DIRNAME/fixtures/embedded.lines" | show --parse > "$T/more.mp"
        run -0 --separate-stderr index -v --add "$T/more.mp" "$T/i.mp" -o "$T/more.index"
        complains "index: rows=6 added=1 replaced=1 deleted=0"
        run -0 rank --index "$T/more.index" --query ann -k 3 --csv
        says 'ann,1,b,15'
        says 'ann,2,f,12'
        says 'ann,3,c,3'
        run -0 rank --index "$T/more.index" --query ann -k 9 --csv
        [ "$(wc -l <<< "$output")" = 7 ]
        # The same as from an index, and as building at once.
        index --kind $kind "$T/more.mp" > "$T/shard.mp"
        index --add "$T/shard.mp" "$T/i.mp" -o "$T/merged.index"
        diff <(lists "$T/more.index") <(lists "$T/merged.index")
        index --check "$T/merged.index"
    done
}

@test "--delete: candidates are in no list, until they are added again" {
    for kind in flat ivf; do
        index --kind $kind "$T/embedded.mp" > "$T/i.mp"
        printf 'c\na\n' > "$T/sold"
        run -0 --separate-stderr index -v --delete "$T/sold" "$T/i.mp" -o "$T/less.index"
        complains "index: rows=5 added=0 replaced=0 deleted=2"
        run -0 rank --index "$T/less.index" --query ann -k 9 --csv
        says 'ann,1,d,2'
        says 'ann,2,b,1'
        [ "$(wc -l <<< "$output")" = 4 ]
        run -0 rank --index "$T/less.index" --query ann -k 9 --csv --filter 'title != Delta'
        [ "$(wc -l <<< "$output")" = 3 ]
        run -0 rank --index "$T/less.index" --similar b -k 9 --csv
        says 'b,1,d,0'
        [ "$(wc -l <<< "$output")" = 3 ]
        index --delete <(echo d) "$T/less.index" -o "$T/least.index"
        run -0 show --json --table index/candidate/gone "$T/least.index"
        says $'[0]\n[2]\n[3]'
        index --add "$T/i.mp" "$T/least.index" -o "$T/again.index"
        diff <(lists "$T/i.mp") <(lists "$T/again.index")
        # The model's rankings leave them out too.
        run -0 bash -c "rank '$T/least.index' --exclude seen | show --json --table rankings"
        [[ ! "$output" =~ \[[0-9],\ \[[^]]*[023] ]]
        run -0 --separate-stderr index --delete <(echo q) "$T/i.mp" -o "$T/same.index"
        complains '1 of 1 keys are of no candidate'
    done
}

@test "--duplicates: candidates that are twice in a file" {
    index "$T/embedded.mp" > "$T/i.mp"
    sed 's/^\["b", "/["a", "/' "$BATS_TEST_DIRNAME/fixtures/embedded.lines" | show --parse > "$T/twice.mp"
    refuses 3 'twice.mp: key "a" stands there twice: see --duplicates' --add "$T/twice.mp" "$T/i.mp"
    index --add "$T/twice.mp" --duplicates first "$T/i.mp" > "$T/first.mp"
    diff <(lists "$T/i.mp") <(lists "$T/first.mp")
    run -0 --separate-stderr index -v --add "$T/twice.mp" --duplicates keep "$T/i.mp" -o "$T/keep.mp"
    complains "rows=6 added=1 replaced=4"
    run -0 rank --index "$T/keep.mp" --query ann -k 9 --csv
    [ "$(grep -c ',a,' <<< "$output")" = 2 ]
    refuses 2 '--duplicates "last": wanted error, first or keep' --add "$T/twice.mp" --duplicates last "$T/i.mp"
}

@test "--add and --delete: what does not fit" {
    index "$T/embedded.mp" > "$T/i.mp"
    refuses 3 'table "m" has vectors, but no index to change' --add "$T/i.mp" "$T/embedded.mp"
    embedded -e 's/"tags": "str\*"/"labels": "str*"/' > "$T/columns.mp"
    refuses 3 'columns.mp: table "m" has other columns than in' --add "$T/columns.mp" "$T/i.mp"
    index --name one "$T/embedded.mp" > "$T/one.mp"
    embedded -e '/^{"table": "m"/,$ { /^{"table": "m"/d; /^{"frame": "m"/d; /^\["[a-e]"/d }' > "$T/none.mp"
    refuses 3 'none.mp: no table "m"' --add "$T/none.mp" "$T/i.mp"
    embedded -e 's/, "vector": "f32\[2\]"//; s/, \[-*[0-9], -*[0-9]\]\]$/]/' > "$T/bare.mp"
    refuses 3 'bare.mp: table "m" has no column "vector", and there is no index of it' --add "$T/bare.mp" "$T/i.mp"
    refuses 2 '--table "queries": what can be changed is the index of the candidates, of "m"' --add "$T/i.mp" --table queries "$T/i.mp"
    show --json "$T/i.mp" | sed 's/"candidate\/codes"/&/; $d' > "$T/lines"
    { cat "$T/lines"; printf '%s\n' '{"table": "index/candidate/gone", "columns": {"row": "u32"}}' '{"frame": "index/candidate/gone"}' '[5]' '{"end": {}}'; } |
        sed '/^{"end": {"/d' | show --parse > "$T/gone.mp"
    run -3 --separate-stderr rank --index "$T/gone.mp" --query ann
    complains 'row 5 is taken out, wanted rising ones below 5'
}

# vecs TYPE ROW ...: rows of numbers with commas, each behind its length.
vecs() {
    python3 -c 'import struct, sys
for row in sys.argv[2:]:
    row = [float(x) if sys.argv[1] == "f" else int(x) for x in row.split(",")]
    sys.stdout.buffer.write(struct.pack("<I%d%s" % (len(row), sys.argv[1]), len(row), *row))' "$@"
}

@test "--from: vectors of a file, without a stream" {
    command -v python3 > /dev/null || skip "needs python3"
    printf '3 2\na 1 0\nb 0 1\nc 2 2\n' > "$T/v.vec"
    vecs f 1,0 0,1 2,2 > "$T/v.fvecs"
    run -0 --separate-stderr index -v --from "$T/v.vec" -o "$T/words.index"
    complains 'kind=flat rows=3 dim=2'
    run -0 show --json --table vectors "$T/words.index"
    says $'["a"]\n["b"]\n["c"]'
    index --from "$T/v.fvecs" --table items --metric cosine --kind ivf > "$T/rows.index"
    run -0 show --json --table items "$T/rows.index"
    says $'["0"]\n["1"]\n["2"]'
    run -0 rank --index "$T/words.index" --vectors "$T/v.fvecs" -k 2
    [ "$output" = $'query,rank,key,score\n0,1,c,2\n0,2,a,1\n1,1,c,2\n1,2,b,1\n2,1,c,8\n2,2,a,2' ]
    run -0 rank --index "$T/rows.index" --vectors "$T/v.vec" -k 1 --recall 1
    says $'0,1,0,1\n1,1,1,1\n2,1,2,'
    vecs i 2,0 1,2 2,1 > "$T/truth.ivecs"
    run -0 rank --index "$T/words.index" --vectors "$T/v.fvecs" --truth "$T/truth.ivecs" -k 2
    [[ "$output" =~ ^recall@2=0.8333\ queries=3\ queries_per_s=[0-9]+$ ]]
    printf '2 2\nb 4 4\nd 3 3\n' > "$T/more.vec"
    index --from "$T/more.vec" | index --add - "$T/words.index" > "$T/changed.index"
    run -0 rank --index "$T/changed.index" --vectors "$T/v.fvecs" -k 2
    says $'0,1,b,4\n0,2,d,3'
    printf '3 2\na 1 0\na 0 1\na 2 2\n' > "$T/twice.vec"
    refuses 3 'twice.vec: "a" stands there twice: see --duplicates' --from "$T/twice.vec"
    index --from "$T/twice.vec" --duplicates first | show --json --table index | grep -F '2, 1]'
    index --from "$T/twice.vec" --duplicates keep | show --json --table index | grep -F '2, 3]'
    refuses 2 '--from, --check, and --add or --delete: choose one' --from "$T/v.vec" --add x
    vecs f 1,0 0,1,3 > "$T/uneven.fvecs"
    refuses 1 'read /: Is a directory' --from /
    refuses 3 'uneven.fvecs: 28 bytes, wanted rows of 12' --from "$T/uneven.fvecs"
    vecs f 1,0 0 0,1,2 > "$T/uneven.fvecs"
    refuses 3 'uneven.fvecs: row 1: of another length than the first' --from "$T/uneven.fvecs"
    printf 'a 1 0\nb 0 1\n' > "$T/headless"
    refuses 3 'headless: neither .npy nor word2vec, which begins with a line ROWS DIM; .fvecs goes by its name' --from "$T/headless"
    run -3 --separate-stderr rank --index "$T/words.index" --similar a
    complains "words.index: the stream carries no configuration: begin it with 'tokenize -c FILE'; an index of 'index --from' answers 'rank --vectors'"
}

@test "rank --vectors and --truth: what does not fit" {
    command -v python3 > /dev/null || skip "needs python3"
    vecs f 1,0 0,1 > "$T/v.fvecs"
    vecs f 1,0,0 > "$T/wide.fvecs"
    index --from "$T/v.fvecs" > "$T/v.index"
    asks() { run "-$1" --separate-stderr rank --index "$T/v.index" --vectors "$T/v.fvecs" "${@:3}"; complains "$2"; }
    vecs i 0 1 > "$T/short.ivecs"
    asks 3 'short.ivecs: 2 lists of 1, wanted 2 of 2 or more' --truth "$T/short.ivecs"
    vecs i 0,1 1 > "$T/uneven.ivecs"
    asks 3 'row 1: 1 numbers, wanted as many as in the first' --truth "$T/uneven.ivecs"
    vecs i 0,1 1,0 | head -c 21 > "$T/cut.ivecs"
    asks 3 'cut.ivecs: row 1: truncated' --truth "$T/cut.ivecs"
    printf 'more words' > "$T/text"
    asks 3 'text: not .ivecs, which begins with the length of a list: 1701998445, wanted 1 to 1048576' --truth "$T/text"
    asks 1 'open ' --truth "$T/nowhere.ivecs"
    asks 2 '--vectors: without --json' --json
    run -2 --separate-stderr rank --truth "$T/short.ivecs" "$T/v.index"
    complains '--truth: only with --vectors'
    run -3 --separate-stderr rank --index "$T/v.index" --vectors "$T/wide.fvecs"
    complains 'wide.fvecs: vectors of 3 numbers, but index "candidate" has 2'
}

@test "--check reads all of an index" {
    for kind in flat ivf; do
        catalogue 300 | index --kind $kind > "$T/i.mp"
        run -0 --separate-stderr index --check "$T/i.mp"
        [ "$output" = "\"candidate\": $kind of \"m\", 300 rows of 2 numbers, inner: sound" ]
        size=$(stat -c %s "$T/i.mp")
        for at in 3 2 1; do
            cp "$T/i.mp" "$T/flipped.mp"
            printf '\x55' | dd of="$T/flipped.mp" bs=1 seek=$((size * at / 4)) conv=notrunc status=none
            cmp -s "$T/i.mp" "$T/flipped.mp" && continue
            run -3 --separate-stderr index --check "$T/flipped.mp"
        done
        head -c $((size - 1)) "$T/i.mp" > "$T/cut.mp"
        run -3 --separate-stderr index --check "$T/cut.mp"
    done
    show --json "$T/i.mp" | sed '/^{"frame": "index\/candidate\/codes"/,/^{"table"/ s/, \[\([0-9]*\), \([0-9]*\), /, [\2, \2, /' | show --parse > "$T/twice.mp"
    run -3 --separate-stderr index --check "$T/twice.mp"
    complains 'wanted every row once'
    refuses 3 'no table "index": there is nothing to check' --check "$T/embedded.mp"
    refuses 2 '--from, --check, and --add or --delete: choose one' --check --add x "$T/i.mp"
    run -2 --separate-stderr index --check < "$T/i.mp"
    complains '--check: wanted a file'
}

@test "an ivf index that is damaged is refused" {
    catalogue 100 | index --kind ivf | show --json > "$T/lines"
    damaged() {
        sed "$2" "$T/lines" | sed 's/^{"end".*/{"end": {}}/' | show --parse > "$T/damaged.mp"
        run -3 --separate-stderr rank --index "$T/damaged.mp" --query ann
        complains "$1"
    }
    damaged 'claims 101 vectors, but table "index/candidate" has 100' 's/"inner", 2, 100\]/"inner", 2, 101]/'
    damaged 'has no table "index/candidate/codes"' 's/"index\/candidate\/codes"/"index\/candidate\/coads"/'
    damaged 'has no table "index/candidate/leaves"' 's/"index\/candidate\/leaves"/"index\/candidate\/leafs"/'
    damaged 'has no table "index/candidate/curve"' 's/"index\/candidate\/curve"/"index\/candidate\/curfe"/'
    damaged 'has no table "index/candidate/asked"' 's/"index\/candidate\/asked"/"index\/candidate\/askt"/'
    damaged 'leaf 0 claims 5000 rows from group 0 on, wanted it to begin with group 0 of' '/^{"frame": "index\/candidate\/leaves"/,/^{/ s/^\(\[.*\], 0, \)[0-9]*\]$/\15000]/'
    # Leaves that share groups, and groups in no leaf: a search of a few leaves could pass over all rows many times.
    damaged 'rows from group 0 on, wanted it to begin with group' '/^{"frame": "index\/candidate\/leaves"/,/^{/ s/, [0-9]*, \([0-9]*\)\]$/, 0, \1]/'
    damaged 'groups, wanted' '/^{"frame": "index\/candidate\/leaves"/,/^{"table/ { $!N; s/, [0-9]*\]\n{/, 0]\n{/; P; D }'
    damaged 'row 1 of its curve is out of order or out of bounds' '/^{"frame": "index\/candidate\/curve"/,/^{/ s/^\[10, 2, /[10, 1, /'
    damaged 'wanted one recall above 0, at most 1' 's/^\[0.98999999999999999\]$/[2]/'
    damaged 'of the kind "auto", which is not known' 's/\["candidate", "ivf"/["candidate", "auto"/'
}

@test "codes that do not fit are refused" {
    index "$T/embedded.mp" | show --json | sed '/^{"frame": "index\/candidate\/codes"/,/^\[/d; s/^{"end".*/{"end": {}}/' | show --parse > "$T/spoilt.mp"
    run -3 --separate-stderr rank --index "$T/spoilt.mp" --query ann
    complains 'index "candidate" has codes of 0 groups, wanted 1 for 5 vectors'
}

@test "--table and --name: a second index beside the first" {
    # The people get vectors too: those of their embeddings.
    embedded -e 's/"feature\/u": "u32"}/"feature\/u": "u32", "vector": "f32[3]"}/; s/^\(\["[a-z]*", [0-9], [1-3]\)\]/\1, [1, 2, 3]]/' > "$T/both.mp"
    pipe "index '$T/both.mp' | index --table queries --name people" > "$T/two.mp"
    run -0 show --json --table index "$T/two.mp"
    says '["candidate", "flat", "m", "inner", 2, 5]'
    says '["people", "flat", "queries", "inner", 3, 3]'
    run -0 show --json --table index/people "$T/two.mp"
    says '[[1, 2, 3]]'
    index --name people "$T/both.mp" > "$T/named.mp"
    refuses 3 'there is an index "people" already: choose another --name' --table queries --name people "$T/named.mp"
    refuses 3 'two.mp: 2 indexes, but --add and --delete are for a stream with one' --delete <(echo a) "$T/two.mp"
    index --table queries "$T/both.mp" | show --json | sed 's/, "vector": "f32.2."}}$/}}/; s/, \[-*[0-9], -*[0-9]\]\]$/]/' | show --parse > "$T/other.mp"
    refuses 3 'other.mp: index "candidate" is of table "queries", wanted "m"' --delete <(echo a) "$T/other.mp"
}

@test "a stream of no rows makes an index of no rows" {
    embedded -e '/^\["[a-e]", "/d' > "$T/none.mp"
    index "$T/none.mp" | show --json --table index | tail -2 | grep -F '["candidate", "flat", "m", "inner", 2, 0]'
}

@test "an index of no rows is changed" {
    embedded -e '/^\["[a-e]", "/d' > "$T/none.mp"
    for kind in flat ivf; do
        index --kind $kind "$T/none.mp" -o "$T/none.index"
        index --add "$T/none.mp" "$T/none.index" -o "$T/still.index"
        run -0 index --check "$T/still.index"
        says "$kind of \"m\", 0 rows of 2 numbers"
        index --add "$T/embedded.mp" "$T/still.index" -o "$T/all.index"
        index --kind $kind "$T/embedded.mp" -o "$T/i.mp"
        diff <(lists "$T/i.mp") <(lists "$T/all.index")
    done
}

@test "vectors of very many numbers" {
    wide() { python3 -c 'import struct, sys
n = int(sys.argv[1])
sys.stdout.buffer.write((struct.pack("<I", n) + struct.pack("<f", 1) * n) * 2)' "$1" > "$T/wide.fvecs"; }
    for n in 65536 70000 1048576; do
        wide $n
        # What is held is the rows there are, not those there could be.
        index --from "$T/wide.fvecs" --memory 256M -o "$T/wide.index"
        run -0 rank --index "$T/wide.index" --vectors "$T/wide.fvecs" -k 1
        says "$(printf '0,1,0,%.9g\n1,1,0,%.9g' $n $n)"
    done
    refuses 3 'vectors of 1048576 numbers, but 1048560 is the most by the metric l2' --from "$T/wide.fvecs" --metric l2
    wide 65537
    refuses 3 'vectors of 65537 numbers, but an index of kind ivf has 65536 at most: use --kind flat' --from "$T/wide.fvecs" --kind ivf
    wide 65536
    index --from "$T/wide.fvecs" --memory 256M --kind ivf --threads 1 -o "$T/wide.index"
    run -0 rank --index "$T/wide.index" --vectors "$T/wide.fvecs" -k 1
    says $'0,1,0,65536\n1,1,0,65536'
}

@test "bad input" {
    embedded -e 's/\[-1, -1\]\]$/["nan", -1]]/' > "$T/nan.mp"
    refuses 3 'table "m": column "vector": row 4: number 0 is nan, wanted a finite one' "$T/nan.mp"
    embedded -e 's/\[-1, -1\]\]$/[1, "-inf"]]/' > "$T/inf.mp"
    refuses 3 'column "vector": row 4: number 1 is -inf' "$T/inf.mp"
    embedded -e 's/"vector": "f32\[2\]"/"vector": "f32*"/' > "$T/list.mp"
    refuses 3 'table "m": column "vector" is f32*, wanted f32[n]' "$T/list.mp"
    embedded -e 's/"vector"/"vektor"/' > "$T/none.mp"
    refuses 3 'table "m" has no column "vector": pipe it through '"'embed'"' first' "$T/none.mp"
    embedded -e 's/"m"/"n"/' > "$T/other.mp"
    refuses 3 'no table "m" to make an index of' "$T/other.mp"
    index "$T/embedded.mp" -o "$T/index.mp"
    refuses 3 'table "m" has no column "vector"' "$T/index.mp"
    : > "$T/empty"
    refuses 3 'empty input' "$T/empty"
    run -3 --separate-stderr index --delete "$T/empty" < /dev/null
    complains 'index: <stdin>: empty input: no millrace stream; give the FILE of the index to change'
    head -c 2000 "$T/embedded.mp" > "$T/cut.mp"
    refuses 3 'truncated after' "$T/cut.mp"
    refuses 1 'open' "$T/nowhere.mp"
}

@test "the output is complete or not there" {
    run -1 --separate-stderr index -o /dev/full "$T/embedded.mp"
    complains "write /dev/full: No space left on device"
    run -1 --separate-stderr index -o "$T/no/folder" "$T/embedded.mp"
    complains "create"
}

@test "-v: one closing line; --set and --memory are taken" {
    run -0 --separate-stderr index -v --memory 64M --set rank.k=3 -o "$T/index.mp" "$T/embedded.mp"
    complains "index: kind=flat rows=5 dim=2 seconds="
    show --config "$T/index.mp" | grep -A1 '^\[rank\]' | grep -F 'k = 3'
}
