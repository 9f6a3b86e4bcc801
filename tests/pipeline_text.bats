# Models of many features on the shipped data, end to end: what is known of a film, the moment, what was watched before.
load helpers

# lift METRIC K: of the model over popularity, seen films excluded, in $output.
lift() {
    awk -v m="$1" -v k="$2" '$1 == m && $2 == k && $3 == "excluded" { print $NF }' <<< "$output"
}

at_least() {
    awk -v found="$1" -v wanted="$2" 'BEGIN { exit !(found + 0 >= wanted) }' || { echo "found $1, wanted at least $2: $output"; return 1; }
}

@test "pipelines/text.ini: titles, genres, years, plots, casts and the hour in one model, above popularity" {
    run -0 --separate-stderr pipe "tokenize -c '$ROOT/pipelines/text.ini' | split | vocab | batch | train | embed | index | tee '$T/index' | rank | evaluate"
    complains '5431 of 10506 rows have none in table "texts"'
    # Measured 1.16, 1.08 and 1.12; seeds move them by about 0.02.
    at_least "$(lift accuracy 10)" 1.10
    at_least "$(lift accuracy 100)" 1.04
    at_least "$(lift ndcg 10)" 1.05
    run -0 rank --index "$T/index" --query 42 --with timestamp=1365029107 -k 3 --exclude seen
    [ "$(grep -c '^ *[123]  [-0-9.]*  .*([0-9]\{4\}) ' <<< "$output")" -eq 3 ]
}

@test "a sequence of what was watched before recommends what comes next, for strangers too" {
    sed "s|\.\./data|$ROOT/data|; s/^method = .*/method = last(test=1)/; s/^inputs = user_id/inputs = last/; s/^inputs = movie_title/inputs = movie_id/" \
        "$ROOT/pipelines/movies.ini" > "$T/sequence.ini"
    printf '[feature last]\nencode = sequence(n=10)\n' >> "$T/sequence.ini"
    run -0 --separate-stderr pipe "tokenize -c '$T/sequence.ini' | split | vocab | batch | train | embed | index | tee '$T/index' | rank | evaluate"
    # Measured 1.21 and 1.25.
    at_least "$(lift accuracy 10)" 1.12
    at_least "$(lift ndcg 10)" 1.15
    run -0 bash -c "show '$T/index' | grep -c 'param/embed/'"
    says 1
    run -0 --separate-stderr rank --index "$T/index" --query nobody --with 'movie_id=0903624|1170358' -k 2
    told=$output
    run -0 --separate-stderr rank --index "$T/index" --query nobody -k 2
    [ "$told" != "$output" ]
    run -0 --separate-stderr rank --index "$T/index" --query 10 -k 3
    [[ "$output" != *' 0.0000 '* ]]
}
