# The course of a training: validation and early stopping, checkpoints and going on, models that grow, the log, bounds of time.
load helpers

setup_file() {
    BUILD=${BUILD-$BATS_TEST_DIRNAME/../build}
    PATH=$BUILD:$PATH
    F=$BATS_FILE_TMPDIR
    cat > "$F/t.ini" <<INI
[table ratings]
path = $BATS_TEST_DIRNAME/../data/movietweetings-10k/ratings.dat
format = dat
columns = user_id, movie_id, ...
[table movies]
path = $BATS_TEST_DIRNAME/../data/movietweetings-10k/movies.dat
format = dat
columns = movie_id, title, ...
key = movie_id
[data]
interactions = ratings
query = user_id
candidate = movie_id -> movies
[tower candidate]
inputs = title
[split]
method = random(valid=0.1)
[feature user_id]
embed = 8
[feature title]
embed = 8
[train]
epochs = 4
INI
    tokenize -c "$F/t.ini" | split | vocab > "$F/encoded"
    batch "$F/encoded" > "$F/in"
}

setup() {
    in=$BATS_FILE_TMPDIR/in
    encoded=$BATS_FILE_TMPDIR/encoded
}

# body STREAM: all but the header, whose history says with which options it was made, and the checksum.
body() {
    show --json "$1" | sed '1d;$d'
}

# rows TABLE STREAM
rows() {
    show --json --table "$1" "$2" | grep '^\['
}

@test "train: the figures of a validation are those of rank and evaluate" {
    for metric in recall ndcg mrr accuracy; do
        train --set "train.validate=$metric(20)" --set train.best=no -o "$T/model" "$in"
        last=$(rows metrics/valid "$T/model" | tail -1)
        embed < "$T/model" | index | rank | evaluate --stream -k 20 > "$T/figures"
        rows metrics "$T/figures" | grep "\"$metric\", 20, \"excluded\"" > "$T/figure" || { rows metrics "$T/figures"; false; }
        run -0 jq -n --argjson a "$last" --argjson b "$(cat "$T/figure")" '($a[4] - $b[3] | fabs) < 1e-9 and ($a[5] - $b[6] | fabs) < 1e-9'
        [ "$output" = true ] || { echo "$last"; cat "$T/figure"; false; }
    done
    train --set 'train.validate=accuracy(100, seen=kept)' --set train.best=no -o "$T/model" "$in"
    embed < "$T/model" | index | rank | evaluate --stream -k 100 > "$T/figures"
    found=$(rows metrics "$T/figures" | grep '"accuracy", 100, "kept"' | jq '.[3]')
    [ "$(rows metrics/valid "$T/model" | tail -1 | jq ".[4] - $found | fabs < 1e-9")" = true ]
}

@test "train: a validation of queries with several heads" {
    heads=(--set 'task retrieval.heads=2' --set 'feature user_id.embed=16')
    train "${heads[@]}" --set 'train.validate=ndcg(10)' --set train.best=no -o "$T/model" "$in"
    embed < "$T/model" | index | rank | evaluate --stream -k 10 > "$T/figures"
    found=$(rows metrics "$T/figures" | grep '"ndcg", 10, "excluded"' | jq '.[3]')
    [ "$(rows metrics/valid "$T/model" | tail -1 | jq ".[4] - $found | fabs < 1e-9")" = true ]
}

@test "train: under a contextual query tower every row is a query of its own" {
    # Those who come at hour 1 take x, those at hour 2 take y: the user says nothing.
    stream() {
        printf '{"millrace": 1, "config": "%s"}\n' '[table r]\npath = r\ncolumns = u, i, hour\n[data]\ninteractions = r\nquery = u\ncandidate = i\n[tower query]\ninputs = hour\n[feature hour]\nembed = 2\n[feature i]\nembed = 2\n[train]\nvalidate = recall(1)\n[task retrieval]\nremove_hits = no'
        printf '%s\n' '{"table": "vocab/hour", "columns": {"token": "str", "count": "u64"}}' '{"frame": "vocab/hour"}' '["2", 2]' '["1", 2]' \
            '{"table": "vocab/i", "columns": {"token": "str", "count": "u64"}}' '{"frame": "vocab/i"}' '["y", 2]' '["x", 2]' \
            '{"table": "queries", "columns": {"u": "str", "count": "u32"}}' '{"frame": "queries"}' '["a", 4]' '["b", 0]' \
            '{"table": "candidates", "columns": {"i": "str", "count": "u32", "feature/i": "u32"}}' '{"frame": "candidates"}' '["x", 2, 2]' '["y", 2, 1]' \
            '{"table": "seen", "columns": {"candidates": "u32*"}}' '{"frame": "seen"}' '[[0, 1]]' '[[]]' \
            '{"table": "r.valid", "columns": {"query": "u32", "candidate": "u32", "feature/hour": "u32"}}' '{"frame": "r.valid"}' \
            '[1, 1, 1]' '[1, 0, 2]' '[1, 1, 1]' '{"table": "batches", "columns": {"query": "u32", "candidate": "u32", "feature/hour": "u32", "epoch": "u32"}}'
        for epoch in $(seq 0 99); do printf '%s\n' '{"frame": "batches"}' "[0, 0, 2, $epoch]" "[0, 1, 1, $epoch]"; done
        echo '{"end": {}}'
    }
    stream | show --parse | train > "$T/model"
    [ "$(rows metrics/valid "$T/model" | tail -1 | jq -c '.[4]')" = 1 ]
    [ "$(rows metrics/valid "$T/model" | wc -l)" -eq 100 ]
}

@test "train: validation every n epochs, and at the end" {
    train --set 'train.validate=recall(20)' --set train.every=3 -o "$T/model" "$in"
    [ "$(rows metrics/valid "$T/model" | jq -c '.[:4]')" = '[2,27,"recall",20]
[3,36,"recall",20]' ]
}

@test "train: the best parameters are the result, or with best = no the last ones" {
    long() { batch --set train.epochs=30 --set train.batch=512 "$encoded" | train --set 'train.validate=ndcg(10)' "$@"; }
    long -o "$T/best"
    long --set train.best=no -o "$T/last"
    [ "$(rows metrics/valid "$T/best")" = "$(rows metrics/valid "$T/last")" ]
    run -1 cmp -s <(rows param/embed/title "$T/best") <(rows param/embed/title "$T/last")
    # Those of the epoch with the best figure: a training that ends there has the same.
    epochs=$(rows metrics/valid "$T/best" | jq -s 'max_by(.[4])[0] + 1')
    [ "$epochs" -lt 30 ]
    batch --set "train.epochs=$epochs" --set train.batch=512 "$encoded" | train -o "$T/ended"
    for table in param/embed/title slot/embed/user_id; do
        cmp <(rows $table "$T/best") <(rows $table "$T/ended")
    done
    # Patience ends it sooner, with the same result, and what batch still sends is read.
    long --set train.patience=3 -o "$T/patient"
    [ "$(rows metrics/valid "$T/patient" | wc -l)" -eq $((epochs + 3)) ]
    cmp <(rows param/embed/title "$T/best") <(rows param/embed/title "$T/patient")
}

@test "train: without rows to validate on it says so, and goes on" {
    tokenize -c "$BATS_FILE_TMPDIR/t.ini" --set 'split.method=none()' | split | vocab | batch > "$T/in"
    run -0 --separate-stderr train --set 'train.validate=recall(20)' -o "$T/model" "$T/in"
    complains 'no rows in "ratings.valid": nothing is validated'
    train -o "$T/plain" "$T/in"
    cmp <(body "$T/model") <(body "$T/plain")
}

@test "train: a validation that cannot be" {
    set_refuse() { run -3 --separate-stderr train --set "train.validate=$1" -o "$T/out" "$in"; complains "$2"; [ ! -e "$T/out" ]; }
    set_refuse 'recal(20)' 'unknown metric "recal", did you mean "recall"'
    set_refuse 'recall' 'recall needs the length of the lists, such as recall(20)'
    set_refuse 'recall(0)' 'k is "0"'
    set_refuse 'recall(20, seen=no)' 'seen is "no", wanted kept or excluded'
    set_refuse 'recall(20, seen=kept)' 'recall has no figure with what was seen'
    set_refuse 'recall(20, sen=kept)' 'did you mean seen'
    show --json "$in" | sed '/"frame": "seen"/,/^{"table/{/^\[/d; s/"rows": [0-9]*/"rows": 0/}; $s/.*/{"end": {}}/' | show --parse > "$T/unseen"
    run -3 --separate-stderr train --set 'train.validate=recall(20)' -o "$T/out" "$T/unseen"
    complains 'table "seen" has 0 rows'
}

# written_or_ended FILE PROCESS: the file is there, or nobody is left who would write it.
written_or_ended() {
    [ -e "$1" ] || ! kill -0 "$2" 2> /dev/null
}

# Settings under which everything that a step can remember is in use.
settings=(--set 'optimizer.embed/*=adam(lr=cosine(0.05, steps=30, warmup=3))' --set 'train.validate=ndcg(10)' --set train.clip='global_norm(50)'
    --set 'task retrieval.negatives=batch, uniform(100), queue(2000)' --set train.patience=3
    --set 'tower query.layers=dense(16, relu), dense(8)' --set 'optimizer.query/*=ftrl(lr=linear(0.1, steps=50), decay=0.01)')

@test "train --resume: the same bytes as the run that was never stopped, wherever it was stopped" {
    train "${settings[@]}" -o "$T/whole" "$in"
    body "$T/whole" > "$T/whole.json"
    size=$(stat -c %s "$in")
    for share in 60 70 80 90 97; do
        # A stream that stops to flow, and a kill once it has written a checkpoint.
        rm -f "$T/checkpoint"
        mkfifo "$T/pipe"
        train "${settings[@]}" --checkpoint "$T/checkpoint" --checkpoint-steps 3 -o "$T/out" < "$T/pipe" 2> "$T/stderr" 3>&- &
        pid=$!
        { head -c $((size * share / 100)) "$in"; awaits written_or_ended "$T/checkpoint" $pid; sleep 0.3; kill -9 $pid; } > "$T/pipe"
        wait $pid || [ $? -eq 137 ]
        rm "$T/pipe"
        [ ! -e "$T/out" ]
        steps=$(rows metrics/train "$T/checkpoint" | wc -l)
        [ "$steps" -gt 0 ] && [ "$steps" -lt 36 ] && [ $((steps % 3)) -eq 0 ]
        train "${settings[@]}" --resume "$T/checkpoint" -o "$T/out" "$in"
        body "$T/out" | cmp - "$T/whole.json"
        rm "$T/out"
    done
}

@test "train --resume: also from the checkpoint of the end, and after patience ended it" {
    train "${settings[@]}" --checkpoint "$T/checkpoint" -o "$T/whole" "$in"
    train "${settings[@]}" --resume "$T/checkpoint" -o "$T/again" "$in"
    cmp <(body "$T/whole") <(body "$T/again")
    # More epochs than it was made with.
    batch --set train.epochs=6 "$encoded" > "$T/longer"
    train "${settings[@]}" --resume "$T/checkpoint" -o "$T/again" "$T/longer"
    train "${settings[@]}" -o "$T/whole" "$T/longer"
    cmp <(body "$T/whole") <(body "$T/again")
    impatient=(--set 'train.validate=ndcg(10)' --set train.patience=1 --set 'optimizer.default=sgd(0.5)')
    batch --set train.epochs=20 "$encoded" > "$T/longer"
    train "${impatient[@]}" --checkpoint "$T/checkpoint" -o "$T/whole" "$T/longer"
    [ "$(rows metrics/train "$T/whole" | wc -l)" -lt 180 ]
    train "${impatient[@]}" --resume "$T/checkpoint" -o "$T/again" "$T/longer"
    cmp <(body "$T/whole") <(body "$T/again")
}

@test "train --checkpoint: killed at any moment, the file is whole" {
    batch --set train.epochs=1000 --set train.batch=256 "$encoded" > "$T/endless" 2> /dev/null
    for pause in 0 0.05 0.1 0.15 0.2 0.25 0.3 0.35; do
        rm -f "$T/checkpoint"
        train --checkpoint "$T/checkpoint" --checkpoint-steps 1 -o /dev/null "$T/endless" 3>&- &
        pid=$!
        awaits written_or_ended "$T/checkpoint" $pid
        sleep $pause
        kill -9 $pid
        wait $pid || [ $? -eq 137 ]
        show "$T/checkpoint" > /dev/null
    done
}

@test "train --resume: a file that is no checkpoint, or one of another model, of other data, of a shorter stream" {
    train --checkpoint "$T/checkpoint" -o "$T/model" "$in"
    resume_refuse() { run -3 --separate-stderr train "${@:2}" -o "$T/out"; complains "$1"; [ ! -e "$T/out" ]; }
    resume_refuse 'no table "checkpoint": wanted a file of' --resume "$T/model" "$in"
    resume_refuse 'a checkpoint of another model: [train] seed is "42" there and "1" here' --resume "$T/checkpoint" --set train.seed=1 "$in"
    resume_refuse '[optimizer] default is "adagrad(lr=0.1)" there and "adam()" here' --resume "$T/checkpoint" --set 'optimizer.default=adam()' "$in"
    resume_refuse '[optimizer] */title is missing there' --resume "$T/checkpoint" --set 'optimizer.*/title=adam()' "$in"
    batch --set train.epochs=1 "$encoded" > "$T/short"
    resume_refuse 'was made after 36 batches, but' --resume "$T/checkpoint" "$T/short"
    show --json "$in" | sed '0,/^\["[^"]*", [0-9]*\]$/s/^\["\([^"]*\)", [0-9]*\]$/["\1", 999]/' | show --parse > "$T/other"
    resume_refuse 'a checkpoint of other data' --resume "$T/checkpoint" "$T/other"
    head -c 10000 "$T/checkpoint" > "$T/cut"
    resume_refuse 'truncated' --resume "$T/cut" "$in"
}

@test "train --init: with the same vocabularies it goes on as if the other had not ended" {
    train "$in" > "$T/first"
    train --init "$T/first" "$in" > "$T/second"
    [ "$(rows metrics/train "$T/second" | wc -l)" -eq 72 ]
    [ "$(rows metrics/train "$T/second" | tail -1 | jq '.[1]')" -eq 71 ]
    cmp <(rows param/embed/title "$T/first") <(batch --set train.epochs=0 "$encoded" | train --init "$T/first" | show --json --table param/embed/title | grep '^\[')
}

# small KEYS: a stream of interactions u, i.
small() {
    printf '[table r]\npath = r.csv\n[data]\ninteractions = r\nquery = u\ncandidate = i\n[split]\nmethod = none()\n[feature u]\nembed = 2\n[feature i]\nembed = 2\n' > "$T/s.ini"
    { echo u,i; printf '%s\n' "$@"; } > "$T/r.csv"
    tokenize -c "$T/s.ini" | split | vocab
}

@test "train --init: with new users and items the old rows keep their values and slots by token, new ones begin" {
    for optimizer in 'adagrad()' 'sgd(momentum=0.5)' 'ftrl()' 'lazy_adam()'; do
        small a,x a,y b,x c,x | batch | train --set "optimizer.default=$optimizer" > "$T/old"
        # b is gone, d and e are new, and the order is another one.
        small d,x d,z d,w a,z c,x e,y > "$T/grown"
        batch --set train.epochs=0 "$T/grown" | train --set "optimizer.default=$optimizer" --init "$T/old" > "$T/new"
        batch --set train.epochs=0 "$T/grown" | train --set "optimizer.default=$optimizer" > "$T/fresh"
        by_token() { paste -d ' ' <(echo '["<unknown>", 0]'; rows vocab/$1 "$2") <(rows $3/embed/$1 "$2") | sed 's/^\["\([^"]*\)", [0-9]*\]/\1/' | sort; }
        for table in param slot; do
            grep -E '^(a|c|<unknown>) ' <(by_token u "$T/old" $table) | cmp - <(grep -E '^(a|c|<unknown>) ' <(by_token u "$T/new" $table))
            grep -E '^(x|y|<unknown>) ' <(by_token i "$T/old" $table) | cmp - <(grep -E '^(x|y|<unknown>) ' <(by_token i "$T/new" $table))
            grep -E '^[de] ' <(by_token u "$T/fresh" $table) | cmp - <(grep -E '^[de] ' <(by_token u "$T/new" $table))
            [ "$(by_token u "$T/new" $table | wc -l)" -eq 5 ]
        done
        batch "$T/grown" | train --set "optimizer.default=$optimizer" --init "$T/old" > "$T/trained"
    done
}

@test "train --init: an embedding that a sequence shares grows by the candidates' vocabulary" {
    watched() {
        printf '[table r]\npath = r.csv\ncolumns = u, i, t:time\n[data]\ninteractions = r\nquery = u\ncandidate = i\ntime = t\n[split]\nmethod = none()\n[tower query]\ninputs = recent\n[feature recent]\nencode = sequence(n=2)\n[feature i]\nembed = 2\n' > "$T/s.ini"
        { echo u,i,t; printf '%s\n' "$@"; } > "$T/r.csv"
        tokenize -c "$T/s.ini" | split | vocab
    }
    watched a,x,1 a,y,2 b,x,1 | batch | train > "$T/old"
    watched a,z,1 a,y,2 b,w,1 b,y,2 | batch --set train.epochs=0 | train --init "$T/old" > "$T/new"
    by_token() { paste -d ' ' <(echo '["<unknown>", 0]'; rows vocab/i "$1") <(rows param/embed/i "$1") | sed 's/^\["\([^"]*\)", [0-9]*\]/\1/' | sort; }
    [ "$(by_token "$T/new" | wc -l)" -eq 4 ]
    cmp <(by_token "$T/old" | grep '^[y<]') <(by_token "$T/new" | grep '^[y<]')
}

@test "train --init: another optimiser begins anew, another shape is refused" {
    small a,x b,y | batch | train > "$T/old"
    small a,x b,y c,y | batch > "$T/in"
    run -0 --separate-stderr train --init "$T/old" --set 'optimizer.embed/u=adam()' -o "$T/new" "$T/in"
    complains 'no state of adam for parameter "embed/u": it begins anew'
    run -3 --separate-stderr train --init "$T/old" --set 'feature u.embed=3' --set 'feature i.embed=3' -o "$T/out" "$T/in"
    complains 'column "value" is f32[2], wanted f32[3]'
    run -3 --separate-stderr train --init "$T/in" -o "$T/out" "$T/in"
    complains 'it has no parameter of this model'
    run -2 --separate-stderr train --init "$T/old" --resume "$T/old" "$T/in"
    complains '--init and --resume: choose one'
    run -2 --separate-stderr train --checkpoint-steps 1 "$T/in"
    complains '--checkpoint-steps: only with --checkpoint'
}

@test "train --log: a line of JSON for every step and epoch" {
    train --log "$T/log" --set 'train.validate=recall(20)' --set 'optimizer.embed/title=sgd(lr=step(0.1, every=8, factor=0.5))' "$in" > "$T/model"
    rows=$(show --json --table ratings "$in" | grep -c '^\[')
    run -0 jq -cs '[.[] | select(.event == "step")] | [length, .[0].step, .[35].step, (map(.rows) | add), (map(.lr["embed/title"]) | unique), all(.loss > 0 and .rows_per_s > 0 and (.loss_sum / .rows / .loss - 1 | fabs) < 1e-6)]' "$T/log"
    [ "$output" = "[36,0,35,$((4 * rows)),[0.00625,0.0125,0.025,0.05,0.1],true]" ]
    run -0 jq -cs '[.[] | select(.event == "epoch")] | [length, all(.steps == 9 and .seconds > 0 and .metric == "recall" and .k == 20 and .loss > 0)]' "$T/log"
    [ "$output" = '[4,true]' ]
    cmp <(jq -c 'select(.event == "epoch") | .value * 1e6 | round' "$T/log") <(rows metrics/valid "$T/model" | jq '.[4] * 1e6 | round')
    # Going on adds to it.
    train --checkpoint "$T/checkpoint" "$in" > /dev/null
    before=$(wc -l < "$T/log")
    train --resume "$T/checkpoint" --log "$T/log" "$in" > /dev/null
    [ "$(wc -l < "$T/log")" -eq $((before + 1)) ]
    run -1 --separate-stderr train --log "$T/no/log" -o "$T/out" "$in"
    complains 'open'
}

@test "train --max-time: stops, validates, and reads its input to the end" {
    batch --set train.epochs=2000 "$encoded" | train --max-time 0.5 --checkpoint "$T/checkpoint" --set 'train.validate=recall(20)' -v -o "$T/model" 2> "$T/said"
    steps=$(rows metrics/train "$T/model" | wc -l)
    [ "$steps" -gt 0 ] && [ "$steps" -lt 18000 ]
    [ "$(rows metrics/valid "$T/model" | tail -1 | jq '.[1]')" -eq "$steps" ]
    grep -q 'recall@20=0' "$T/said"
    [ "$(rows checkpoint "$T/checkpoint" | jq '.[0]')" -eq "$steps" ]
}
