#!/usr/bin/env bash
# make figures: what the README says about quality. Each cell is the median over three seeds of accuracy among the top 100 by event (seen
# kept, seen excluded) and NDCG@10 by user (seen excluded), on test rows. MovieLens 100K is taken from ML100K_SPLIT, a folder with
# train.tsv and test.tsv, if it is there. The second table is of the models of TFRS's tutorials: accuracy by event among the top 50 and 100,
# the mean over six seeds with the lowest and the highest, beside what the library itself has in three on the same split (1,682 candidates,
# tensorflow_recommenders 0.7.7, Keras 2.15; deep.ini in six); the data is ML100K, a folder with u.data and u.item.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${BUILD:=$PWD/build}" "${ML100K_SPLIT:=../shared/data/ml-100k-split}" "${ML100K:=../shared/data/ml-100k}"
PATH=$BUILD:$PATH
. tests/quality.bash

# cell FIELD ARGUMENT...: FIELD is value or popularity
cell() {
    local field=$1
    shift
    for seed in 42 1 2; do
        tokenize "$@" --set train.seed=$seed | split | vocab | batch | train -q | embed | index | rank | evaluate --json -k 10,100
    done | sed 's/[{}",]//g; s/: / /g' | awk -v field="$field" '
        { for (i = 1; i < NF; i += 2) v[$i] = $(i + 1); name = v["metric"] " " v["k"] " " v["seen"]; x[name, ++n[name]] = v[field] }
        function median(name,   a, b, c) { a = x[name, 1]; b = x[name, 2]; c = x[name, 3]
            return a > b ? (b > c ? b : a > c ? c : a) : (a > c ? a : b > c ? c : b) }
        END { printf "%.3f / %.3f / %.3f", median("accuracy 100 kept"), median("accuracy 100 excluded"), median("ndcg 10 excluded") }'
}

# row NAME ARGUMENT...
row() {
    local name=$1
    shift
    printf '| %s | %s | %s | %s |\n' "$name" "$(cell popularity "$@")" "$(cell value "$@" --set compat=tfrs)" "$(cell value "$@")"
}

echo '| data | popularity | `compat = tfrs` | millrace |'
echo '| --- | --- | --- | --- |'
row 'MovieTweetings 100K' -c pipelines/movies.ini
if [ -e "$ML100K_SPLIT/train.tsv" ]; then
    row 'MovieLens 100K, a fixed split' -c pipelines/movielens-split.ini --set "table ratings.path=$ML100K_SPLIT/train.tsv" \
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
