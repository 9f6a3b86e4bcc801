#!/usr/bin/env bash
# make implicit: what pipelines/implicit.sh recommends from ids alone, by set of data: Recall@20 and NDCG@20 on test rows, the mean over seeds 1
# to 3 with the lowest and the highest, beside popularity's; the seconds that one run takes of all cores together, and the memory of its
# largest program, if GNU time is there. MovieTweetings are users and films of five ratings or more. Of MovieLens what is there is taken:
# ML1M, a folder with train.txt and test.txt of lines "user item item ...", and ML100K, one with u.data.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${BUILD:=$PWD/build}" "${ML1M:=../shared/data/ml-1m-x0}" "${ML100K:=../shared/data/ml-100k}"
PATH=$BUILD:$PATH
. tests/quality.bash
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT='%U %S'
clock=$(type -P time || true)

# row NAME TRAIN TEST
row() {
    local name=$1 seed
    shift
    for seed in 1 2 3; do
        { time SEED=$seed ${clock:+"$clock" -f 'memory %M' -o "$work/memory"} pipelines/implicit.sh "$@" "$work/index" > /dev/null 2> "$work/log"; } 2> "$work/seconds"
        rank "$work/index" --exclude seen | figures -k 20
        sed 's/^/seconds /' "$work/seconds"
        [ -z "$clock" ] || cat "$work/memory"
    done | awk -v name="$name" '
        $1 == "recall" || $1 == "ndcg" { m = $1; popularity[m] = $5; sum[m] += $4; n[m]++; if (n[m] == 1 || $4 < low[m]) low[m] = $4; if ($4 > high[m]) high[m] = $4 }
        $1 == "seconds" { seconds += $2 + $3 } $1 == "memory" && $2 > memory { memory = $2 }
        function cell(m) { return sprintf("%.4f (%.4f..%.4f)", sum[m] / n[m], low[m], high[m]) }
        END { printf "| %s | %.4f / %.4f | %s | %s | %.0f | %s |\n", name, popularity["recall"], popularity["ndcg"], cell("recall"), cell("ndcg"),
                  seconds / 3, memory ? int(memory / 1024) " MiB" : "-" }'
}

# pairs < LINES: the first two fields of "a::b::..." or tabs
pairs() { sed 's/::/\t/g' | cut -f 1,2; }

# core < PAIRS: without users and items of fewer than five, again and again
core() {
    awk '{ u[NR] = $1; i[NR] = $2; kept[NR] = 1 }
        END { do { split("", a); split("", b); gone = 0
                  for (r = 1; r <= NR; r++) if (kept[r]) { a[u[r]]++; b[i[r]]++ }
                  for (r = 1; r <= NR; r++) if (kept[r] && (a[u[r]] < 5 || b[i[r]] < 5)) { kept[r] = 0; gone++ }
              } while (gone)
              for (r = 1; r <= NR; r++) if (kept[r]) print u[r], i[r] }'
}

echo '| data | popularity | Recall@20 | NDCG@20 | seconds | memory |'
echo '| --- | --- | --- | --- | --- | --- |'
if [ -e "$ML1M/train.txt" ]; then
    row 'MovieLens 1M' "$ML1M/train.txt" "$ML1M/test.txt"
fi
if [ -e "$ML100K/u.data" ]; then
    mkdir "$work/ml" "$work/ml/pairs"
    pairs < "$ML100K/u.data" > "$work/ml/u.data"
    fixed_split "$work/ml" "$work/ml/pairs"
    row 'MovieLens 100K' "$work/ml/pairs/train" "$work/ml/pairs/test"
fi
mkdir "$work/mt"
pairs < data/movietweetings-100k/ratings.dat | core > "$work/mt/u.data"
fixed_split "$work/mt" "$work/mt"
row 'MovieTweetings' "$work/mt/train" "$work/mt/test"
