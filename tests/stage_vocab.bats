load helpers

# A stream by hand: parse CONFIG < LINES; lines as of show --parse, after the header.
parse() {
    { printf '{"millrace": 1, "config": "%s", "history": []}\n' "$(printf '%s\n' "$1" | sed ':a;N;$!ba;s/\n/\\n/g')"; cat; } | show --parse
}

# rows TABLE < STREAM: its rows, one a line, without blanks.
rows() {
    show --json --table "$1" | sed -n '/^\[/p' | tr -d ' '
}

MADE='[table r]
path = r
header = yes
[data]
interactions = r
query = u
candidate = i'

GIVEN='[table r]
path = r
header = yes
[table users]
path = users
header = yes
key = id
[table films]
path = films
header = yes
key = id
[data]
interactions = r
query = u -> users
candidate = i -> films
[tower query]
inputs = town
[tower candidate]
inputs = title, year
[feature year]
encode = lookup(oov=2)'

some() {
    parse "$MADE" << 'END'
{"table": "r", "columns": {"u": "str", "x": "f32", "i": "str"}}
{"frame": "r"}
["bob", 1, "m2"]
["al", 2, "m1"]
["bob", 3, "m3"]
["bob", 4, "m2"]
{"table": "r.test", "columns": {"u": "str", "x": "f32", "i": "str"}}
{"frame": "r.test"}
["al", 5, "m0"]
["cy", 6, "m2"]
{"end": {}}
END
}

given() {
    parse "${1-$GIVEN}" << 'END'
{"table": "films", "columns": {"title": "str", "id": "i64", "year": "i64", "tags": "str*"}}
{"frame": "films"}
["B", 20, 1999, ["x"]]
["A", 10, 2001, []]
{"frame": "films"}
["C", 30, 2001, ["y", "z"]]
{"table": "r", "columns": {"i": "i64", "u": "str", "x": "f32"}}
{"frame": "r"}
[10, "bob", 1]
[30, "al", 2]
[10, "bob", 3]
{"table": "other", "columns": {"a": "u8"}}
{"frame": "other"}
[7]
{"table": "users", "columns": {"id": "str", "town": "str"}}
{"frame": "users"}
["al", "Ulm"]
["bob", "Rom"]
["cy", "Rom"]
{"end": {}}
END
}

# The stream with its last line of interactions changed: by a sed script.
changed() {
    given | show --json | sed "$1" | sed '/^{"frame"/s/, "rows": [0-9]*//; s/^{"end".*/{"end": {}}/' | show --parse
}

# many N: a stream of N rows in frames of $FRAME (65536) rows.
many() {
    { echo '{"table": "r", "columns": {"u": "str", "x": "f32", "i": "str"}}'
      awk -v n="$1" -v frame="${FRAME-65536}" 'BEGIN { for (i = 0; i < n; i++) {
          if (i % frame == 0) print "{\"frame\": \"r\"}"
          printf "[\"u%d\", %d, \"m%d\"]\n", i * 7919 % 197, i % 5, i * 104729 % 10007 % 307 } }'
      echo '{"end": {}}'; } | parse "$MADE"
}

@test "vocab --help and --version answer on stdout" {
    run -0 --separate-stderr vocab --help
    says 'usage: vocab'
    says '  lookup('
    [ -z "$stderr" ]
    run -0 vocab --version
    says 'vocab (millrace)'
}

@test "vocab: wrong usage ends with 2" {
    run -2 --separate-stderr vocab --fron x
    complains 'did you mean --from'
    run -2 --separate-stderr vocab --missing maybe
    complains '--missing "maybe": wanted fail or skip'
}

@test "vocab: tables made from the keys, by bytes, with those of the held-back rows" {
    some | vocab > "$T/out"
    run -0 diff <(rows queries < "$T/out") <(printf '%s\n' '["al",1,2]' '["bob",3,1]' '["cy",0,0]')
    run -0 diff <(rows candidates < "$T/out") <(printf '%s\n' '["m0",0,0]' '["m1",1,3]' '["m2",2,1]' '["m3",1,2]')
    run -0 diff <(rows vocab/u < "$T/out") <(printf '%s\n' '["bob",3]' '["al",1]')
    run -0 diff <(rows vocab/i < "$T/out") <(printf '%s\n' '["m2",2]' '["m3",1]' '["m1",1]')
    run -0 diff <(rows seen < "$T/out") <(printf '%s\n' '[[1]]' '[[2,3]]' '[[]]')
    run -0 diff <(rows r < "$T/out") <(printf '%s\n' '[1,2,1]' '[0,1,2]' '[1,3,3]' '[1,2,4]')
    run -0 diff <(rows r.test < "$T/out") <(printf '%s\n' '[0,0,5]' '[2,2,6]')
    run -0 show "$T/out"
    says 'query u32, candidate u32, x f32'
}

@test "vocab: given tables keep their rows and columns, in their order; integers are keys and terms by their digits" {
    given | vocab > "$T/out"
    run -0 diff <(rows users < "$T/out") <(printf '%s\n' '["al","Ulm",1,2]' '["bob","Rom",2,1]' '["cy","Rom",0,1]')
    # Years: 2001 occurs three times, 1999 not at all, so it gets one of the two oov ids.
    run -0 diff <(rows films < "$T/out" | sed 's/,[01]\]$/,unknown]/') \
        <(printf '%s\n' '["B",20,1999,["x"],0,0,unknown]' '["A",10,2001,[],2,1,2]' '["C",30,2001,["y","z"],1,2,2]')
    run -0 diff <(rows vocab/year < "$T/out") <(echo '["2001",3]')
    run -0 diff <(rows r < "$T/out") <(printf '%s\n' '[1,1,1]' '[0,2,2]' '[1,1,3]')
    run -0 diff <(rows seen < "$T/out") <(printf '%s\n' '[[2]]' '[[1]]' '[[]]')
    run -0 diff <(rows other < "$T/out") <(echo '[7]')
}

@test "vocab: tables come in the order of FORMAT.md" {
    run -0 diff <(given | vocab | show | awk '/^  table/ { on = 1; next } on { print $1 }') \
        <(printf '%s\n' other vocab/town vocab/title vocab/year users films seen r)
}

@test "vocab: min_count is 0 under compat = tfrs" {
    given "compat = tfrs
$GIVEN" | vocab | rows vocab/title > "$T/terms"
    run -0 diff "$T/terms" <(printf '%s\n' '["A",2]' '["C",1]' '["B",0]')
}

@test "vocab: oov=0 refuses an unknown term" {
    given > "$T/in"
    run -3 --separate-stderr vocab --set 'feature title.encode=lookup(oov=0)' "$T/in"
    complains 'feature "title": "B" is not in its vocabulary'
    vocab --set 'feature title.encode=lookup(oov=0, min_count=0)' "$T/in" | rows vocab/title > "$T/terms"
    [ "$(wc -l < "$T/terms")" -eq 3 ]
}

@test "vocab: an interaction that refers to nothing" {
    changed 's/\[10, "bob", 1\]/[11, "bob", 1]/; s/\[30, "al", 2\]/[12, "al", 2]/' > "$T/in"
    run -3 --separate-stderr vocab -o "$T/out" "$T/in"
    complains "vocab: $T/in: "'table "films": no row for the candidate of 2 interactions, first "id" "11"'
    [ ! -e "$T/out" ]
    run -0 --separate-stderr vocab --missing skip -o "$T/out" "$T/in"
    complains '2 interactions'
    complains 'left out'
    run -0 diff <(rows r < "$T/out") <(echo '[1,1,3]')
    run -0 diff <(rows users < "$T/out") <(printf '%s\n' '["al","Ulm",0,0]' '["bob","Rom",1,1]' '["cy","Rom",0,1]')
    run -0 diff <(rows seen < "$T/out") <(printf '%s\n' '[[]]' '[[1]]' '[[]]')
}

@test "vocab: a key that is there twice" {
    changed 's/\["C", 30/["C", 20/' > "$T/in"
    run -3 --separate-stderr vocab "$T/in"
    complains "vocab: $T/in: "'table "films": rows 0 and 2 have one key, "20"'
}

@test "vocab --from: vocabularies of another stream; unknown terms take the id for them" {
    some | vocab > "$T/before"
    some | show --json | sed 's/"m2"/"m9"/; s/"bob"/"dan"/; s/, "rows": [0-9]*//; s/^{"end".*/{"end": {}}/' | show --parse > "$T/later"
    for from in "$T/before" <(cat "$T/before"); do
        vocab --from "$from" "$T/later" > "$T/out"
        diff <(rows vocab/i < "$T/out") <(rows vocab/i < "$T/before")
        diff <(rows candidates < "$T/out") <(printf '%s\n' '["m0",0,0]' '["m1",1,3]' '["m3",1,2]' '["m9",2,0]')
    done
    some | vocab --from "$T/before" > "$T/same"
    run -0 diff <(show --json "$T/same" | sed 1d) <(show --json "$T/before" | sed 1d)
}

@test "vocab --from: a stream without the vocabulary, or of another encoding" {
    some > "$T/in"
    run -3 --separate-stderr vocab --from "$T/in" "$T/in"
    complains 'no table "vocab/u"'
    vocab "$T/in" > "$T/before"
    run -3 --separate-stderr vocab --from "$T/before" --set 'feature i.encode=lookup(oov=2)' "$T/in"
    complains 'feature "i" is encoded by "lookup()" there, by "lookup(oov=2)" here'
    run -1 --separate-stderr vocab --from "$T/nothing" "$T/in"
    complains "$T/nothing"
}

@test "vocab: the same input gives the same bytes, in memory and through the spool, however rows are framed" {
    many 5000 > "$T/in"
    vocab < "$T/in" > "$T/a"
    vocab < "$T/in" | cmp - "$T/a"
    FRAME=7 many 5000 | vocab > "$T/regrouped"
    for memory in 1K 20K; do
        vocab --memory $memory < "$T/in" | show --json | sed 1d | diff - <(show --json "$T/a" | sed 1d)
    done
    for table in vocab/u vocab/i queries candidates seen r; do
        diff <(rows $table < "$T/regrouped") <(rows $table < "$T/a")
    done
}

@test "vocab: no memory for what was seen costs a few passes, not one a query" {
    {
        echo '{"table": "r", "columns": {"u": "str", "i": "str"}}'
        echo '{"frame": "r"}'
        awk 'BEGIN { for (i = 0; i < 150000; i++) printf "[\"u%d\", \"i%d\"]\n", i * 7919 % 60013, i % 1009 }'
        echo '{"end": {}}'
    } | parse "$MADE" > "$T/in"
    run -0 limited 30 vocab --memory 0 -o "$T/out" "$T/in"
    run -0 diff <(rows seen < "$T/out") <(vocab < "$T/in" | rows seen)
}

@test "vocab: counts and seen lists are those of the interactions" {
    many 5000 | vocab > "$T/out"
    rows r < "$T/out" | tr -d '[]' | tr , ' ' > "$T/r"
    run -0 diff <(rows queries < "$T/out" | cut -d, -f2) <(awk '{ n[$1]++ } END { for (q = 0; q < 197; q++) print n[q] + 0 }' "$T/r")
    run -0 diff <(rows seen < "$T/out" | tr -d '[]' | awk -F, '{ for (i = 1; i <= NF; i++) print NR - 1, $i }') \
        <(cut -d' ' -f1,2 "$T/r" | sort -u | sort -k1,1n -k2,2n)
}

@test "vocab: no interactions at all is fine for it" {
    parse "$MADE" <<< '{"table": "r", "columns": {"u": "str", "i": "str"}}
{"end": {}}' | vocab > "$T/out"
    run -0 show "$T/out"
    says 'seen'
    says 'vocab/u'
}

@test "vocab: tables that are missing, or in the way" {
    some > "$T/in"
    run -3 --separate-stderr vocab --set data.interactions=r --set 'table z.path=z' --set 'table z.key=k' --set 'data.candidate=i -> z' "$T/in"
    complains 'no table "z": [data] refers to it; its tables are "r", "r.test"'
    parse "$MADE" <<< '{"end": {}}' > "$T/nothing"
    run -3 --separate-stderr vocab "$T/nothing"
    complains 'no table "r"'
    complains 'its tables are none'
    parse "$MADE" <<< '{"table": "queries", "columns": {"u": "str"}}
{"end": {}}' > "$T/in_the_way"
    run -3 --separate-stderr vocab "$T/in_the_way"
    complains 'table "queries" is there'
    given | vocab > "$T/twice"
    run -3 --separate-stderr vocab "$T/twice"
    complains 'did it pass through'
    for own in seen vocab/u; do
        parse "$MADE" <<< '{"table": "'$own'", "columns": {"x": "u8"}}
{"end": {}}' > "$T/own"
        run -3 --separate-stderr vocab "$T/own"
        complains "table \"$own\" is there already"
    done
}

@test "vocab: columns that are missing, of another type, or in the way" {
    given > "$T/in"
    run -3 --separate-stderr vocab --set 'tower query.inputs=age' "$T/in"
    complains 'table "users": no column "age": its columns are "id", "town"'
    run -3 --separate-stderr vocab --set 'tower candidate.inputs=tags' "$T/in"
    complains 'column "tags" is str*, wanted str: a list wants encode = list() in [feature tags]'
    run -3 --separate-stderr vocab --set 'data.query=v -> users' "$T/in"
    complains 'table "r": no column "v"'
    run -3 --separate-stderr vocab --set 'table films.key=isbn' "$T/in"
    complains 'table "films": no column "isbn"'
    changed 's/"x": "f32"/"query": "f32"/' > "$T/in_the_way"
    run -3 --separate-stderr vocab "$T/in_the_way"
    complains 'the column "query" needs another name'
    run -3 --separate-stderr vocab --set 'data.query=u -> films' "$T/in"
    complains 'refer to one table, "films"'
    run -3 --separate-stderr vocab --set 'table r.key=u' --set 'data.query=u -> r' "$T/in"
    complains 'query refers to "r", the table of interactions itself'
}

@test "vocab: a truncated stream ends with 3, and no file appears" {
    some | head -c -1 > "$T/cut"
    run -3 --separate-stderr vocab -o "$T/out" "$T/cut"
    complains 'truncated'
    [ ! -e "$T/out" ]
}

@test "vocab -v closes with one line" {
    some > "$T/in"
    run -0 --separate-stderr vocab -v -o "$T/out" "$T/in"
    complains 'vocab: rows=6 queries=3 candidates=4 seconds='
}
