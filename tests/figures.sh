#!/usr/bin/env bash
# make figures: what the README says about quality. Each cell is the median over three seeds of accuracy among the top 100 by event (seen
# kept, seen excluded) and NDCG@10 by user (seen excluded), on test rows. MovieLens 100K is taken from ML100K_SPLIT, a folder with
# train.tsv and test.tsv, if it is there.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${BUILD:=$PWD/build}" "${ML100K_SPLIT:=../shared/data/ml-100k-split}"
PATH=$BUILD:$PATH

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
