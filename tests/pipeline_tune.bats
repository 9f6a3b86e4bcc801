# tune: a search over keys that only calls the stages; what it tries, what it goes on with, what it refuses.
load helpers

movies=$ROOT/pipelines/movies.ini
small=(--set "table ratings.path=$ROOT/data/movietweetings-10k/ratings.dat" --set "table movies.path=$ROOT/data/movietweetings-10k/movies.dat")
valid=(--set 'split.method=random(test=0.1, valid=0.1)')

search() {
    tune -c "$movies" "${small[@]}" "${valid[@]}" --trials "$T/trials" "$@"
}

refuses() {
    run "-$1" --separate-stderr tune "${@:3}"
    complains "$2"
    [ -z "$output" ]
}

@test "--help and --version" {
    run -0 --separate-stderr tune --help
    says "usage: tune -c FILE.ini --try"
    [ -z "$stderr" ]
    run -0 tune --version
    says "tune (millrace) "
    run -0 millrace tune --help
    says "usage: tune"
}

@test "every option of --help stands in the man page, which is well-formed" {
    for option in $(tune --help | grep -oE '^ +(-[a-z], |    )--[a-z]+' | grep -oE '[a-z]+$'); do
        grep -qE "^\.It .*Fl -$option( |\$)" "$ROOT/pipelines/tune.1" || { echo "no $option"; false; }
    done
    command -v mandoc > /dev/null || return 0
    run -0 mandoc -Tlint -Wwarning "$ROOT/pipelines/tune.1"
    [ -z "$output" ]
}

@test "usage errors" {
    cd "$T"
    refuses 2 "a configuration is wanted: -c FILE.ini; try 'tune --help'"
    refuses 2 "nothing to try" -c "$movies"
    refuses 2 'a value is wanted after --try' -c "$movies" --try
    refuses 2 'unknown option "--tyr"' --tyr x
    refuses 2 '--try "train.epochs": wanted SECTION.KEY=VALUE|VALUE' --try train.epochs
    refuses 2 '--try "split.method=none()": it would change what is judged by' --try 'split.method=none()'
    refuses 2 '--minutes "0": wanted a whole number of 1 or more' --minutes 0
    refuses 2 '--seed "$(x)": wanted a whole number of 0 or more' --seed '$(x)'
    refuses 2 'more than 10000 combinations' -c "$movies" "${small[@]}" "${valid[@]}" --trials t \
        --try "a.b=$(seq -s'|' 101)" --try "a.c=$(seq -s'|' 100)"
    refuses 2 "--metric \"recal\": 'evaluate' has no such figure at 20 with seen excluded" -c "$movies" "${small[@]}" "${valid[@]}" --trials t --try 'train.epochs=1' --metric recal
}

@test "successive halving: all for a few epochs, the better third for three times as many; the best is printed" {
    run -0 --separate-stderr search --try 'optimizer.default=adagrad(lr=0.1)|sgd(lr=1e-9)|adagrad(lr=1e-9)' \
        --try 'feature user_id.embed,feature movie_title.embed=8|16' --rungs 2 --epochs 6 -q
    [ -z "$stderr" ]
    [ "${lines[0]}" = '   score  epochs  seconds  values' ]
    [[ ${lines[1]} == *' 6 '* && ${lines[2]} == *' 6 '* && ${lines[3]} == *' 2 '* ]]
    [[ ${lines[1]} == *adagrad\(lr=0.1\)* && ${lines[2]} == *adagrad\(lr=0.1\)* ]]
    says "  --set 'optimizer.default=adagrad(lr=0.1)'"
    # One option a key, as the stages take them.
    says "  --set 'feature user_id.embed=8'"$'\n'"  --set 'feature movie_title.embed=8'" || says "  --set 'feature user_id.embed=16'"$'\n'"  --set 'feature movie_title.embed=16'"
    [ "$(grep -c '^[0-9]' "$T/trials")" -eq 8 ]
    # The score is what the stages give.
    IFS=$'\t' read -r score epochs _ optimizer embed < <(grep -P '\t6\t' "$T/trials" | head -n 1)
    tokenize -c "$movies" "${small[@]}" "${valid[@]}" | split | vocab |
        batch --set "$optimizer" --set "feature user_id.embed=${embed#*=}" --set "feature movie_title.embed=${embed#*=}" --set "train.epochs=$epochs" |
        train | embed | index | rank --table ratings.valid | evaluate --json -k 20 | grep '"recall"' |
        jq -e --argjson score "$score" '(.value - $score | fabs) < 1e-6' > /dev/null
}

@test "a round of fewer epochs that was better is said" {
    run -0 --separate-stderr search --try 'optimizer.default=adagrad(lr=0.1)' --rungs 2 --epochs 6
    sed -i 's/^[0-9.]*\t2\t/0.987654\t2\t/' "$T/trials"
    run -0 --separate-stderr search --try 'optimizer.default=adagrad(lr=0.1)' --rungs 2 --epochs 6
    complains 'tune: 0.987654 with 2 epochs, more than the best with 6: fewer may be enough: try train.epochs'
    sed -i 's/^0.987654/0.000001/' "$T/trials"
    run -0 --separate-stderr search --try 'optimizer.default=adagrad(lr=0.1)' --rungs 2 --epochs 6
    [ -z "$stderr" ]
}

@test "a feature that nothing reads is refused; one of tried inputs is not; what else the stages warn of is said" {
    cd "$T"
    refuses 2 'tune: --try: [feature user.id] is an input of no tower: it changes nothing; inputs are movie_title, user_id' -c "$movies" "${small[@]}" \
        "${valid[@]}" --try 'feature user_id.embed,feature user.id.embed=8|16'
    run -0 --separate-stderr search --try 'feature title.embed=32' --try 'tower candidate.inputs=title' --set 'feature title.encode=lookup(from=movie_title)' \
        --set train.epochs=1 --rungs 1
    complains 'tokenize: --set: [feature title] is an input of no tower: it changes nothing'
    grep -q '^0' "$T/trials"
}

@test "rounds of equally many epochs: a trial is printed once" {
    run -0 --separate-stderr search --try 'optimizer.default=adagrad(lr=0.1)|sgd(lr=1e-9)' --epochs 2
    [ "$(grep -c '^0' <<< "$output")" -eq 3 ]  # both for one epoch, the better one for two
}

@test "what the table has is not run again; a line that was cut off is" {
    run -0 search --try 'train.epochs=1|2'
    first=$output
    # A trial that was really run again would not have this score.
    sed -i 's/^[0-9.]*\t1\t/0.987654\t1\t/' "$T/trials"
    run -0 search --try 'train.epochs=1|2'
    says '0.987654       1'
    says "--set 'train.epochs=1'"
    head -c -5 "$T/trials" > "$T/cut"
    mv "$T/cut" "$T/trials"
    run -0 search --try 'train.epochs=1|2'
    says '0.987654       1'
    grep -q 'train.epochs=2$' "$T/trials"
    run -3 --separate-stderr search --try 'train.epochs=1|2' --set train.seed=7
    complains "$T/trials: trials of other data, another configuration or another metric: name another file by --trials"
    run -3 --separate-stderr search --try 'train.epochs=1|2' --metric ndcg
    complains 'another metric'
}

@test "killed, it leaves nothing running and goes on" {
    mkdir "$T/tmp"
    TMPDIR=$T/tmp search --try 'train.epochs=1|5000' > "$T/out" 2>&1 3>&- &
    pid=$!
    has_one_trial() { [ "$(wc -l < "$T/trials" 2> /dev/null || echo 0)" -eq 3 ]; }
    awaits has_one_trial
    kill -TERM "$(pgrep -P "$pid" || echo "$pid")"
    has_ended() { ! kill -0 "$pid" 2> /dev/null; }
    awaits has_ended
    [ -z "$(ls "$T/tmp")" ]
    run -0 search --try 'train.epochs=1|2'
    [ "$(grep -c '^[0-9]' "$T/trials")" -eq 2 ]
}

@test "--sample: so many combinations, by the seed" {
    chosen() {
        rm -f "$T/trials"
        search --try "train.seed=$(seq -s'|' 20)" --set train.epochs=1 --rungs 1 --sample 3 "$@" | grep -o ' train.seed=[0-9]*$' | sort
    }
    one=$(chosen)
    [ "$(wc -l <<< "$one")" -eq 3 ]
    [ "$(chosen --seed 1)" = "$one" ]
    [ "$(chosen --seed 2)" != "$one" ]
}

@test "keys that are encoded: tried too" {
    run -0 search --try 'feature user_id.encode=lookup()|lookup(max=50)' --set train.epochs=1 --rungs 1
    scores=$(grep '^[0-9]' "$T/trials" | cut -f 1 | sort -u)
    [ "$(wc -l <<< "$scores")" -eq 2 ]
}

@test "a trial that fails is one line of the table; without any other there is no best" {
    run -0 --separate-stderr search --try 'optimizer.default=adagrad(lr=0.1)|adagrad(lr=-1)' --set train.epochs=1 --rungs 1
    complains 'tune: failed with optimizer.default=adagrad(lr=-1): train: '
    says '  failed       1'
    run -3 --separate-stderr search --try 'optimizer.default=adagrad(lr=-1)' --set train.epochs=1 --rungs 1 -q
    complains 'tune: every trial failed'
}

@test "bad input" {
    cd "$T"
    refuses 3 'no rows for validation: give --set' -c "$movies" "${small[@]}" --try 'train.epochs=1'
    refuses 1 'tokenize: open none.ini: No such file' -c none.ini --try 'train.epochs=1'
    refuses 3 'unknown key "epoch" in [train], did you mean "epochs"' -c "$movies" "${small[@]}" "${valid[@]}" --set train.epoch=1 --try 'train.epochs=1'
    refuses 3 'tune: vocab: <stdin>: [feature movie_title] encode: bucketize has no argument "n"' -c "$movies" "${small[@]}" "${valid[@]}" \
        --set 'feature genres.embed=8' --set 'feature movie_title.encode=bucketize(n=3)' --try 'train.epochs=1'  # not the warning of tokenize
    [ ! -e tune.tsv ]
    refuses 1 'no/table: cannot be written' -c "$movies" "${small[@]}" "${valid[@]}" --try 'train.epochs=1' --trials no/table
    refuses 1 ".: cannot be written" -c "$movies" "${small[@]}" "${valid[@]}" --try 'train.epochs=1' --trials .
}

@test "a stage that ends without a word is named" {
    mkdir "$T/bin"
    ln -s "$BUILD"/{tokenize,split,show} "$T/bin"
    cp "$BUILD/tune" "$T/bin"
    printf '%s\n' '#!/bin/sh' 'cat > /dev/null' 'kill -9 $$' > "$T/bin/vocab"
    chmod +x "$T/bin/vocab"
    run -137 --separate-stderr "$T/bin/tune" -c "$movies" "${small[@]}" "${valid[@]}" --try 'train.epochs=1'
    complains 'tune: vocab ended with 137'
}
