# serve: models with heads, which re-rank, and with towers of queries that read columns of the interactions. What is answered is what rank answers.
load helpers
load serve

# A search whose tower of queries reads the hour, and two heads, one of which reads it too: $C/h.index.
setup_file() {
    export C="$BATS_FILE_TMPDIR"
    cd "$C"
    for u in a b c d e f; do
        for i in 1 2 3 4 5; do
            [ $(( ($(printf %d "'$u") + i) % 3 )) -eq 0 ] || printf '%s,%s,%s,%s\n' "$u" "$i" $(( ($(printf %d "'$u") * i) % 5 + 1 )) $((i * 7 % 24))
        done
    done > r.csv
    printf '%s\n' '[table r]' 'path = r.csv' 'header = no' 'columns = u, i, y:f32, h:f32' '[data]' 'interactions = r' 'query = u' 'candidate = i' 'label = y' \
        '[split]' 'method = none()' '[feature h]' 'encode = normalize()' '[feature part]' 'encode = bucketize((12), from=h)' 'embed = 4' \
        '[tower query]' 'inputs = u, part' 'layers = dense(8)' '[tower candidate]' 'inputs = i' 'layers = dense(8)' \
        '[head rating]' 'inputs = u, i' 'layers = dense(8, relu), dense(1)' '[head moment]' 'inputs = u, h, i' 'layers = dense(4, tanh), dense(1)' \
        '[task watch]' 'kind = retrieval(query, candidate)' '[task rating]' 'kind = regression(rating)' '[task moment]' 'kind = regression(moment)' \
        '[train]' 'epochs = 5' > h.ini
    tokenize -c h.ini | split | vocab | batch | train -q -t 1 | embed | index > h.index
}

setup() {
    start "$C/h.index"
}

# ranked OPTION ...: the keys and scores of rank's list.
ranked() {
    rank --index "$C/h.index" -k 3 --json "$@" 2> /dev/null | jq -c '.recommendations | [map(.candidate.i), map(.score)]'
}

# predicted INSTANCE [RULES]: those of serve's.
predicted() {
    ask /v1/models/h:predict "{\"instances\": [$1], \"k\": 3${2:+, $2}}" | sed 's/^200 //' | jq -c '.predictions[0] | [.output_2, .output_1]'
}

# same FOUND WANTED: and neither is nothing.
same() {
    [ -n "$2" ] && [ "$1" = "$2" ] || { printf 'found  %s\nwanted %s\n' "$1" "$2"; return 1; }
}

@test "rerank: by a head, for somebody known, for likes, and of fewer of the search" {
    searched=$(predicted '"b"')
    for head in rating moment; do
        found=$(predicted '"b"' "\"rerank\": \"$head\"")
        [ "$found" != "$searched" ]
        same "$found" "$(ranked --query b --rerank "$head")"
        same "$(predicted "{\"u\": \"b\", \"rerank\": \"$head\"}")" "$found"
        same "$(predicted '{"likes": ["1", "4"]}' "\"rerank\": \"$head\"")" "$(ranked --likes 1 --likes 4 --rerank "$head")"
    done
    same "$(predicted '"b"' '"rerank": "rating", "exclude_seen": true')" "$(ranked --query b --rerank rating --exclude seen)"
    same "$(predicted '"b"' '"rerank": "rating", "filter": "not i = 3"')" "$(ranked --query b --rerank rating --filter 'not i = 3')"
    same "$(predicted '"b"' '"rerank": "rating", "rerank_n": 3')" "$(ranked --query b --rerank rating --rerank-n 3)"
    [ "$(jq -c '.[0] | sort' <<< "$(predicted '"b"' '"rerank": "rating", "rerank_n": 3')")" = "$(jq -c '.[0] | sort' <<< "$searched")" ]
    same "$(predicted '"b"' '"rerank": null')" "$searched"
}

@test "mmr: of a search, of what a head says, and of what is similar" {
    same "$(predicted '"b"' '"mmr": 0.3')" "$(ranked --query b --mmr 0.3)"
    same "$(predicted '"b"' '"mmr": 0.3, "rerank": "rating"')" "$(ranked --query b --mmr 0.3 --rerank rating)"
    same "$(predicted '{"similar_to": "1"}' '"mmr": 0.3')" "$(ranked --similar 1 --mmr 0.3)"
    [ "$(predicted '{"similar_to": "1"}' '"mmr": 0.3')" != "$(predicted '{"similar_to": "1"}')" ]
    same "$(predicted '"b"' '"mmr": 1')" "$(ranked --query b)"
}

@test "columns of the interactions: as given, or as in the latest" {
    for hour in 3 21; do
        for query in b e; do
            same "$(predicted "{\"u\": \"$query\", \"h\": $hour}")" "$(ranked --query "$query" --with "h=$hour")"
            same "$(predicted "{\"u\": \"$query\", \"h\": $hour, \"rerank\": \"moment\"}")" "$(ranked --query "$query" --with "h=$hour" --rerank moment)"
        done
        same "$(predicted "{\"likes\": [\"1\"], \"h\": $hour}")" "$(ranked --likes 1 --with "h=$hour")"
        same "$(predicted "{\"u\": \"nobody\", \"h\": $hour}")" "$(ranked --query nobody --with "h=$hour")"
        same "$(predicted "{\"h\": $hour}")" "$(ranked --query nobody --with "h=$hour")"
    done
    [ "$(predicted '{"u": "b", "h": 3}')" != "$(predicted '{"u": "b", "h": 21}')" ]
    [ "$(predicted '{"u": "b", "h": 3, "rerank": "moment"}')" != "$(predicted '{"u": "b", "h": 21, "rerank": "moment"}')" ]
    same "$(predicted '{"u": "b", "h": "21"}')" "$(predicted '{"u": "b", "h": 21}')"
    same "$(predicted '"b"')" "$(ranked --query b)"
    same "$(predicted '{"u": "b", "h": null}')" "$(ranked --query b)"
    same "$(predicted '{"likes": ["1"]}')" "$(ranked --likes 1)"
}

@test "somebody unknown: by the columns given, else by popularity, whatever re-ranks; the answer says so" {
    run ask /v1/models/h:predict '{"instances": [{"u": "nobody", "h": 3}, "nobody", "b"], "k": 2, "rerank": "moment", "mmr": 0.5}'
    [ "$(jq -c '[.fallback, .predictions[1]]' <<< "${output#200 }")" = '[["features","popularity",null],{"output_1":[4,4],"output_2":["1","2"]}]' ] || { echo "$output"; false; }
}

@test "several in a request, each in its own moment, through every format" {
    early=$(ranked --query b --with h=3 --rerank moment) late=$(ranked --query b --with h=21 --rerank moment)
    run ask /v1/models/h:predict '{"instances": [{"u": "b", "h": 3}, {"u": "b", "h": 21}], "k": 3, "rerank": "moment"}'
    same "$(jq -c '.predictions[] | [.output_2, .output_1]' <<< "${output#200 }")" "$early"$'\n'"$late"
    run ask /v1/models/h:predict '{"inputs": {"u": ["b", "b"], "h": [3, 21]}, "k": 3, "rerank": "moment"}'
    same "$(jq -c '.outputs | [.output_2, .output_1] | transpose[]' <<< "${output#200 }")" "$early"$'\n'"$late"
    run ask /v2/models/h/infer '{"inputs": [{"name": "u", "shape": [2], "datatype": "BYTES", "data": ["b", "b"]}, {"name": "h", "shape": [2], "datatype": "FP32", "data": [3, 21]}],
        "parameters": {"k": 3, "rerank": "moment"}}'
    same "$(jq -c '.outputs | [.[1].data[0:3], .[0].data[0:3]], [.[1].data[3:6], .[0].data[3:6]]' <<< "${output#200 }")" "$early"$'\n'"$late"
    run ask /api/models/h/recommend '{"query": "b", "features": {"h": 21}, "k": 3, "rerank": "moment"}'
    same "$(jq -c '.recommendations | [map(.key), map(.score)]' <<< "${output#200 }")" "$late"
    run ask /api/models/h/info
    [ "$(jq -c '[.features, .heads]' <<< "${output#200 }")" = '[["h"],["rating","moment"]]' ]
}

@test "what cannot be re-ranked or read is said" {
    wrong() { gives "400 {\"error\": \"$1\"}" /v1/models/h:predict "{\"instances\": [$2]}"; }
    wrong 'rerank \"ratings\": the model has no such head, did you mean \"rating\"' '{"u": "b", "rerank": "ratings"}'
    wrong 'rerank: similar_to asks for nobody for whom a head could predict' '{"similar_to": "1", "rerank": "rating"}'
    wrong 'similar_to: columns of a query say nothing beside it' '{"similar_to": "1", "h": 3}'
    wrong 'similar_to and \"u\": choose one' '{"similar_to": "1", "u": "b"}'
    wrong 'likes and \"u\": choose one' '{"likes": ["1"], "u": "b"}'
    wrong 'feature \"part\": \"x\", wanted a number' '{"u": "b", "h": "x"}'
    wrong 'unknown member \"y\": a query is named by \"u\"' '{"u": "b", "y": 3}'
}
