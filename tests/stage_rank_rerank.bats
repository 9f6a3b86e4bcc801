# rank --rerank: the best of the search in the order of a head.
load helpers

# Users who rate, some features that only the head reads, and a trained index in $T/index.
setup() {
    for u in a b c d e f; do
        for i in 1 2 3 4 5; do
            [ $(( ($(printf %d "'$u") + i) % 3 )) -eq 0 ] || printf '%s,%s,%s,%s\n' "$u" "$i" $(( ($(printf %d "'$u") * i) % 5 + 1 )) $((i * 7 % 24))
        done
    done > "$T/r.csv"
    printf '%s\n' '[table r]' 'path = r.csv' 'header = no' 'columns = u, i, y:f32, h:f32' '[data]' 'interactions = r' 'query = u' 'candidate = i' 'label = y' \
        '[split]' 'method = none()' '[head rating]' 'inputs = u, i' 'layers = dense(8, relu), dense(1)' \
        '[task watch]' 'kind = retrieval(query, candidate)' '[task rating]' 'kind = regression(rating)' '[train]' 'epochs = 5' ${CONFIG+"$CONFIG"} > "$T/r.ini"
    tokenize -c "$T/r.ini" | split | vocab | batch | train -q -t 1 | embed | index > "$T/index"
}

# What score says of every user and item that are in the ratings, as "user item score", to 4 places.
predicted() {
    score "$T/index" | show --json --table scores | sed -n 's/^\[\([0-9]*\), \([0-9]*\), .*, \([^]]*\)\]$/\1 \2 \3/p' | awk '{ printf "%d %d %.4f\n", $1, $2, $3 }' | sort
}

@test "rank --rerank orders by the head, whose prediction is the score" {
    rank --rerank rating -k 5 --table r "$T/index" > "$T/ranked"
    show --json --table rankings "$T/ranked" | grep '^\[' | sed 's/[][,]/ /g' |
        awk '{ n = (NF - 1) / 2; for (j = 1; j <= n; j++) { if (j > 1 && $(1 + n + j) > $(n + j)) exit 1; printf "%d %d %.4f\n", $1, $(1 + j), $(1 + n + j) } }' | sort > "$T/listed"
    [ "$(wc -l < "$T/listed")" -eq 30 ]
    # Every pair that was rated has the score that `score` gives it.
    [ -z "$(comm -23 <(predicted) "$T/listed")" ]
}

@test "rank --rerank-n: how many of the search the head sees; the rest are not in the lists" {
    rank --query a -k 2 --json --index "$T/index" | grep -o '"row": [0-9]*' | sort > "$T/searched"
    rank --query a -k 2 --rerank rating --rerank-n 2 --json --index "$T/index" | grep -o '"row": [0-9]*' | sort | cmp - "$T/searched"
}

@test "rank --rerank: typed queries, unknown ones and everyone" {
    run -0 --separate-stderr rank --query b -k 3 --rerank rating --csv --index "$T/index"
    [ "$(printf '%s\n' "$output" | wc -l)" -eq 4 ]
    one=$output
    run -0 --separate-stderr rank --all -k 3 --rerank rating --csv --index "$T/index"
    [ "$(printf '%s\n' "$output" | grep '^b,')" = "$(printf '%s\n' "$one" | grep '^b,')" ]
    run -0 --separate-stderr rank --query nobody -k 3 --rerank rating --csv --index "$T/index"
    [ "$(printf '%s\n' "$output" | wc -l)" -eq 4 ]
    run -0 --separate-stderr rank --likes 1 -k 2 --rerank rating --csv --index "$T/index"
    [ "$(printf '%s\n' "$output" | wc -l)" -eq 3 ]
}

@test "rank --rerank by a head that reads what the search does not, also of the interactions" {
    CONFIG=$'[feature h]\nencode = normalize()\n[feature u2]\nencode = hash(bins=8, from=u)\nembed = 4\n[head moment]\ninputs = u2, h, i\nlayers = dense(4, tanh), dense(1)\n[task moment]\nkind = regression(moment)' setup
    run -0 rank --query b -k 3 --rerank moment --csv --index "$T/index" --with h=3
    early=$output
    run -0 rank --query b -k 3 --rerank moment --csv --index "$T/index" --with h=21
    [ "$output" != "$early" ]
    run -0 --separate-stderr rank --query nobody -k 3 --rerank moment --csv --index "$T/index"
    rank --rerank moment -k 5 --table r "$T/index" > "$T/ranked"
    run -0 show "$T/ranked"
    says rankings
}

@test "rank --rerank: a head that is not there" {
    run -2 --separate-stderr rank --query b --rerank ratings --index "$T/index"
    complains '--rerank "ratings": the model has no such head, did you mean "rating"'
    tokenize -c "$ROOT/pipelines/movies.ini" --set train.epochs=1 | split | vocab | batch | train -q | embed | index > "$T/plain"
    run -2 --separate-stderr rank --query 1 --rerank rating --index "$T/plain"
    complains 'the model has no heads'
}
