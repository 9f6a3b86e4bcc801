#!/usr/bin/env bash
# make figures: what the README and pipelines/FIGURES.md say about quality. Each cell is the median over three seeds of accuracy among the top 100 by event (seen
# kept, seen excluded) and NDCG@10 by user (seen excluded), on test rows; `fold` stands behind `train` in the last column, where candidates have no other
# feature than their key. MovieLens 100K is taken from ML100K_SPLIT, a folder with
# train.tsv and test.tsv, if it is there. The second table is of the models of TFRS's tutorials: accuracy by event among the top 50 and 100,
# the mean over six seeds with the lowest and the highest, beside what the library itself has in three on the same split (1,682 candidates,
# tensorflow_recommenders 0.7.7, Keras 2.15; deep.ini in six); the data is ML100K, a folder with u.data, u.item and u.user. The third is of
# models that predict ratings: RMSE, and NDCG over the library's own test lists (which wants python3-numpy), or the top 100 of retrieval beside.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${BUILD:=$PWD/build}" "${ML100K_SPLIT:=../shared/data/ml-100k-split}" "${ML100K:=../shared/data/ml-100k}"
PATH=$BUILD:$PATH
. tests/quality.bash

# cell FIELD BEHIND ARGUMENT...: FIELD is value, popularity or ease, BEHIND fold, or cat for nothing
cell() {
    local field=$1 behind=$2 beside=()
    shift 2
    [ "$field" != ease ] || beside=(--baseline ease)
    for seed in 42 1 2; do
        tokenize "$@" --set train.seed=$seed | split | vocab | batch | train -q | "$behind" | embed | index | rank |
            evaluate --json -k 10,100 "${beside[@]}"
    done | sed 's/[{}",]//g; s/: / /g' | awk -v field="$field" '
        { for (i = 1; i < NF; i += 2) v[$i] = $(i + 1); name = v["metric"] " " v["k"] " " v["seen"]; x[name, ++n[name]] = v[field] }
        function median(name,   a, b, c) { a = x[name, 1]; b = x[name, 2]; c = x[name, 3]
            return a > b ? (b > c ? b : a > c ? c : a) : (a > c ? a : b > c ? c : b) }
        END { printf "%.3f / %.3f / %.3f", median("accuracy 100 kept"), median("accuracy 100 excluded"), median("ndcg 10 excluded") }'
}

# row NAME KEY ARGUMENT...: KEY of the candidates
row() {
    local name=$1 key=$2
    shift 2
    printf '| %s | %s | %s | %s | %s | %s |\n' "$name" "$(cell popularity cat "$@")" "$(cell ease cat "$@")" "$(cell value cat "$@" --set compat=tfrs)" \
        "$(cell value cat "$@")" "$(cell value fold "$@" --set "tower candidate.inputs=$key")"
}

echo '| data | popularity | EASE | `compat = tfrs` | millrace | with `fold` |'
echo '| --- | --- | --- | --- | --- | --- |'
row 'MovieTweetings 100K' movie_id -c pipelines/movies.ini
if [ -e "$ML100K_SPLIT/train.tsv" ]; then
    row 'MovieLens 100K, a fixed split' movie_title -c pipelines/movielens-split.ini --set "table ratings.path=$ML100K_SPLIT/train.tsv" \
        --set "table ratings.test.path=$ML100K_SPLIT/test.tsv"
fi

# model NAME THEIRS_50 THEIRS_100 CONFIGURATION ARGUMENT...
model() {
    local name=$1 theirs_50=$2 theirs_100=$3 configuration=$4 split_arguments
    shift 4
    mapfile -t split_arguments < <(on_split "$ML100K" "$folder")
    for seed in 1 2 3 4 5 6; do
        tokenize -c "pipelines/$configuration.ini" "${split_arguments[@]}" --set train.seed=$seed "$@" | split | vocab | batch | train -q |
            embed | index | rank | figures -k 50,100
    done | awk -v name="$name" -v theirs_50="$theirs_50" -v theirs_100="$theirs_100" '
        $1 == "accuracy" && $3 == "kept" { k = $2; sum[k] += $4; n[k]++; if (n[k] == 1 || $4 < low[k]) low[k] = $4; if ($4 > high[k]) high[k] = $4 }
        function cell(k) { return sprintf("%.4f (%.4f..%.4f)", sum[k] / n[k], low[k], high[k]) }
        END { printf "| %s | %s | %s | %s | %s |\n", name, cell(50), theirs_50, cell(100), theirs_100 }'
}

# The mean and the range of the figures that come as lines: metric value
mean() {
    awk '{ sum += $2; n++; if (n == 1 || $2 < low) low = $2; if ($2 > high) high = $2 } END { if (n) printf "%.4f (%.4f..%.4f)", sum / n, low, high; else printf "-" }'
}

# learned CONFIGURATION ARGUMENT...: six models in $folder/1, $folder/2 ..., with what was encoded in $folder/encoded.
learned() {
    local configuration=$1 split_arguments
    shift
    mapfile -t split_arguments < <(on_split "$ML100K" "$folder")
    for seed in 1 2 3 4 5 6; do
        tokenize -c "pipelines/$configuration.ini" "${split_arguments[@]}" --set train.seed=$seed "$@" | split | vocab -o "$folder/encoded"
        batch "$folder/encoded" | train -q -o "$folder/$seed"
    done
}

# rated NAME THEIRS CONFIGURATION ARGUMENT...: RMSE
rated() {
    local name=$1 theirs=$2
    shift 2
    learned "$@"
    printf '| %s | %s | %s | | |\n' "$name" "$(for seed in 1 2 3 4 5 6; do score --table ratings.test "$folder/$seed" | predictions; done | grep rmse | mean)" "$theirs"
}

# both_tasks RATING WATCH THEIRS THEIR_TOP_100: the weights of the two
both_tasks() {
    learned multitask --set "task rating.weight=$1" --set "task watch.weight=$2"
    printf '| `multitask.ini`, rating %s, retrieval %s | %s | %s | top 100: %s | %s |\n' "$1" "$2" \
        "$(for seed in 1 2 3 4 5 6; do score --table ratings.test "$folder/$seed" | predictions; done | grep rmse | mean)" "$3" \
        "$(for seed in 1 2 3 4 5 6; do embed "$folder/$seed" | index | rank | figures -k 100 | awk '$1 == "accuracy" && $3 == "kept" { print $1, $4 }'; done | mean)" "$4"
}

# listed NAME THEIRS THEIR_NDCG ARGUMENT...: FOLDER/test has the library's own lists of five, one of a user. Then the same from the library's own training lists, shuffled
# once, as it learns from them.
listed() {
    local name=$1 theirs=$2 ndcg=$3 seed split_arguments
    shift 3
    mapfile -t split_arguments < <(on_split "$ML100K" "$folder")
    learned listwise "$@"
    judge_lists "$name" "$theirs" "$ndcg"
    cp "$folder/train" "$folder/rows"
    for seed in 1 2 3 4 5 6; do
        cp "$folder/rows" "$folder/train"
        library_lists "$folder/train" 50 $seed
        tokenize -c pipelines/listwise.ini "${split_arguments[@]}" --set train.seed=$seed "$@" --set train.lists=0 --set train.shuffle=no --set train.batch=40960 |
            split | vocab | batch | train -q -o "$folder/$seed"
    done
    mv "$folder/rows" "$folder/train"
    judge_lists "$name, the library's training lists" "$theirs" "$ndcg"
}

judge_lists() {
    local seed
    for seed in 1 2 3 4 5 6; do
        score --table ratings.test "$folder/$seed" | predictions
    done > "$folder/lists"
    printf '| `listwise.ini`, %s | %s | %s | NDCG: %s | %s |\n' "$1" "$(grep rmse "$folder/lists" | mean)" "$2" "$(grep ndcg "$folder/lists" | mean)" "$3"
}

if [ -e "$ML100K/u.data" ]; then
    work=$(mktemp -d)
    trap 'rm -rf "$work"' EXIT
    folder=$work/split
    fixed_split "$ML100K" "$folder"
    echo
    echo '| model | top 50 | TFRS | top 100 | TFRS |'
    echo '| --- | --- | --- | --- | --- |'
    model '`context.ini` without time' '0.1132 (0.1099..0.1164)' '0.2170 (0.2117..0.2210)' context --set 'tower query.inputs=user_id'
    model '`context.ini`' '0.1314 (0.1305..0.1321)' '0.2508 (0.2453..0.2536)' context
    model '`deep.ini`' '0.1280 (0.1183..0.1353)' '0.2643 (0.2528..0.2754)' deep
    model '`featurization.ini`' '-' '-' featurization
    model '`unified.ini`' '0.1079 (0.1060..0.1101)' '0.2088 (0.2061..0.2107)' unified

    # What a user took before: ratings in one order, first ones not asked for, and the same as the tutorial prepares it.
    folder=$work/sequence
    ordered "$ML100K" "$folder"
    fixed_split "$folder" "$folder"
    without_first "$folder"
    columns='user_id, movie_id, rating:f32, timestamp:time'
    model '`sequential.ini`' '0.1756 (0.1686..0.1890)' '0.3271 (0.3118..0.3410)' sequential --set "table ratings.valid.path=$folder/valid" \
        --set 'table ratings.valid.format=tsv' --set "table ratings.valid.columns=$columns"
    padded "$folder"
    model '`sequential.ini`, padded and shuffled once' '0.1756 (0.1686..0.1890)' '0.3271 (0.3118..0.3410)' sequential --set train.shuffle=no \
        --set "table ratings.columns=$columns, before:list(|)" --set "table ratings.test.columns=$columns, before:list(|)" \
        --set 'feature before.encode=list()'

    folder=$work/rated
    fixed_split "$ML100K" "$folder"
    echo
    echo '| model | RMSE | TFRS | lists or retrieval | TFRS |'
    echo '| --- | --- | --- | --- | --- |'
    rated '`rating.ini`' '1.1106 (1.1040..1.1224)' rating
    rated '`rating.ini`, batches of 4,096, 10 epochs' '0.9532 (0.9493..0.9559)' rating --set train.batch=4096 --set train.epochs=10
    both_tasks 1 0 '1.1155 (1.1103..1.1187)' '0.0590 (0.0586..0.0593)'
    both_tasks 0 1 '3.6199 (3.5861..3.6700)' '0.2357 (0.2322..0.2398)'
    both_tasks 1 1 '1.0982 (1.0572..1.1338)' '0.2358 (0.2327..0.2394)'
    users=(--set "table users.path=$ML100K/u.user")
    deep='dense(192, relu), dense(192, relu), dense(1)'
    rated '`dcn.ini`' '0.9326 (0.9291..0.9377)' dcn "${users[@]}"
    rated '`dcn.ini`, of rank 20' '0.9346 (0.9330..0.9374)' dcn "${users[@]}" --set "head rating.layers=cross(20, init=glorot_uniform()), $deep"
    rated '`dcn.ini` without crossing' '0.9322 (0.9301..0.9333)' dcn "${users[@]}" --set "head rating.layers=$deep"
    rated '`dcn.ini` without crossing, three layers' '0.9381 (0.9371..0.9389)' dcn "${users[@]}" --set "head rating.layers=dense(192, relu), $deep"
    library_lists "$folder/test" 1
    listed 'mean squared error' '0.9767 (0.9763..0.9770)' '0.9081 (0.9077..0.9085)' --set 'task order.kind=regression(order)' --set 'task order.loss=mse()'
    listed 'pairwise hinge' '3.3551 (3.3491..3.3612)' '0.9072 (0.9071..0.9073)' --set 'task order.loss=pairwise_hinge()'
    listed 'ListMLE' '3.3907 (3.3844..3.3971)' '0.9075 (0.9073..0.9078)'
fi

# Self-supervision beside retrieval: accuracy among the top 100, seen left out, of test rows by how often their film was rated in training; the mean of three seeds.
views() {
    local name=$1
    shift
    for seed in 1 2 3; do
        tokenize -c pipelines/text.ini --set train.seed=$seed "$@" | split | vocab -q 2> /dev/null | batch | train -q | embed | index |
            rank -k 100 --exclude seen | by_count movies ratings.test
    done | awk -v name="$name" '
        { for (i = 1; i <= 5; i++) { sum[i] += $i; if (NR == 1 || $i < low[i]) low[i] = $i; if ($i > high[i]) high[i] = $i } }
        END { printf "| %s |", name; for (i = 1; i <= 5; i++) printf " %.4f (%.4f..%.4f) |", sum[i] / NR, low[i], high[i]; print "" }'
}
echo
echo '| `text.ini` | never rated | 1 to 5 times | 6 to 50 | more | all |'
echo '| --- | --- | --- | --- | --- | --- |'
views 'as it is'
views 'with views of films, masked at random' --set 'task views.kind=contrastive(candidate)' --set 'task views.loss=infonce(mask=random)' --set 'task views.weight=0.5'
views 'masked by correlation' --set 'task views.kind=contrastive(candidate)' --set 'task views.weight=0.5'
