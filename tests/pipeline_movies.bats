# The recipes end to end: text files in, recommendations and figures out, better than what is merely popular.
load helpers

# figure METRIC K SEEN COLUMN: a number of the metrics table in $output; the columns are model, popularity, lift.
figure() {
    local value
    value=$(awk -v m="$1" -v k="$2" -v s="$3" -v c="$4" '$1 == m && $2 == k && $3 == s { print c == "model" ? $4 : c == "lift" ? $NF : $(NF - 1) }' <<< "$output")
    [ -n "$value" ] || { echo "no $*: $output" >&2; return 1; }
    echo "$value"
}

# at_least FOUND WANTED
at_least() {
    awk -v found="$1" -v wanted="$2" 'BEGIN { exit !(found >= wanted) }' || { echo "found $1, wanted at least $2"; return 1; }
}

@test "make pipeline: recommendations by title, then a model above popularity" {
    run -0 env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS -u MAKELEVEL make -C "$ROOT" --no-print-directory BUILD="${BUILD#"$ROOT"/}" pipeline
    says 'What three people rated, and what to show them next:'
    [ "$(grep -c '^ *took ' <<< "$output")" -ge 7 ]
    while IFS= read -r line; do says "$line"; done < <(sed -n 's/^    \(  took .*\)/\1/p' "$ROOT/README.md")  # what the README shows of it
    [ "$(grep -c '^ *[123]  [-0-9.]*  .*([0-9]\{4\}) ' <<< "$output")" -eq 9 ]
    # Measured 0.450 and 0.166 where popularity has 0.415 and 0.136; seeds move them by about 0.003.
    at_least "$(figure accuracy 100 excluded model)" 0.43
    at_least "$(figure accuracy 100 excluded lift)" 1.05
    at_least "$(figure accuracy 10 excluded lift)" 1.12
    at_least "$(figure ndcg 10 excluded lift)" 1.08
    [ -s "$BUILD/movies.index" ]
    run -1 compgen -G "$BUILD/movies.index.*"
}

@test "the index alone answers: a film, its neighbours, a stranger" {
    run -0 bash "$ROOT/pipelines/movies.sh" "$T"
    run -0 --separate-stderr rank --index "$T/movies.index" --query 9571 -k 3 --exclude seen
    [ -z "$stderr" ]
    [ "$(wc -l <<< "$output")" -eq 4 ]
    run -0 --separate-stderr rank --index "$T/movies.index" --query nobody -k 3
    complains 'unknown query "nobody"'
    run -0 show --config "$T/movies.index"
    says '[table ratings]'
}

@test "a file of the user's beside the index stays as it was" {
    echo mine > "$T/movies.index.tmp"
    run -0 bash "$ROOT/pipelines/movies.sh" "$T"
    [ "$(cat "$T/movies.index.tmp")" = mine ]
}

@test "a stage that fails leaves no index under its name" {
    mkdir "$T/bin"
    for stage in tokenize split vocab batch train embed index rank show evaluate; do ln -s "$(command -v $stage)" "$T/bin/$stage"; done
    for stage in tokenize batch index; do
        rm "$T/bin/$stage"
        printf '#!/bin/sh\n"%s" "$@" | head -c 300000\nexit 3\n' "$BUILD/$stage" > "$T/bin/$stage"
        chmod +x "$T/bin/$stage"
        PATH=$T/bin:$PATH run -3 bash "$ROOT/pipelines/movies.sh" "$T"
        absent "$T/movies.index"
        rm "$T/bin/$stage"
        ln -s "$BUILD/$stage" "$T/bin/$stage"
    done
}

@test "movielens.sh: MovieLens 100K, and what it asks for" {
    run -2 bash "$ROOT/pipelines/movielens.sh"
    says 'usage: movielens.sh DIR'
    needs "$SHARED/data/ml-100k/u.data"
    run -0 bash "$ROOT/pipelines/movielens.sh" "$SHARED/data/ml-100k" "$T"
    [ -s "$T/movielens.index" ]
    # Measured 0.667, popularity 0.427; seeds move it by about 0.003.
    at_least "$(figure accuracy 100 excluded model)" 0.63
    at_least "$(figure ndcg 10 excluded lift)" 1.9
}

@test "movielens-split.ini: a file to learn from and one to judge by" {
    needs "$SHARED/data/ml-100k-split/train.tsv"
    run -0 pipe "tokenize -c '$ROOT/pipelines/movielens-split.ini' --set 'table ratings.path=$SHARED/data/ml-100k-split/train.tsv' \
        --set 'table ratings.test.path=$SHARED/data/ml-100k-split/test.tsv' | split | vocab | batch | train | embed | index | rank | evaluate"
    says 'ratings.test: 20002 rows'
    # Measured 0.394 and 0.626; popularity has 0.301 and 0.410.
    at_least "$(figure accuracy 100 kept model)" 0.37
    at_least "$(figure accuracy 100 excluded model)" 0.59
}

@test "data/movielens: fetched, checked, unpacked, and what its licence asks" {
    command -v unzip > /dev/null && command -v zip > /dev/null || skip "needs zip and unzip"
    mkdir "$T/ml-100k"
    echo x > "$T/ml-100k/u.data"; echo y > "$T/ml-100k/u.item"
    (cd "$T" && zip -q -r ml.zip ml-100k && rm -r ml-100k)
    sum=$(sha256sum < "$T/ml.zip"); sum=${sum%% *}
    export MOVIELENS_URL=file://$T/ml.zip
    run -3 --separate-stderr "$ROOT/data/movielens" "$T/in"
    complains "SHA-256 is $sum, wanted 50d2a982c66986937beb9ffb3aa76efe955bf3d5c6b761f4e3a7cd717c6a3229"
    [ -z "$(ls -A "$T/in")" ]
    MOVIELENS_SHA256=$sum run -0 "$ROOT/data/movielens" "$T/in"
    says 'do not redistribute'
    says 'Harper'
    [ "$(ls -A "$T/in")" = ml-100k ]
    [ "$(cat "$T/in/ml-100k/u.data")" = x ]
    run -0 "$ROOT/data/movielens" "$T/in"
    says 'is there already'
    MOVIELENS_URL=file://$T/none.zip run -1 "$ROOT/data/movielens" "$T/other"
}

@test "what is shipped has its licence and says where it comes from" {
    for folder in "$ROOT"/data/*/; do
        [ -s "$folder/LICENSE" ]
        [ -s "$folder/SOURCE.txt" ]
    done
    (cd "$ROOT/data/movietweetings-100k" && awk '/\.dat / && length($NF) == 64 { print $NF "  " $(NF - 1) }' SOURCE.txt | sha256sum --check --quiet)
}
