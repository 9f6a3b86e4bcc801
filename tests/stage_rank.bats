# rank: which lists it makes, what it prints for a typed query, what it refuses, and how it says so.
load helpers

# indexed [SED ARGUMENTS]: the fixture, changed, with an index.
indexed() {
    sed "$@" "$BATS_TEST_DIRNAME/fixtures/embedded.lines" | show --parse | index
}

# table NAME < stream: its rows.
table() {
    show --json --table "$1" | sed -n '/^\[/p'
}

# refuses CODE MESSAGE [OPTION ...]
refuses() {
    run "-$1" --separate-stderr rank -o "$T/no.mp" "${@:3}"
    complains "$2"
    [ -z "$output" ]
    absent "$T/no.mp"
}

# spoils MESSAGE SED: rank refuses the fixture so changed, with exit code 3.
spoils() {
    indexed -e "$2" > "$T/spoilt.mp"
    refuses 3 "$1" "$T/spoilt.mp"
}

setup() {
    indexed -e '' > "$T/i.mp"
}

@test "--help and --version" {
    run -0 --separate-stderr rank --help
    says "usage: rank [--index FILE]... [-k N]"
    [ -z "$stderr" ]
    run -0 rank --version
    says "rank (millrace) "
}

@test "usage errors" {
    refuses 2 '--query and --table: choose one' --query ann --table r "$T/i.mp"
    refuses 2 '--likes and --all: choose one' --all --likes a "$T/i.mp"
    refuses 2 '--similar and --query: choose one' --similar a --query ann "$T/i.mp"
    refuses 2 '--json: only with --query' --json "$T/i.mp"
    refuses 2 '--csv: only with --query' --csv "$T/i.mp"
    refuses 2 '--json and --csv: choose one' --all --json --csv "$T/i.mp"
    refuses 2 '--history: only with --query, and not as CSV' --history 3 --all "$T/i.mp"
    refuses 2 '--history: only with --query, and not as CSV' --history 3 --query ann --csv "$T/i.mp"
    refuses 2 '--exclude seen: not with --similar' --exclude seen --similar a "$T/i.mp"
    refuses 2 '--with: only with --query, --all or --likes' --with h=1 "$T/i.mp"
    refuses 2 '--with: only with --query, --all or --likes' --with h=1 --similar a "$T/i.mp"
    refuses 2 '--rerank: not with --similar' --rerank h --similar a "$T/i.mp"
    refuses 2 '--vectors: without --rerank, since no model and no columns take part' --rerank h --index "$T/i.mp" --vectors "$T/i.npy"
    refuses 2 '--vectors: wanted --index FILE with it' --vectors "$T/i.npy" "$T/i.mp"
    refuses 2 '--mmr "1.5": wanted' --mmr 1.5 "$T/i.mp"
    refuses 2 '--similar "a\xff": not valid UTF-8' --similar $'a\xff' "$T/i.mp"
    refuses 2 '--history: only with --query' --history 3 "$T/i.mp"
    refuses 2 '--query "a\xff": not valid UTF-8' --query $'a\xff' "$T/i.mp"
    refuses 2 '--k "x": wanted a whole number' -k x "$T/i.mp"
    refuses 2 'unknown option "--indx", did you mean --index' --indx a
    refuses 2 'unknown option "--lambda", did you mean --mmr' --lambda 0.5 "$T/i.mp"
}

@test "words that are no files, and what they may have been meant for" {
    cd "$T"
    refuses 2 '--exclude "sen": no such file, did you mean "seen"' --exclude sen i.mp
    refuses 1 'open sold.txt: No such file' --exclude sold.txt i.mp
    echo a > sen
    run -0 rank --exclude sen i.mp --query ann
    [[ $output != *Alpha* ]]
    refuses 2 '"u001": no such file; a key is asked for by --query "u001"' --index i.mp u001
    refuses 1 'open i.np: No such file' i.np
    refuses 2 '"bob": no such file; a key is asked for by --query "bob"' --index i.mp --query ann bob
    refuses 2 'unexpected operand "i.mp": the index is in --index; try' --index i.mp --vectors i.mp i.mp
}

@test "nothing to rank for: what can be given" {
    run -3 --separate-stderr rank --index "$T/i.mp" < /dev/null
    complains 'rank: <stdin>: empty input: no millrace stream; give --query, --all, --similar or --likes, or a FILE of rows to rank for'
    run -3 --separate-stderr pipe "true | rank --index '$T/i.mp'"
    complains 'rank: <stdin>: no input: the stage before it failed or wrote nothing; give --query, --all'
    run -3 --separate-stderr rank --query ann < /dev/null
    complains 'rank: <stdin>: empty input: no millrace stream; give --index FILE'
    : > "$T/empty"
    refuses 3 "rank: $T/empty: empty input: no millrace stream" --index "$T/i.mp" "$T/empty"
    [[ "$stderr" != *give* ]]
    # A terminal.
    run -2 script -qec "rank --index '$T/i.mp'" /dev/null
    says 'rank: <stdin> is a terminal: wanted a stream from a file or a pipe; give --query, --all'
}

@test "lists go on until they have k that are not seen; ties go to the lower row" {
    rank "$T/i.mp" > "$T/r.mp"
    run -0 table rankings < "$T/r.mp"
    [ "$output" = '[0, [2, 0, 3], [3, 2, 2]]
[1, [4, 0, 3], [1, 0, 0]]
[2, [0, 3], [1, 1]]' ]
    run -0 table r.test < "$T/r.mp"
    [ "$output" = '[0, 0, 1, 30, 0, 2]
[2, 1, 2, 31, 2, -1]
[0, 3, 3, 32, 0, 2]
[1, 4, 4, 33, 1, 1]' ]
}

@test "other tables go on, but those of the index and the model" {
    rank "$T/i.mp" > "$T/r.mp"
    run -0 show --json "$T/r.mp"
    [[ "$output" != *'"table": "index'* && "$output" != *'"table": "param/'* && "$output" != *'"table": "slot/'* ]]
    for name in vocab/u vocab/title queries seen r r.valid m; do
        diff <(table $name < "$T/i.mp") <(table $name < "$T/r.mp")
    done
    says '{"table": "r.valid"'
}

@test "-k: more than there are candidates gives all of them; the configuration has the default" {
    run -0 pipe "rank -k 9 '$T/i.mp' | show --json --table rankings"
    says '[0, [2, 0, 3, 1, 4], [3, 2, 2, 1, -3]]'
    run -0 pipe "rank -k 1 '$T/i.mp' | show --json --table rankings"
    says '[2, [0], [1]]'
    run -0 pipe "rank --set rank.k=1 '$T/i.mp' | show --json --table rankings"
    says '[2, [0], [1]]'
}

@test "--exclude seen: lists have only what is not seen" {
    run -0 pipe "rank --exclude seen '$T/i.mp' | show --json --table rankings"
    says '[0, [0, 3], [2, 2]]'
    says '[1, [4, 3], [1, 0]]'
    # Fewer than k are left.
    run -0 pipe "rank --exclude seen -k 4 '$T/i.mp' | show --json --table rankings"
    says '[0, [0, 3, 4], [2, 2, -3]]'
    # The scores of what is left out are told all the same.
    run -0 pipe "rank --exclude seen --table r '$T/i.mp' | show --json --table r"
    says '[0, 2, 4, 10, 0, 3]'
}

@test "--table: the training rows, with what was seen in the lists" {
    rank --table r "$T/i.mp" > "$T/r.mp"
    run -0 table rankings < "$T/r.mp"
    [ "$output" = '[0, [2, 0], [3, 2]]
[1, [4, 0], [1, 0]]' ]
    run -0 table r < "$T/r.mp"
    says '[0, 1, 5, 20, 0, 1]'
    [ "$(table r.test < "$T/r.mp" | head -1)" = '[0, 0, 1, 30]' ]
}

@test "without test rows: the valid ones, then all; without any, nothing" {
    indexed -e 's/"r.test"/"x"/; s/"r.valid"/"r.test"/; s/"x"/"r.valid"/' > "$T/valid.mp"
    rank "$T/valid.mp" | table r.valid | grep -Fx '[0, 0, 1, 30, 0, 2]'
    indexed -e '/^\[[02], .*, 3[0-9]\]$/d; /^\[1, .*, 33\]$/d' > "$T/train.mp"
    rank "$T/train.mp" | table r | grep -Fx '[0, 2, 4, 10, 0, 3]'
    indexed -e '/^\[[0-9], [0-9], [0-9], [0-9]*\]$/d' > "$T/none.mp"
    rank "$T/none.mp" > "$T/r.mp"
    [ -z "$(table rankings < "$T/r.mp")" ]
    show "$T/r.mp" | grep -E 'r +0 +0 +0 .*ranking u32, score f32'
}

@test "--index: a mapped file gives the same as the stream" {
    rank "$T/i.mp" | show --json | tail -n +2 > "$T/stream"
    rank --index "$T/i.mp" < "$T/i.mp" | show --json | tail -n +2 > "$T/mapped"
    diff "$T/stream" "$T/mapped"
    # One that is not aligned, since another stream lies before it.
    indexed -e 's/^\(\["[a-e]", "[A-Z].*\)$/\1/; /^\["[a-e]", "/d; /^\[[0-9\[]/d; /^\["/d' > "$T/empty.mp"
    cat "$T/empty.mp" "$T/i.mp" > "$T/cat.mp"
    run -3 --separate-stderr rank --index "$T/cat.mp" -o "$T/no.mp" "$T/i.mp"
    complains '2 indexes: choose one with --name'
}

@test "--threads: one and three give the same bytes" {
    for threads in 1 3; do rank --threads $threads "$T/i.mp" | show --json | tail -n +2 > "$T/$threads"; done
    diff "$T/1" "$T/3"
}

@test "--query: places, scores and candidates, the title first" {
    run -0 --separate-stderr rank --index "$T/i.mp" --query ann -k 3
    [ "$output" = 'ann
  1  3.0000  Gamma  c  [x, y]
  2  2.0000  Alpha  a  [x]
  3  2.0000  Delta  d  []' ]
    [ -z "$stderr" ]
    run -0 --separate-stderr rank --query ann -k 1 "$T/i.mp"
    [ "$output" = 'ann
  1  3.0000  Gamma  c  [x, y]' ]
    run -0 pipe "rank --query ann -k 1 < '$T/i.mp'"
    says '1  3.0000  Gamma'
}

@test "--query: several, with --exclude, --history and -o" {
    run -0 --separate-stderr rank --index "$T/i.mp" --query bob --query ann --exclude seen --history 1 -k 9 -o "$T/out"
    [ -z "$output$stderr" ]
    [ "$(cat "$T/out")" = 'bob
  took        3  Alpha    a  [x]
     1   1.0000  Epsilon  e  []
     2   0.0000  Delta    d  []
     3  -1.0000  Beta     b  []
     4  -1.0000  Gamma    c  [x, y]
ann
  took        5  Beta     b  []
     1   2.0000  Alpha    a  [x]
     2   2.0000  Delta    d  []
     3  -3.0000  Epsilon  e  []' ]
}

@test "--history: the highest labels first, then the latest, then the later rows" {
    indexed -e 's/^\[0, 1, 5, 20\]/[0, 1, 4, 20]\n[0, 4, 4, 20]\n[0, 3, 1, 99]/' > "$T/h.mp"
    run -0 pipe "rank --index '$T/h.mp' --query ann --history 3 -k 1 | grep -o 'took.*[a-e] '"
    [ "$(sed 's/  */ /g' <<< "$output")" = 'took 4 Epsilon e 
took 4 Beta b 
took 4 Gamma c ' ]
}

@test "--json: one object a query" {
    run -0 --separate-stderr rank --index "$T/i.mp" --query ann --query eve -k 1 --history 1 --json
    [ "$output" = '{"query": "ann", "known": true, "history": [{"label": 5, "candidate": {"title": "Beta", "i": "b", "tags": []}}], "recommendations": [{"rank": 1, "score": 3, "row": 2, "candidate": {"title": "Gamma", "i": "c", "tags": ["x", "y"]}}]}
{"query": "eve", "known": true, "history": [], "recommendations": [{"rank": 1, "score": 1, "row": 0, "candidate": {"title": "Alpha", "i": "a", "tags": ["x"]}}]}' ]
    python3 -c 'import json, sys; [json.loads(line) for line in sys.stdin]' <<< "$output"
}

@test "--all --csv: everyone by name, a line a recommendation" {
    indexed -e 's/"tags": "str\*"/&, "year": "i64", "price": "f32"/; s/"Alpha", \["x"\]/"Alpha, \\"A\\"", ["x"], 1990, 2.5/
        s/"Beta", \[\]/&, -7, "nan"/; s/"Gamma", \["x", "y"\]/&, 9007199254740993, 0.1/; s/"\(Delta\|Epsilon\)", \[\]/&, 0, 0/' > "$T/y.mp"
    run -0 --separate-stderr rank --index "$T/y.mp" --all -k 2 --csv
    [ "$output" = 'query,rank,i,score,title,tags,year,price
ann,1,c,3,Gamma,x|y,9007199254740993,0.100000001
ann,2,a,2,"Alpha, ""A""",x,1990,2.5
bob,1,e,1,Epsilon,,0,0
bob,2,a,0,"Alpha, ""A""",x,1990,2.5
eve,1,a,1,"Alpha, ""A""",x,1990,2.5
eve,2,d,1,Delta,,0,0' ]
    [ -z "$stderr" ]
    # What was seen is left out; a missing number is empty.
    run -0 rank --index "$T/y.mp" --all -k 5 --csv --exclude seen
    [ "$(grep -c ^ann <<< "$output")" -eq 3 ] && says 'bob,3,b,-1,Beta,,-7,'
    python3 -c 'import csv, sys; rows = list(csv.DictReader(sys.stdin)); assert rows[0]["title"] == "Alpha, \"A\"", rows' <<< "$output"
    # From a pipe, into a file; and the same as a query by name.
    rank --all -k 2 --csv -o "$T/all.csv" < "$T/y.mp"
    diff <(grep -e ^query -e ^bob "$T/all.csv") <(rank --index "$T/y.mp" --query bob -k 2 --csv)
    # For people, numbers come last.
    run -0 rank --index "$T/y.mp" --query ann -k 1
    says '1  3.0000  Gamma  c  [x, y]  9007199254740993  0.1'
}

@test "--all: as text and JSON; columns that have the names of ours" {
    run -0 rank --index "$T/i.mp" --all -k 1
    [ "$output" = 'ann
  1  3.0000  Gamma  c  [x, y]
bob
  1  1.0000  Epsilon  e  []
eve
  1  1.0000  Alpha  a  [x]' ]
    diff <(rank --index "$T/i.mp" --all -k 2 --json) <(rank --index "$T/i.mp" --query ann --query bob --query eve -k 2 --json)
    indexed -e 's/i, title, tags:list/i, title, score:list/; s/"tags": "str\*"/"score": "str*"/' > "$T/score.mp"
    run -0 rank --index "$T/score.mp" --all -k 1 --csv
    [ "${lines[0]}" = 'query,rank,i,score,title,m.score' ]
}

@test "--similar: by cosine, itself left out" {
    run -0 --separate-stderr rank --index "$T/i.mp" --similar a -k 9
    [ "$output" = 'a
  1   1.0000  Delta    d  []
  2   0.7071  Gamma    c  [x, y]
  3   0.0000  Beta     b  []
  4  -0.7071  Epsilon  e  []' ]
    [ -z "$stderr" ]
    # By its title; several; as JSON and CSV.
    run -0 rank --index "$T/i.mp" --similar Alpha --similar b -k 1
    [ "$output" = 'Alpha
  1  1.0000  Delta  d  []
b
  1  0.7071  Gamma  c  [x, y]' ]
    run -0 rank --index "$T/i.mp" --similar b -k 1 --json
    [[ $output == '{"similar": "b", "recommendations": [{"rank": 1, "score": 0.707106'*', "row": 2, "candidate": {"title": "Gamma", "i": "c", "tags": ["x", "y"]}}]}' ]]
    run -0 rank --index "$T/i.mp" --similar b -k 1 --csv
    [ "${lines[0]}" = 'similar,rank,i,score,title,tags' ]
    run -0 rank --index "$T/i.mp" --similar a -k 1 --filter 'not title = Delta'
    [ "${lines[1]}" = '  1  0.7071  Gamma  c  [x, y]' ]
    run -2 --separate-stderr rank --index "$T/i.mp" --similar Alphq
    complains '--similar "Alphq": no such candidate, did you mean "Alpha"'
    run -2 --separate-stderr rank --index "$T/i.mp" --similar lTa
    complains '--similar "lTa": no such candidate, did you mean "Delta"'
    indexed -e 's/"Delta"/"Alpha"/' > "$T/twice.mp"
    run -2 --separate-stderr rank --index "$T/twice.mp" --similar Alpha
    complains '--similar "Alpha": 2 candidates have that: give the key of one'
}

@test "--likes: what goes with several, without them" {
    # Into the vector of an unknown query, (0.5, 0.25).
    run -0 --separate-stderr rank --index "$T/i.mp" --likes a --likes Beta -k 9
    [ "$output" = 'a, Beta
  1   0.7332  Gamma    c  [x, y]
  2   0.4668  Delta    d  []
  3  -0.7332  Epsilon  e  []' ]
    [ -z "$stderr" ]
    run -0 rank --index "$T/i.mp" --likes a --likes b -k 1 --json
    [[ $output == '{"likes": ["a", "b"], "recommendations": [{"rank": 1, "score": 0.73'*', "row": 2, "candidate": {"title": "Gamma", "i": "c", "tags": ["x", "y"]}}]}' ]]
    # They are what was seen.
    diff <(echo "$output") <(rank --index "$T/i.mp" --likes a --likes b -k 1 --json --exclude seen)
    run -0 rank --index "$T/i.mp" --likes a --likes b -k 1 --csv
    [[ ${lines[1]} == 'a|b,1,c,0.73'*',Gamma,x|y' ]]
    # Without a vector for unknown queries, into zeros: what b has, a and d have not.
    indexed -e 's/\[feature u\]\\n/&encode = lookup(oov=0)\\n/; s/^\[\[0.5, 0.25\]\]$/#/' > "$T/strict.mp"
    run -0 --separate-stderr rank --index "$T/strict.mp" --likes b -k 1
    [[ ${lines[1]} == *Gamma* ]]
    # Keys may have commas and bars in them.
    indexed -e 's/^\["a", "Alpha"/["a,|b", "Alpha"/' > "$T/comma.mp"
    run -0 rank --index "$T/comma.mp" --likes 'a,|b' -k 1
    [[ ${lines[1]} == *Gamma* ]]
    run -2 --separate-stderr rank --index "$T/i.mp" --likes a --likes zzzzzz
    complains '--likes "zzzzzz": no such candidate'
}

@test "--filter, --only, --exclude FILE: which candidates, as text and in the stream" {
    run -0 --separate-stderr rank --index "$T/i.mp" --query ann --filter 'tags has x and not title = Gamma'
    [ "$output" = 'ann
  1  2.0000  Alpha  a  [x]' ]
    [ -z "$stderr" ]
    printf 'd\n\na\r\n' > "$T/keys"
    run -0 rank --index "$T/i.mp" --query ann --only "$T/keys"
    [ "$output" = 'ann
  1  2.0000  Alpha  a  [x]
  2  2.0000  Delta  d  []' ]
    run -0 rank --index "$T/i.mp" --query ann --exclude "$T/keys" --exclude seen
    [ "$output" = 'ann
  1  -3.0000  Epsilon  e  []' ]
    # In the stream lists are of these, with what was seen; what may be in none has a score that is no hit.
    rank --exclude "$T/keys" "$T/i.mp" > "$T/r.mp"
    run -0 table rankings < "$T/r.mp"
    [ "$output" = '[0, [2, 1, 4], [3, 1, -3]]
[1, [4, 1], [1, -1]]
[2, [2, 4], [0, 0]]' ]
    run -0 table r.test < "$T/r.mp"
    [ "$output" = '[0, 0, 1, 30, 0, "-inf"]
[2, 1, 2, 31, 2, -1]
[0, 3, 3, 32, 0, "-inf"]
[1, 4, 4, 33, 1, 1]' ]
    run -0 evaluate "$T/r.mp"
    # As it is with what was taken out of the index.
    index --delete "$T/keys" "$T/i.mp" > "$T/less.mp"
    rank "$T/less.mp" | table r.test | diff - <(table r.test < "$T/r.mp")
    # A mapped index needs the candidates of the stream.
    rank --index "$T/i.mp" --exclude "$T/keys" "$T/i.mp" | table rankings | grep -Fx '[1, [4, 1], [1, -1]]'
}

@test "rules: what they refuse, and say" {
    refuses 2 '--filter: column 1: ""^"tgas has x": table "m" has no such column, did you mean "tags"' --query ann --filter 'tgas has x' "$T/i.mp"
    refuses 2 'table "m" has no such column: wanted "i", "title", "tags", "count" or "feature/title"' --query ann --filter 'studio = x' "$T/i.mp"
    refuses 2 '--filter: column 12: "tags has x "^"adn title = b": wanted and, or, or the end' --filter 'tags has x adn title = b' "$T/i.mp"
    refuses 1 'open' --only "$T/none" "$T/i.mp"
    refuses 1 'open' --exclude sold "$T/i.mp"
    printf 'a\nq\nr\n' > "$T/keys"
    run -0 --separate-stderr rank --index "$T/i.mp" --query ann --only "$T/keys"
    complains "rank: $T/keys: 2 of 3 keys are of no candidate"
    run -0 --separate-stderr rank --index "$T/i.mp" --query ann --filter 'title = Zeta'
    complains 'no candidate is left: the lists are empty'
    [ "$output" = ann ]
}

@test "--mmr: diverse lists" {
    # For ann: c 3, a 2, d 2, b 1, e -3: relevance 1, 5/6, 5/6, 2/3, 0. Below c (cosines .7071, .7071, .7071, -1) e counts most, at 1/2.
    run -0 --separate-stderr rank --index "$T/i.mp" --query ann --mmr 0.5 -k 5
    [ "$output" = 'ann
  1   1.0000  Gamma    c  [x, y]
  2   0.5000  Epsilon  e  []
  3   0.0631  Alpha    a  [x]
  4  -0.0202  Beta     b  []
  5  -0.0833  Delta    d  []' ]
    # 1 changes nothing, a pool of one neither.
    diff <(rank --index "$T/i.mp" --query ann --mmr 1) <(rank --index "$T/i.mp" --query ann)
    run -0 rank --index "$T/i.mp" --query ann --mmr 0.5 --rerank-n 2 -k 2
    [[ ${lines[2]} == *Alpha* ]]
    # In the stream, scores are those of the list, and evaluate takes them.
    rank --mmr 0.5 --rerank-n 3 "$T/i.mp" > "$T/r.mp"
    run -0 table rankings < "$T/r.mp"
    says '[0, [2, 4, 0], [1, 0.49999997, 0.06311'
    says '[2, [0, 3], [1, 0]]'
    run -0 table r.test < "$T/r.mp"
    says '[0, 0, 1, 30, 0, 0.06311'
    says '[0, 3, 3, 32, 0, "-inf"]'
    run -0 evaluate "$T/r.mp"
    says 'accuracy           1  kept       0.2500'
}

@test "a query that is not known: answered by popularity, and said so" {
    run -0 --separate-stderr rank --index "$T/i.mp" --query $'z\e"' --history 2 -k 2
    complains 'rank: unknown query "z\x1b\x22": recommended by popularity'
    [ "${lines[1]}" = '  1  1.0000  Alpha  a  [x]' ]
    [ "${lines[2]}" = '  2  1.0000  Beta   b  []' ]
    run -0 --separate-stderr rank --index "$T/i.mp" --query zoe -k 1 --filter 'title != Alpha' --mmr 0.5 --exclude seen --json
    says '{"query": "zoe", "known": false, "fallback": "popularity", "recommendations": [{"rank": 1, "score": 1, "row": 1,'
    # Not by what is no longer there.
    index --delete <(printf 'a\nc\n') "$T/i.mp" > "$T/less.mp"
    run -0 --separate-stderr rank --index "$T/less.mp" --query zoe -k 9 --csv
    [ "$(cut -d, -f3 <<< "$output")" = $'i\nb\nd\ne' ]
    # A vocabulary without a place for unknown terms.
    indexed -e 's/\[feature u\]\\n/&encode = lookup(oov=0)\\n/; s/^\[\[0.5, 0.25\]\]$/#/' > "$T/strict.mp"
    run -0 --separate-stderr rank --index "$T/strict.mp" --query zoe -k 1
    [ "${lines[1]}" = '  1  1.0000  Alpha  a  [x]' ]
}

@test "bad input: ids out of range" {
    spoils 'table "r.test": row 1: query 3, but there are 3' 's/^\[2, 1, 2, 31\]/[3, 1, 2, 31]/'
    spoils 'table "r.test": row 1: candidate 5, but there are 5' 's/^\[2, 1, 2, 31\]/[2, 5, 2, 31]/'
    spoils 'rank: '"$T/spoilt.mp"': table "seen": row 0: candidate 5, wanted rising ones below 5' 's/^\[\[1, 2\]\]/[[1, 5]]/'
    spoils 'table "seen": row 0: candidate 1, wanted rising ones below 5' 's/^\[\[1, 2\]\]/[[2, 1]]/'
    spoils 'table "seen" has 2 rows, but "queries" has 3' '/^\[\[0\]\]/d'
    indexed -e 's/^\[0, 1, 5, 20\]/[0, 5, 5, 20]/' > "$T/h.mp"
    run -3 --separate-stderr rank --index "$T/h.mp" --query ann --history 9
    complains "rank: $T/h.mp: "'table "r": row 1: candidate 5, but there are 5'
}

@test "bad input: what is missing" {
    show --parse "$BATS_TEST_DIRNAME/fixtures/embedded.lines" > "$T/embedded.mp"
    refuses 3 'no table "index": pipe the vectors through '"'index'"' first' "$T/embedded.mp"
    spoils 'no table "seen"' 's/"seen"/"sean"/'
    spoils 'no table "queries"' 's/"queries"/"people"/'
    spoils 'param/embed/u' '/"param\/embed\/u"/d; /^\[\[0.5, 0.25\]\]/d; /^\[\[2, 1\]\]/d; /^\[\[0, -1\]\]/d; /^\[\[1, -1\]\]/d'
    spoils 'no column "query"' 's/"query": "u32"/"person": "u32"/'
    spoils 'no column "candidates"' 's/"candidates": "u32\*"/"seen": "u32*"/'
    # An index of no rows, and no table that it could be of.
    show --json "$T/i.mp" | awk '/^{"table": "m"/ { next } /^{/ { skip = /^{"frame": "(m|index\/candidate(\/codes)?)"/ } !skip' |
        sed 's/"inner", 2, 5/"inner", 2, 0/; s/^{"end".*/{"end": {}}/' | show --parse > "$T/none.mp"
    refuses 3 "rank: $T/none.mp: "'no table "m" of candidates' --index "$T/none.mp" --query ann
    indexed -e 's/"columns": {"i": "str", "title"/"columns": {"j": "str", "title"/' > "$T/key.mp"
    refuses 3 "rank: $T/key.mp: "'table "m" has no column "i", its key' --all --csv "$T/key.mp"
    refuses 3 'table "m" has no column "i", its key' --likes a "$T/key.mp"
    refuses 3 'no table "x" to rank for' --table x "$T/i.mp"
    refuses 3 'no index of the name "x"' --name x "$T/i.mp"
    refuses 3 'no column "query"' --table vocab/u "$T/i.mp"
}

@test "bad input: what does not fit" {
    rank "$T/i.mp" > "$T/r.mp"
    refuses 3 'there are rankings already' --index "$T/i.mp" "$T/r.mp"
    spoils 'table "r.test" has a column "score" already' 's/"rating": "f32", "at"/"score": "f32", "at"/'
    show --json "$T/i.mp" > "$T/lines"
    sed 's/\["candidate", "flat", "m", "inner", 2, 5\]/["candidate", "flat", "m", "inner", 2, 6]/' "$T/lines" | show --parse > "$T/rows.mp"
    refuses 3 'index "candidate" claims 6 vectors, but table "index/candidate" has 5' "$T/rows.mp"
    sed 's/"inner", 2, 5/"inner", 3, 5/' "$T/lines" | show --parse > "$T/dim.mp"
    refuses 3 'column "vector" is f32[2], wanted f32[3]' "$T/dim.mp"
    sed 's/"flat", "m"/"round", "m"/' "$T/lines" | show --parse > "$T/kind.mp"
    refuses 3 'is of the kind "round", which is not known' "$T/kind.mp"
    sed 's/"inner", 2/"dot", 2/' "$T/lines" | show --parse > "$T/metric.mp"
    refuses 3 'has the metric "dot", wanted inner, cosine or l2' "$T/metric.mp"
    sed 's/"flat", "m"/"flat", "r"/' "$T/lines" | show --parse > "$T/of.mp"
    refuses 3 'is of table "r", wanted the candidates, "m"' "$T/of.mp"
    sed 's/^\[\[2, 1\]\]$/[["nan", 1]]/' "$T/lines" | show --parse > "$T/nan.mp"
    refuses 3 'table "param/embed/u": row 1 has a number that is not finite' "$T/nan.mp"
    sed 's/^\[\[2, 1\]\]$/[[3e38, 3e38]]/' "$T/lines" | show --parse > "$T/large.mp"
    refuses 3 "rank: $T/large.mp: "'index "candidate": row 2: a score of inf, wanted a finite one' "$T/large.mp"
}

@test "bad input: an index and a stream of other vocabularies" {
    indexed -e 's/^\["Beta", 1\]/["Bela", 1]/' > "$T/other.mp"
    refuses 3 "rank: $T/i.mp: an index of other data: its vocabularies are not those of $T/other.mp" --index "$T/i.mp" "$T/other.mp"
    # Films of the same titles, but other ones.
    indexed -e 's/^\["a", "Alpha"/["z", "Alpha"/' > "$T/other.mp"
    refuses 3 "rank: $T/i.mp: an index of other data: its candidates are not those of $T/other.mp" --index "$T/i.mp" "$T/other.mp"
    # Without vocabularies there is nothing to compare.
    show --json "$T/i.mp" | awk '/^{"table": "vocab/ { next } /^{/ { skip = /^{"frame": "vocab/ } !skip' | sed 's/^{"end".*/{"end": {}}/' |
        show --parse > "$T/without.mp"
    run -0 pipe "rank --index '$T/i.mp' '$T/without.mp' | show --json --table rankings"
    says '[0, [2, 0, 3], [3, 2, 2]]'
}

@test "bad input: an index with numbers that are not finite" {
    for number in nan inf -inf; do
        show --json "$T/i.mp" | sed "s/^\[\[0, 1\]\]$/[[0, \"$number\"]]/" | show --parse > "$T/$number.mp"
        # The candidates' parameters have such a row too, but they are not read.
        refuses 3 "rank: $T/$number.mp: table \"index/candidate\": column \"vector\": row 1: number 1 is $number, wanted a finite one" "$T/$number.mp"
        refuses 3 "row 1: number 1 is $number, wanted a finite one" --index "$T/$number.mp" "$T/i.mp"
        refuses 3 "row 1: number 1 is $number, wanted a finite one" --query ann "$T/$number.mp"
    done
    # A mapped file is not read through for one answer: what shows there is the score.
    refuses 3 "rank: $T/inf.mp: index \"candidate\": row 1: a score of inf, wanted a finite one" --index "$T/inf.mp" --query ann
}

@test "bad input: streams that are cut, spoilt or empty" {
    head -c 3000 "$T/i.mp" > "$T/cut.mp"
    refuses 3 'truncated after' "$T/cut.mp"
    run -3 --separate-stderr rank --index "$T/cut.mp" --query ann
    complains 'truncated after'
    : > "$T/empty"
    refuses 3 'empty input' "$T/empty"
    run -3 --separate-stderr rank --index "$T/empty" --query ann
    complains 'empty input'
    run -1 --separate-stderr rank --index "$T/none" --query ann
    complains 'open'
    run -1 --separate-stderr rank -o /dev/full "$T/i.mp"
    complains 'No space left on device'
    run -1 --separate-stderr rank --index "$T/i.mp" --query ann -o /dev/full
    complains 'No space left on device'
}

@test "spools to disk where memory is small, and is the same" {
    rank "$T/i.mp" | show --json | tail -n +2 > "$T/whole"
    rank --memory 1K "$T/i.mp" | show --json | tail -n +2 > "$T/spooled"
    diff "$T/whole" "$T/spooled"
}

@test "-v: one closing line" {
    run -0 --separate-stderr rank -v -o "$T/r.mp" "$T/i.mp"
    complains "rank: table=r.test queries=3 candidates=5 dim=2 seconds="
}

@test "a table of queries with its own key: known and unknown people" {
    indexed -e 's/\[data\]\\n/[table people]\\npath = p.csv\\ncolumns = name, town\\nkey = name\\n&/; s/query = u\\n/query = u -> people\\n/
        s/\[feature u\]/[feature town]\\nembed = 2\\n[feature name]/; s/inputs = u\\n/inputs = name\\n/
        s/"queries"/"people"/; s/"u": "str"/"name": "str", "town": "str"/; s/"feature\/u"/"feature\/name"/; s/vocab\/u/vocab\/name/; s/embed\/u/embed\/name/
        s/^\["\(ann\|bob\|eve\)", \([0-9]\), \([0-9]\)\]/["\1", "Ulm", \2, \3]/' > "$T/p.mp"
    run -0 --separate-stderr rank --index "$T/p.mp" --query ann --query zoe -k 1
    complains 'unknown query "zoe"'
    [ "${lines[1]}" = '  1  3.0000  Gamma  c  [x, y]' ]
    [ "${lines[3]}" = '  1  1.0000  Alpha  a  [x]' ]
    rank "$T/p.mp" | table rankings | grep -Fx '[0, [2, 0, 3], [3, 2, 2]]'
}

@test "the candidates' parameters are not needed: their vectors are in the index" {
    indexed -e '/"param\/embed\/title"/d; /^\[\[0, 0\]\]$/,/^\[\[-1, -1\]\]$/d' > "$T/p.mp"
    run -0 --separate-stderr rank --index "$T/p.mp" --query ann -k 1
    [ "${lines[1]}" = '  1  3.0000  Gamma  c  [x, y]' ]
    rank "$T/p.mp" | table rankings | grep -Fx '[0, [2, 0, 3], [3, 2, 2]]'
}

@test "two tasks: a typed query that is not known is made for the tower of the index" {
    printf 'u,i\n1,a\n1,b\n2,a\n3,b\n' > "$T/r.csv"
    printf 'u,town\n1,x\n2,y\n3,x\n' > "$T/u.csv"
    cat > "$T/two.ini" << 'END'
[table r]
path = r.csv
[table users]
path = u.csv
key = u
[data]
interactions = r
query = u -> users
candidate = i
[split]
method = none()
[tower query]
inputs = u
[tower candidate]
inputs = i
[tower other]
inputs = town, u
[task a]
kind = retrieval(query, candidate)
[task b]
kind = retrieval(other, wide)
[tower wide]
inputs = i, i2
[feature i2]
encode = lookup(from=i)
END
    tokenize -c "$T/two.ini" | split | vocab | batch | train -q | embed --tower wide | index --name wide -o "$T/two.index"
    run -0 --separate-stderr rank --index "$T/two.index" --query nobody -k 1
    complains 'unknown query "nobody"'
    run -0 rank --index "$T/two.index" --query 3 -k 2
}

@test "--likes and --all, where the tower reads what a query took" {
    printf 'u,i,at\n1,a,1\n1,b,2\n2,a,3\n2,c,4\n3,"d|e",5\n3,c,6\n' > "$T/r.csv"
    for kind in 'history(of=i)' 'sequence(n=2, of=i)'; do
        printf '%s\n' '[table r]' 'path = r.csv' 'columns = u, i, at:time' '[data]' 'interactions = r' 'query = u' 'candidate = i' 'time = at' \
            '[split]' 'method = none()' '[feature took]' "encode = $kind" 'pool = sum' '[tower query]' 'inputs = took' > "$T/h.ini"
        tokenize -c "$T/h.ini" | vocab | batch | train -q | embed | index -o "$T/h.index"
        # User 1 took a and b: to like both is the same, whoever asks; without them.
        run -0 --separate-stderr rank --index "$T/h.index" --likes a --likes b --json
        [ -z "$stderr" ]
        likes=$(grep -o '"score": [^,]*' <<< "$output")
        [ "$(wc -l <<< "$likes")" -eq 2 ]
        [ "$likes" = "$(rank --index "$T/h.index" --query 1 --exclude seen --json | grep -o '"score": [^,]*')" ]
        run -0 rank --index "$T/h.index" --likes 'd|e' -k 9
        [ "${#lines[@]}" -eq 4 ]
        diff <(rank --index "$T/h.index" --all --csv) <(rank --index "$T/h.index" --query 1 --query 2 --query 3 --csv)
    done
}
