# rank over several indexes: shards of one, each with its own candidates, give the very lists of one index over all of them.
load helpers

# shard FROM TO [SED ARGUMENTS]: what embed hands to index, with candidates FROM to TO of 60, and of nine people what they took of these. Vectors are
# of small whole numbers: products are exact, and ties many.
shard() {
    { grep '^{"millrace"' "$BATS_TEST_DIRNAME/fixtures/embedded.lines"
      awk -v from="$1" -v to="$2" '
        function begin(table, columns) { printf "{\"table\": \"%s\", \"columns\": {%s}}\n{\"frame\": \"%s\"}\n", table, columns, table }
        function vector(i) { return "[" i * 7 % 5 - 2 ", " i * 3 % 7 - 3 "]" }
        function took(u, c) { return (u * 7 + c * 5) % 11 == 0 }
        BEGIN {
            begin("vocab/u", "\"token\": \"str\", \"count\": \"u64\"")
            for (u = 0; u < 9; u++) printf "[\"u%d\", 1]\n", u
            begin("vocab/title", "\"token\": \"str\", \"count\": \"u64\"")
            for (c = 0; c < 60; c++) printf "[\"T%d\", 1]\n", c
            begin("queries", "\"u\": \"str\", \"count\": \"u32\", \"feature/u\": \"u32\"")
            for (u = 0; u < 9; u++) printf "[\"u%d\", %d, %d]\n", u, from, u + 1
            begin("seen", "\"candidates\": \"u32*\"")
            for (u = 0; u < 9; u++) {
                list = ""
                for (c = from; c < to; c++) if (took(u, c)) list = list (list == "" ? "" : ", ") (c - from)
                printf "[[%s]]\n", list
            }
            for (part = 0; part < 2; part++) {
                begin(part ? "r.test" : "r", "\"query\": \"u32\", \"candidate\": \"u32\", \"rating\": \"f32\", \"at\": \"i64\"")
                for (c = from; c < to; c++) for (u = 0; u < 9; u++)
                    if (part ? (u + c) % 17 == 0 && !took(u, c) : took(u, c)) printf "[%d, %d, %d, %d]\n", u, c - from, c % 5, 9 * c + u
            }
            begin("param/embed/u", "\"value\": \"f32[2]\"")
            for (u = 0; u <= 9; u++) printf "[%s]\n", vector(u)
            begin("param/embed/title", "\"value\": \"f32[2]\"")
            for (c = 0; c <= 60; c++) printf "[%s]\n", vector(c + 30)
            begin("m", "\"i\": \"str\", \"title\": \"str\", \"tags\": \"str*\"," \
                       "\"count\": \"u32\", \"feature/title\": \"u32\", \"vector\": \"f32[2]\"")
            for (c = from; c < to; c++) printf "[\"k%d\", \"T%d\", [\"%s\"], 1, %d, %s]\n", c, c, c % 2 ? "odd" : "even", c + 1, vector(c + 31)
            print "{\"end\": {}}"
        }'
    } | sed "${@:3}" -e '' | show --parse
}

# Without rows in these tables.
without() {
    show --json | awk -v tables=" $* " '/^{/ { skip = 0 } /^{"frame"/ { split($0, a, "\""); skip = index(tables, " " a[4] " ") } !skip' |
        sed 's/^{"end".*/{"end": {}}/' | show --parse
}

setup() {
    shard 0 60 | index -o "$T/whole.mp"
    shard 0 25 | index -o "$T/a.mp"
    shard 25 60 | index -o "$T/b.mp"
    shard 0 60 > "$T/bare.mp"
    cd "$T"
}

refuses() {
    run "-$1" --separate-stderr rank -o no.mp "${@:3}"
    complains "$2"
    absent no.mp
}

# same_answers ARGUMENTS: the indexes in $shards answer as one index does, with all else from them or from a stream without an index.
same_answers() {
    rank --index whole.mp "$@" > whole.out
    rank $shards "$@" > shards.out
    diff whole.out shards.out || { echo "$shards $*"; false; }
    [ -s whole.out ]
    diff whole.out <(rank $shards "$@" bare.mp) || { echo "$shards $* bare.mp"; false; }
}

@test "two and three indexes give the very lists of one" {
    shard 0 1 | index > one.mp
    shard 1 33 | index > two.mp
    shard 33 60 | index > three.mp
    printf 'k%s\n' 0 7 24 25 26 40 59 > some
    for shards in '--index a.mp --index b.mp' '--index one.mp --index two.mp --index three.mp'; do
        same_answers --all -k 7 --csv
        same_answers --all -k 60 --json --exclude seen
        same_answers --query u3 --query u8 -k 9 --history 5 --exclude seen
        same_answers --query u3 -k 60 --filter 'tags has odd and not title = T7' --csv
        same_answers --query u3 --query u4 -k 60 --only some --exclude seen --csv
        same_answers --query u3 --query u4 -k 60 --exclude some --csv
        same_answers --query u1 -k 12 --mmr 0.5 --csv
        same_answers --similar k3 --similar T44 -k 60 --csv
        same_answers --likes k3 --likes T44 -k 20 --json
        rank --index whole.mp whole.mp | show --json | sed 1d > whole.out
        rank $shards whole.mp | show --json | sed 1d > shards.out
        diff whole.out shards.out
        rank --index whole.mp --filter 'tags has even' --exclude seen --table r whole.mp | show --json | sed 1d > whole.out
        rank $shards --filter 'tags has even' --exclude seen --table r whole.mp | show --json | sed 1d > shards.out
        diff whole.out shards.out
    done
    run -0 --separate-stderr rank -v --index a.mp --index b.mp whole.mp -o ranked.mp
    complains 'rank: table=r.test queries=9 candidates=60 dim=2 '
    run -0 evaluate ranked.mp
    says '9 queries, 60 candidates'
    run -0 --separate-stderr rank --index a.mp --index b.mp --query nobody -k 1
    says '1  '
    complains 'unknown query "nobody"'
}

@test "an approximate index beside an exact one, and candidates that are taken out" {
    shard 0 25 | index --kind ivf > ivf.mp
    scores() { rank "$@" --all -k 60 --exclude seen --csv | awk -F, 'NR > 1 { printf "%s,%s,%.3f\n", $1, $3, $4 }' | sort; }
    diff <(scores --index whole.mp) <(scores --index ivf.mp --index b.mp --recall 1)
    printf 'k3\nk30\nk59\n' > gone
    index --delete gone whole.mp -o whole.mp
    index --delete gone b.mp -o b.mp 2> /dev/null
    index --delete gone a.mp -o a.mp 2> /dev/null
    for shards in '--index a.mp --index b.mp'; do
        same_answers --all -k 60 --csv
        same_answers --similar k4 -k 60 --csv
        same_answers --query u1 -k 60 --filter 'tags has odd' --csv
    done
}

@test "a shard of candidates alone: who asks, and what they have seen, is in the others" {
    without queries seen r r.test < b.mp > alone.mp
    for shards in '--index a.mp --index alone.mp' '--index alone.mp --index a.mp'; do
        rank $shards --all -k 60 --exclude seen --csv | cut -d, -f1,3,4 | sort > shards.out
        printf 'k%s\n' $(seq 0 24) > first
        # Of that one, nothing is known to be seen.
        rank --index whole.mp --all -k 60 --exclude seen --csv --only first | cut -d, -f1,3,4 | sort > whole.out
        diff whole.out <(grep -e '^query' -e ',k[0-9],' -e ',k1[0-9],' -e ',k2[0-4],' shards.out)
        [ "$(grep -c -e ',k2[5-9],' -e ',k[345][0-9],' shards.out)" -eq $((9 * 35)) ]
    done
    rank --index whole.mp whole.mp | show --json --table rankings | sed 1d > whole.out
    rank --index a.mp --index alone.mp whole.mp | show --json --table rankings | sed 1d > shards.out
    diff whole.out shards.out
}

@test "bad input: indexes that are not shards of one" {
    refuses 3 'table "m": key "k25" is in b.mp too' --index b.mp --index whole.mp --query u1
    refuses 3 'table "m": key "k0" is in a.mp too' --index a.mp --index a.mp whole.mp
    shard 25 60 -e '/param.embed.title", "col/,/"end"/s/^\[\[-2, 0\]\]$/[[-2, 1]]/' | index > other.mp
    refuses 3 'rank: other.mp: an index of another model: its parameters are not those of a.mp' --index a.mp --index other.mp --query u1
    refuses 3 'rank: other.mp: an index of another model: its parameters are not those of a.mp' --index a.mp --index other.mp whole.mp
    shard 25 60 -e 's/^\["T3", 1\]/["T3", 2]/' | index > other.mp
    refuses 3 'rank: other.mp: an index of other data: its vocabularies are not those of a.mp' --index a.mp --index other.mp --query u1
    shard 25 60 -e 's/^\["u3", 25, 4\]/["u3", 25, 5]/' | index > other.mp
    refuses 3 'rank: other.mp: table "queries": its keys or features are not those of a.mp' --index a.mp --index other.mp --query u1
    # Where they come from a stream, that is nothing.
    diff <(rank --index whole.mp --query u3) <(rank --index a.mp --index other.mp --query u3 whole.mp)
    shard 25 60 | index --metric cosine > other.mp
    refuses 3 'rank: other.mp: index "candidate" has the metric cosine, but a.mp inner' --index a.mp --index other.mp --query u1
    shard 25 60 | index --name x > other.mp
    refuses 3 'rank: other.mp: index "x" of table "m", but a.mp has "candidate" of "m"' --index a.mp --index other.mp --query u1
    shard 25 60 -e 's/"title": "str", "tags": "str\*"/"titel": "str", "tags": "str*"/' | index > other.mp
    refuses 3 'table "m" has other columns than in the file before' --index a.mp --index other.mp --query u1
    shard 25 60 -e '/"seen"/,/"r"/s/^\[\[8, 19, 30\]\]/[[8, 19, 35]]/' | index > other.mp
    refuses 3 'rank: other.mp: table "seen": row 0: candidate 35, wanted rising ones below 35' --index a.mp --index other.mp --query u0 --exclude seen
    without seen < b.mp > other.mp
    refuses 3 'rank: other.mp: table "seen" has 0 rows, but "queries" has 9' --index a.mp --index other.mp --query u1
    shard 25 60 -e '/"r"/,/"r.test"/s/^\[0, 8, /[0, 35, /' | index > other.mp
    refuses 3 'rank: other.mp: table "r": candidate 35, but there are 35' --index a.mp --index other.mp --query u1 --history 1
    without m < b.mp > other.mp
    refuses 3 'index "candidate" has 60 rows, but table "m" has 25' --index a.mp --index other.mp --query u1
    head -c 3000 b.mp > cut.mp
    refuses 3 'cut.mp: truncated after' --index a.mp --index cut.mp --query u1
    refuses 1 'open nowhere' --index a.mp --index nowhere --query u1
}

@test "bad input: the stream has other candidates, or in another order" {
    refuses 3 'rank: b.mp, a.mp, in this order: an index of other data: its candidates are not those of whole.mp' --index b.mp --index a.mp whole.mp
    refuses 3 'rank: a.mp: an index of other data: its candidates are not those of whole.mp' --index a.mp whole.mp
}

@test "--vectors: several indexes, with words or without" {
    printf '4 2\na 1 0\nb 0 1\nc 2 2\nd 1 1\n' > whole.vec
    printf '1 2\na 1 0\n' > a.vec
    printf '3 2\nb 0 1\nc 2 2\nd 1 1\n' > b.vec
    for name in whole a b; do index --from $name.vec -o $name.index; done
    rank --index whole.index --vectors whole.vec -k 4 > whole.out
    diff whole.out <(rank --index a.index --index b.index --vectors whole.vec -k 4)
    run -3 --separate-stderr rank --index a.index --index whole.index --vectors a.vec
    complains 'rank: whole.index: table "vectors": key "a" is in a file before it too'
    python3 -c 'import struct, sys
for name, rows in ("whole", ((1, 0), (0, 1), (2, 2), (1, 1))), ("a", ((1, 0),)), ("b", ((0, 1), (2, 2), (1, 1))):
    with open(name + ".fvecs", "wb") as file:
        file.write(b"".join(struct.pack("<I2f", 2, *row) for row in rows))
with open("truth.ivecs", "wb") as file:
    file.write(b"".join(struct.pack("<I1i", 1, row) for row in (2, 2, 2, 2)))'
    for name in whole a b; do index --from $name.fvecs -o $name.index; done
    rank --index whole.index --vectors whole.vec -k 4 > whole.out
    diff whole.out <(rank --index a.index --index b.index --vectors whole.vec -k 4)
    run -0 rank --index a.index --index b.index --vectors whole.vec --truth truth.ivecs -k 1
    says 'recall@1=1.0000 queries=4'
}

# fvecs NAME FROM TO: rows of numbers whose products are not exact, every second one a copy of that before it.
fvecs() {
    python3 -c 'import random, struct, sys
random.seed(1)
rows = [[random.random() + 9 for i in range(33)] for row in range(300)]
with open(sys.argv[1], "wb") as file:
    for row in range(int(sys.argv[2]), int(sys.argv[3])):
        file.write(struct.pack("<I33f", 33, *rows[row // 2]))' "$@"
}

@test "--vectors: shards score to the bit as one index, by every metric, and copies tie wherever they lie" {
    fvecs whole.fvecs 0 600
    fvecs a.fvecs 0 37
    fvecs b.fvecs 37 298
    fvecs c.fvecs 298 600
    fvecs q.fvecs 100 170
    for metric in inner cosine l2; do
        for name in whole a b c; do index --metric $metric --kind flat --from $name.fvecs -o $name.index; done
        rank --index whole.index --vectors q.fvecs -k 100 > whole.out
        diff whole.out <(rank --index a.index --index b.index --index c.index --vectors q.fvecs -k 100)
        # Each even row stands right before its copy, with the same score.
        awk -F, 'NR > 1 { if (NR % 2 == 0) { row = $3; score = $4 } else if (row % 2 != 0 || $3 != row + 1 || $4 != score) exit 1 }' whole.out
    done
}

@test "real films in three parts, each with an index of its own, as the manual makes them" {
    small() { tokenize -c "$ROOT/pipelines/movies.ini" --set "table ratings.path=$ROOT/data/movietweetings-10k/ratings.dat" --set "table movies.path=$1" | split; }
    films=$ROOT/data/movietweetings-10k/movies.dat
    small "$films" | vocab | batch | train > trained.mp
    embed trained.mp | index -o whole.mp
    awk '{ print > "part" (NR <= 900 ? 1 : NR <= 2000 ? 2 : 3) }' "$films"
    shards=
    for i in 1 2 3; do
        small part$i | vocab --missing skip --from trained.mp 2> left.out | embed --model trained.mp | index -o shard$i.mp
        shards="$shards --index shard$i.mp"
    done
    for question in '--query 1 --query 2 --query nobody --exclude seen' '--likes 1623205 --likes 0454876'; do
        rank --index whole.mp $question --csv > whole.out 2> warned
        rank $shards $question --csv > shards.out 2> warned
        diff whole.out shards.out
        [ "$(wc -l < whole.out)" -gt 10 ]
    done
    run -0 pipe "rank $shards trained.mp | evaluate"
    says ' 3096 candidates'
}
