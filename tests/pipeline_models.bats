# Whole models of TFRS's tutorials land where the real library lands (compat = tfrs), and what was never seen is recommended for what it is.
# Bands: the lowest and the highest of the library's own three seeds at the same split, widened by the spread of ours over nine seeds
# (standard deviations of context.ini with time: 0.004 at 50, 0.007 at 100, 0.008 on training rows).
load helpers
load quality

# model NAME ARGUMENT...: trains it on the fixed split; its figures on test rows are in $T/figures, the index in $T/index.
model() {
    local name=$1 arguments
    shift
    needs "$SHARED/data/ml-100k/u.item"
    [ -e "$T/train" ] || fixed_split "$SHARED/data/ml-100k" "$T"
    mapfile -t arguments < <(on_split "$SHARED/data/ml-100k" "$T")
    tokenize -c "$ROOT/pipelines/$name.ini" "${arguments[@]}" "$@" | split | vocab | batch | train | embed | index > "$T/index"
    rank "$T/index" | figures -k 50,100 > "$T/figures"
}

@test "models: context features with time, three seeds" {
    for seed in 1 2 3; do
        model context --set train.seed=$seed
        within "$T/figures" accuracy 50 kept 0.120 0.140
        within "$T/figures" accuracy 100 kept 0.234 0.266
    done
    rank --table ratings "$T/index" | figures -k 100 > "$T/figures"
    within "$T/figures" accuracy 100 kept 0.345 0.395
}

@test "models: context features without time, three seeds" {
    for seed in 1 2 3; do
        model context --set train.seed=$seed --set 'tower query.inputs=user_id'
        within "$T/figures" accuracy 50 kept 0.107 0.120
        within "$T/figures" accuracy 100 kept 0.207 0.226
        rank --table ratings "$T/index" | figures -k 100 > "$T/figures"
        within "$T/figures" accuracy 100 kept 0.295 0.314
    done
}

@test "models: towers of two layers, thirty epochs" {
    model deep --set train.seed=1
    within "$T/figures" accuracy 50 kept 0.116 0.143
    within "$T/figures" accuracy 100 kept 0.241 0.283
}

@test "models: what a user took before, through a GRU" {
    needs "$SHARED/data/ml-100k/u.data"
    ordered "$SHARED/data/ml-100k" "$T"
    fixed_split "$T" "$T"
    without_first "$T"
    # Not the library's figures, which pads with an unknown film: eleven seeds have 0.325 to 0.378 here, 0.350 in the mean; it has 0.312 to 0.341.
    model sequential --set train.seed=1 --set "table ratings.valid.path=$T/valid" --set 'table ratings.valid.format=tsv' \
        --set 'table ratings.valid.columns=user_id, movie_id, rating:f32, timestamp:time'
    within "$T/figures" accuracy 50 kept 0.165 0.225
    within "$T/figures" accuracy 100 kept 0.31 0.39
}

@test "models: the first film of a user is asked of nobody, but stands in the histories" {
    printf '%s\t%s\t3\t%d\n' 1 10 5 1 11 7 2 10 9 1 12 6 > "$T/train"
    printf '%s\t%s\t3\t%d\n' 2 12 8 1 13 8 > "$T/test"
    without_first "$T"
    [ "$(cut -f1,2 "$T/valid" | sort | tr '\t\n' '  ')" = '1 10 2 12 ' ]
    [ "$(cut -f1,2 "$T/train" "$T/test" | tr '\t\n' '  ')" = '1 11 2 10 1 12 1 13 ' ]
    padded "$T"
    [ "$(cut -f1,2,5 "$T/train" | sort | tr '\t\n' '  ')" = '1 11 10|12|0|0|0|0|0|0|0|0| 1 12 10|0|0|0|0|0|0|0|0|0| 2 10 12|0|0|0|0|0|0|0|0|0| ' ]
    [ "$(cut -f1,2,5 "$T/test" | tr '\t\n' '  ')" = '1 13 10|12|11|0|0|0|0|0|0|0| ' ]
}

@test "models: hashed users land where looked-up ones do; unified embeddings learn as much as a table of their size can" {
    model featurization --set train.seed=1
    within "$T/figures" accuracy 100 kept 0.232 0.266
    # The library: 0.206 to 0.211 over three seeds; here ten have 0.191 to 0.215. A list without a model has 100 of 1,682: 0.059.
    model unified --set train.seed=1
    within "$T/figures" accuracy 100 kept 0.18 0.24
}

# rates NAME ARGUMENT...: what a head of the configuration says of test rows is in $T/figures, the model in $T/model.
rates() {
    local name=$1 arguments
    shift
    needs "$SHARED/data/ml-100k/u.user"
    [ -e "$T/train" ] || fixed_split "$SHARED/data/ml-100k" "$T"
    mapfile -t arguments < <(on_split "$SHARED/data/ml-100k" "$T")
    tokenize -c "$ROOT/pipelines/$name.ini" "${arguments[@]}" "$@" | split | vocab | batch | train -o "$T/model"
    score --table ratings.test "$T/model" | predictions > "$T/figures"
}

@test "models: ratings, after three epochs and after ten" {
    # The library: 1.104 to 1.122 over three seeds; here these three have 1.107 to 1.122, one of three others 1.136. Above 1.126 nothing was learned.
    for seed in 1 2 3; do
        rates rating --set train.seed=$seed
        between "$T/figures" rmse 1.09 1.126
    done
    rates rating --set train.seed=1 --set train.batch=4096 --set train.epochs=10
    # The library: 0.949 to 0.956 over six; here six have 0.945 to 0.973.
    between "$T/figures" rmse 0.94 0.98
}

@test "models: ratings from six features, crossed, and without" {
    users=(--set "table users.path=$SHARED/data/ml-100k/u.user")
    deep='dense(192, relu), dense(192, relu), dense(1)'
    for layers in "cross(init=glorot_uniform()), $deep" "cross(20, init=glorot_uniform()), $deep" "$deep"; do
        rates dcn "${users[@]}" --set "head rating.layers=$layers" --set train.seed=1
        between "$T/figures" rmse 0.925 0.943
    done
}

@test "models: ratings and retrieval together, and either alone" {
    for weights in '1 0' '0 1' '1 1'; do
        read -r rating watch <<< "$weights"
        rates multitask --set "task rating.weight=$rating" --set "task watch.weight=$watch" --set train.seed=1
        # Without its task the head says what it began with, near 0, of ratings of 3.5.
        if [ "$rating" = 1 ]; then between "$T/figures" rmse 1.05 1.18; else between "$T/figures" rmse 3.3 4; fi
        embed "$T/model" | index | rank | figures -k 100 > "$T/figures"
        # A list without a model has 100 of 1,682: 0.059.
        if [ "$watch" = 1 ]; then within "$T/figures" accuracy 100 kept 0.228 0.246; else within "$T/figures" accuracy 100 kept 0.045 0.075; fi
    done
}

@test "models: films that nobody rated are recommended for their titles, genres, plots and casts" {
    awk -F:: -v test="$T/test.dat" -v train="$T/train.dat" '{ print > ($2 * 7919 % 10 == 3 ? test : train) }' "$ROOT/data/movietweetings-100k/ratings.dat"
    tokenize -c "$ROOT/pipelines/text.ini" --set "table ratings.path=$T/train.dat" --set 'split.method=none()' \
        --set "table ratings.test.path=$T/test.dat" --set 'table ratings.test.format=dat' \
        --set 'table ratings.test.columns=user_id, movie_id, rating:f32, timestamp:time' \
        --set 'tower candidate.inputs=title, year, genres, plot, cast' |
        split | vocab -q | batch | train | embed | index | rank -k 1000 | figures -k 1000 > "$T/figures"
    # Popularity puts all others before them, and has 0; 1,000 of 10,506 films drawn by chance would have 0.095. Measured 0.268.
    awk '$1 == "accuracy" && $5 > 0.001 { print; bad = 1 } END { exit bad }' "$T/figures"
    within "$T/figures" accuracy 1000 kept 0.22 0.6
}
