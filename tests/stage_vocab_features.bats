# vocab: every kind of feature once through the whole stage. What each computes is tested in unit_feature_*.
load helpers

# parse CONFIG < LINES: a stream of lines as of show --parse, after the header.
parse() {
    { printf '{"millrace": 1, "config": "%s", "history": []}\n' "$(printf '%s\n' "$1" | sed 's/\\/\\\\/g; :a;N;$!ba;s/\n/\\n/g')"; cat; } | show --parse
}

rows() {
    show --json --table "$1" | sed -n '/^\[/p' | tr -d ' '
}

# config INPUTS-OF-QUERY INPUTS-OF-CANDIDATE SECTIONS...
config() {
    cat << END
[table r]
path = r
header = yes
columns = u, i, t:time, tags:list(|), rating:f32?
[table films]
path = films
columns = id, title, year:i64, genres:list(|), size:f32?
header = yes
key = id
${JOIN-}
[table texts]
path = texts
columns = id, plot, length:f32?, cast:list(|)
header = yes
key = id
[data]
interactions = r
query = u
candidate = i -> films
time = t
[tower query]
inputs = $1
[tower candidate]
inputs = $2
$3
END
}

some() {
    parse "$1" << 'END'
{"table": "films", "columns": {"id": "str", "title": "str", "year": "i64", "genres": "str*", "size": "f32"}}
{"frame": "films"}
["m1", "Toy Story (1995)", 1995, ["Fun", "Kids"], 1]
["m2", "", 2001, [], "nan"]
["m3", "Story!", 1995, ["Fun"], 3]
{"table": "texts", "columns": {"id": "str", "plot": "str", "length": "f32", "cast": "str*"}}
{"frame": "texts"}
["m3", "A toy.", 7, ["Tim"]]
["m0", "Nobody has it.", 1, []]
{"table": "r", "columns": {"u": "str", "i": "str", "t": "i64", "tags": "str*", "rating": "f32"}}
{"frame": "r"}
["al", "m1", 3600, ["m3", "m2"], 5]
["al", "m3", 7200, [], "nan"]
["bob", "m1", 0, ["m1"], 3]
["al", "m1", 10800, ["m9"], 1]
{"table": "r.test", "columns": {"u": "str", "i": "str", "t": "i64", "tags": "str*", "rating": "f32"}}
{"frame": "r.test"}
["al", "m2", 7200, [], 2]
["cy", "m2", -1, [], 2]
{"end": {}}
END
}

@test "vocab --help names every kind with its arguments" {
    run -0 vocab --help
    for kind in lookup hash cross bucketize normalize text list vector sequence history unified clock; do
        says "  $kind("
    done
    says 'ngrams=1, split=whitespace|character|none'
    says "standardize=lower_and_strip|lower|strip|none, length=, from=)"
}

@test "vocab: every kind of encoder by the side of the others" {
    some "$(config u 'i, title, words, h, x, era, old, genres, size' '
[feature i]
encode = lookup(from=id)
[feature words]
encode = text(from=title, ngrams=2)
[feature h]
encode = hash(bins=10, from=id)
[feature x]
encode = cross(id, year, bins=10)
[feature era]
encode = bucketize((1995.5, 2000), from=year)
[feature old]
encode = normalize(from=year)
[feature genres]
encode = list()
[feature size]
encode = normalize(mean=1, variance=4)
default = 5')" > "$T/in"
    vocab < "$T/in" > "$T/out" 2> "$T/err"
    run -0 cat "$T/err"
    says 'feature "size": 1 of 3 values are missing, and taken to be "5"'
    run -0 diff <(rows vocab/words < "$T/out") <(printf '%s\n' '["story",4]' '["toystory",3]' '["toy",3]' '["story1995",3]' '["1995",3]')
    run -0 diff <(rows vocab/genres < "$T/out") <(printf '%s\n' '["Fun",4]' '["Kids",3]')
    # 1995 four times, no variance; what never occurred counts for nothing.
    run -0 diff <(rows stats/old < "$T/out") <(echo '[1995,0,4]')
    run -0 diff <(rows stats/era < "$T/out") <(printf '%s\n' '[1995.5]' '[2000]')
    run -0 show "$T/out"
    says 'feature/i u32, feature/title u32, feature/words u32*, feature/h u32, feature/x u32, feature/era u32, feature/old f32, feature/genres u32*, feature/size f32'
    run -0 rows films < "$T/out"
    [[ "${lines[0]}" == *',[4,2,6,3,5],'*',0,0,[1,2],0]' ]]
    [[ "${lines[1]}" == *',[],'*',2,6'*',[],2]' ]]
    [[ "${lines[2]}" == *',[2],'*',0,0,[1],1]' ]]
}

@test "vocab: features of the interactions stand beside them, fitted to those to train on" {
    some "$(config 'u, hour, when' 'i' '
[feature i]
encode = lookup(from=id)
[feature hour]
encode = clock(hour, from=t)
[feature when]
encode = bucketize(linspace(2), from=t)')" | vocab > "$T/out"
    run -0 diff <(rows stats/when < "$T/out") <(printf '%s\n' '[0]' '[10800]')
    run -0 diff <(rows r < "$T/out" | cut -d] -f2) <(printf '%s\n' ',5,1,1' ',"nan",2,1' ',3,0,1' ',1,3,2')
    run -0 diff <(rows r.test < "$T/out" | cut -d] -f2) <(printf '%s\n' ',2,2,1' ',2,23,0')
    run -0 diff <(rows queries < "$T/out" | cut -d, -f1,2) <(printf '%s\n' '["al",3' '["bob",1' '["cy",0')
}

@test "vocab: a sequence is what the query took before, never after, by the ids of the candidate's feature" {
    some "$(config 'u, last' 'i' '
[feature i]
encode = lookup(from=id)
[feature last]
encode = sequence(n=2)')" | vocab > "$T/out"
    run -0 diff <(rows vocab/i < "$T/out") <(printf '%s\n' '["m1",3]' '["m3",1]')
    # al: m1 at 3600, m3 at 7200, m2 (held back) at 7200, m1 at 10800.
    run -0 diff <(rows r < "$T/out" | grep -o '\[[0-9,]*\]\]$') <(printf '%s\n' '[]]' '[1]]' '[]]' '[2,0]]')
    run -0 diff <(rows r.test < "$T/out" | grep -o '\[[0-9,]*\]\]$') <(printf '%s\n' '[1,2]]' '[]]')
    run -0 diff <(rows queries < "$T/out" | grep -o '\[[0-9,]*\]\]$') <(printf '%s\n' '[2,1]]' '[1]]' '[]]')
}

@test "vocab: a history is all that the query took of what is trained on, each once, in its own row" {
    some "$(config 'u, had' 'i' '
[feature i]
encode = lookup(from=id)
[feature had]
encode = history()')" | vocab > "$T/out"
    run -0 diff <(rows vocab/i < "$T/out") <(printf '%s\n' '["m1",3]' '["m3",1]')
    # al: m1 twice and m3, but not m2, which is held back; bob: m1; cy: held back alone.
    run -0 diff <(rows queries < "$T/out" | grep -o '\[[0-9,]*\]\]$') <(printf '%s\n' '[1,2]]' '[1]]' '[]]')
    run -1 bash -c "show '$T/out' | grep '  r .*feature/had'"
}

@test "vocab: a history needs no times" {
    some "$(config 'u, had' 'i' '
[feature i]
encode = lookup(from=id)
[feature had]
encode = history(of=i)' | sed 's/time = t//')" | vocab > "$T/out"
    run -0 diff <(rows queries < "$T/out" | grep -o '\[[0-9,]*\]\]$') <(printf '%s\n' '[1,2]]' '[1]]' '[]]')
}

@test "vocab: a sequence of a given column of lists" {
    some "$(config 'u, last' 'i' '
[feature i]
encode = lookup(from=id)
[feature last]
encode = sequence(n=1, of=i, from=tags)')" | vocab > "$T/out"
    run -0 diff <(rows r < "$T/out" | grep -o '\[[0-9,]*\]\]$') <(printf '%s\n' '[0]]' '[]]' '[1]]' '[0]]')
}

@test "vocab: unified embeddings, vectors of a file" {
    printf '2 2\nm1 1 2\nm3 3 4\n' > "$T/vectors"
    some "$(config u 'i, a, b, v' "
[feature i]
encode = lookup(from=id)
[feature a]
table = shared
encode = unified(buckets=5, tables=2, chunks=2, from=title)
[feature b]
table = shared
encode = unified(buckets=5, tables=2, chunks=1, from=id)
[feature v]
encode = vector(file=$T/vectors, from=id)")" > "$T/in"
    vocab < "$T/in" > "$T/out" 2> "$T/err"
    run -0 cat "$T/err"
    says 'feature "v": 1 of 3 terms have no vector'
    run -0 show "$T/out"
    says 'feature/a u32[2], feature/b u32[1], feature/v f32[2]'
    run -0 diff <(rows films < "$T/out" | grep -o '\[[0-9,]*\]\]$') <(printf '%s\n' '[1,2]]' '[0,0]]' '[3,4]]')
    rm "$T/vectors"
    vocab --from "$T/out" < "$T/in" | show --json | sed 1d | diff - <(show --json "$T/out" | sed 1d)
}

@test "vocab: a table joined by key" {
    JOIN='join = texts' some "$(JOIN='join = texts' config u 'i, plot, cast, length' '
[feature i]
encode = lookup(from=id)
[feature plot]
encode = text(min_count=0)
[feature cast]
encode = list()
[feature length]
encode = normalize(mean=0, variance=1)
default = 100')" > "$T/in"
    vocab < "$T/in" > "$T/out" 2> "$T/err"
    run -0 cat "$T/err"
    says 'table "films": 2 of 3 rows have none in table "texts": they get empty values'
    run -0 diff <(rows films < "$T/out") <(printf '%s\n' \
        '["m1","ToyStory(1995)",1995,["Fun","Kids"],1,"","nan",[],3,1,[],[],100]' \
        '["m2","",2001,[],"nan","","nan",[],0,0,[],[],100]' \
        '["m3","Story!",1995,["Fun"],3,"Atoy.",7,["Tim"],1,2,[3,2],[1],7]')
    run -0 show "$T/out"
    [[ "$output" != *' texts '* ]]
}

@test "vocab: what does not join" {
    run -3 --separate-stderr bash -c "$(declare -f parse some config); JOIN='join = text' some \"\$(JOIN='join = text' config u i '')\" | vocab"
    complains 'join is "text", but there is no [table text]'
    JOIN='join = texts'
    for what in 's/"plot": "str"/"title": "str"/ both_have' 's/"m0"/"m3"/ one_key' 's/"plot": "str"/"count": "str"/ already'; do
        sed=${what% *}
        some "$(JOIN='join = texts' config u i '[feature i]
encode = lookup(from=id)')" | show --json | sed "$sed; s/, \"rows\": [0-9]*//; s/^{\"end\".*/{\"end\": {}}/" | show --parse > "$T/in"
        run -3 --separate-stderr vocab "$T/in"
        complains "$(echo "${what##* }" | tr _ ' ')"
    done
}

@test "vocab --extend: old terms keep their ids, new ones follow" {
    C=$(config u 'i, genres, old' '
[feature i]
encode = lookup(from=id)
[feature genres]
encode = list()
[feature old]
encode = normalize(from=year)')
    some "$C" > "$T/in"
    vocab -o "$T/first" "$T/in"
    show --json "$T/in" | sed 's/"m3"/"m4"/g; s/"Kids"/"War"/; s/, "rows": [0-9]*//; s/^{"end".*/{"end": {}}/; s/1995/1990/g' | show --parse > "$T/later"
    vocab --extend "$T/first" -o "$T/out" "$T/later"
    run -0 diff <(rows vocab/i < "$T/out") <(printf '%s\n' '["m1",3]' '["m3",0]' '["m4",1]')
    run -0 diff <(rows vocab/genres < "$T/out") <(printf '%s\n' '["Fun",4]' '["Kids",0]' '["War",3]')
    run -0 diff <(rows vocab/u < "$T/out") <(printf '%s\n' '["al",3]' '["bob",1]')
    run -0 diff <(rows stats/old < "$T/out") <(rows stats/old < "$T/first")
    vocab --extend "$T/first" "$T/in" | show --json | sed 1d | diff - <(show --json "$T/first" | sed 1d)
    run -2 --separate-stderr vocab --extend "$T/first" --from "$T/first" "$T/in"
    complains 'choose one'
}

@test "vocab: features that cannot be" {
    some "$(config u i '[feature i]
encode = lookup(from=id)')" > "$T/in"
    refuse() {
        run -3 --separate-stderr vocab "${@:2}" "$T/in"
        complains "$1"
    }
    refuse 'column "rating" is missing, and there is no default' --set 'tower query.inputs=u,rating' --set 'feature rating.encode=normalize()'
    refuse 'a candidate has one vector' --set 'tower candidate.inputs=i,t' --set 'feature t.encode=normalize()'
    refuse 'a candidate has one vector' --set 'tower candidate.inputs=i,s' --set 'feature s.encode=sequence()'
    refuse 'by which interactions refer to a row' --set 'tower query.inputs=c' --set 'feature c.encode=cross(u, t, bins=9)'
    refuse 'wants their time' --set 'tower query.inputs=u,s' --set 'feature s.encode=sequence()' --set data.time=
    refuse 'is the history of a query: a candidate has none' --set 'tower candidate.inputs=i,s' --set 'feature s.encode=history()'
    refuse 'of is "nobody"' --set 'tower query.inputs=u,s' --set 'feature s.encode=history(of=nobody)'
    refuse 'a history of "year", which is bucketize()' --set 'tower query.inputs=u,s' --set 'feature s.encode=history()' \
        --set 'tower candidate.inputs=year' --set 'feature year.encode=bucketize((2000))'
    refuse 'of is "nobody"' --set 'tower query.inputs=u,s' --set 'feature s.encode=sequence(of=nobody)'
    refuse 'did you mean "text"' --set 'tower candidate.inputs=title' --set 'feature title.encode=texts()'
    refuse 'wanted clock(hour)' --set 'tower query.inputs=u,t' --set 'feature t.encode=clock(minute)'
    refuse 'pattern "[a": ' --set 'tower candidate.inputs=title' --set 'feature title.encode=lookup(pattern=[a)'
}

@test "the path of a file of vectors is relative to the configuration" {
    mkdir -p "$T/folder"
    config u 'i, v' '[feature i]
encode = lookup(from=id)
[feature v]
encode = vector(file=vectors.txt, ids=/abs/ids, from=id)' > "$T/folder/c.ini"
    printf 'u,i,t,tags,rating\nal,m1,5,a|b,\n' > "$T/folder/r"
    printf 'id,title,year,genres,size\nm1,T,1999,x|y,\n' > "$T/folder/films"
    printf 'id,plot,length,cast\n' > "$T/folder/texts"
    tokenize -c "$T/folder/c.ini" > "$T/in"
    run -0 show --config "$T/in"
    says "encode = vector(file=$T/folder/vectors.txt, ids=/abs/ids, from=id)"
    run -0 diff <(rows r < "$T/in") <(echo '["al","m1",5,["a","b"],"nan"]')
}

@test "tables longer than a slice: every query has its own sequence, and a row in a message is found" {
    printf '[table r]\npath = r.csv\ncolumns = u, i, t:time\n[table us]\npath = us.csv\ncolumns = u, since:f64\nkey = u\n[data]\ninteractions = r\nquery = u -> us\ncandidate = i\ntime = t\n[split]\nmethod = none()\n[tower query]\ninputs = u, recent\n[feature recent]\nencode = sequence(n=1)\n[feature i]\nembed = 32\n' > "$T/s.ini"
    seq 20000 | awk 'BEGIN { print "u,i,t" } { print $1 ",c" $1 % 7 ",1" }' > "$T/r.csv"
    seq 20000 | awk 'BEGIN { print "u,since" } { print $1 "," ($1 == 16390 ? "1e30" : 0) }' > "$T/us.csv"
    tokenize -c "$T/s.ini" | split | vocab > "$T/out"
    show --json --table us "$T/out" | grep '^\[' | jq -c '[(.[0] | tonumber) % 7, .[-1][0]]' | sort -u > "$T/pairs"
    [ "$(wc -l < "$T/pairs")" -eq 7 ]
    run -3 --separate-stderr pipe "tokenize -c '$T/s.ini' --set 'tower query.inputs=u, hour' --set 'feature hour.encode=clock(hour, from=since)' -q 2> '$T/unread' | split | vocab > /dev/null"
    complains 'from row 16384 on: row 5: column "since" is 1e+30, no time'
}
