#!/usr/bin/env bash
# make bench: how fast each stage is alone, and the whole pipe, on MovieLens 100K if it is at hand and else on the data shipped
# here. Every figure is the median of RUNS runs. With TFRS_PYTHON (a Python that has tensorflow_recommenders) and the scripts of
# TFRS_BENCH beside it, TensorFlow Recommenders runs the same task in turn, so that the ratio comes from one run.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${BUILD:=$PWD/build}" "${RUNS:=5}" "${TFRS_BENCH:=../shared/bench}"
PATH=$BUILD:$PATH
unset OPENBLAS_CORETYPE OPENBLAS_L2_SIZE
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
. tests/quality.bash

ml100k=${ML100K:-../shared/data/ml-100k}
if [ -e "$ml100k/u.data" ]; then
    name='MovieLens 100K' query=42 texts=("$ml100k/u.data" "$ml100k/u.item")
    source=(-c pipelines/movielens.ini --set "table ratings.path=$ml100k/u.data" --set "table movies.path=$ml100k/u.item")
else
    name='MovieTweetings 100K' query=42 texts=(data/movietweetings-100k/*.dat)
    source=(-c pipelines/movies.ini)
fi
source+=(--set 'split.method=none()' --set compat=tfrs)

median() { sort -g | awk '{ x[NR] = $1 } END { print x[int((NR + 1) / 2)] }'; }
# The value of a word such as seconds= in the closing line that --verbose prints.
word() { sed -n "s/.* $1=\([^ ]*\).*/\1/p"; }

echo "$name, $(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1); medians of $RUNS runs"
echo
printf '%-10s %10s %12s %10s %8s\n' stage seconds rows/s MB/s 'RSS MiB'
in=/dev/null
rows=100000
for stage in tokenize split vocab batch train embed index rank; do
    case $stage in
        tokenize) arguments=("${source[@]}") bytes=$(cat "${texts[@]}" | wc -c) ;;
        *) arguments=("$in") bytes=$(stat -c %s "$in") ;;
    esac
    out=$work/$stage.mp
    "$stage" "${arguments[@]}" -o "$out"
    for ((run = 0; run < RUNS; run++)); do
        "$stage" "${arguments[@]}" -v -q 2>&1 > /dev/null | tail -n 1
    done > "$work/log"
    seconds=$(word seconds < "$work/log" | median)
    rss=$(word rss_mib < "$work/log" | median)
    passes=1
    [ "$stage" != batch ] && [ "$stage" != train ] || passes=3
    awk -v stage="$stage" -v s="$seconds" -v n=$((rows * passes)) -v b="$bytes" -v rss="$rss" \
        'BEGIN { printf "%-10s %10.3f %12.0f %10.0f %8d\n", stage, s, n / s, b / s / 1e6, rss }'
    in=$out
done

# The whole pipe, from text to the top 3 of one query, as the first program of TFRS does it: all ratings, 3 epochs.
whole_pipe() {
    tokenize "${source[@]}" -v 2>> "$work/rss" | split -v 2>> "$work/rss" | vocab -v 2>> "$work/rss" | batch -v 2>> "$work/rss" |
        train -q -v 2>> "$work/rss" | embed -v 2>> "$work/rss" | index -v -o "$work/movies.index" 2>> "$work/rss"
    rank --index "$work/movies.index" --query "$query" -k 3 -v 2>> "$work/rss"
}
seconds_of() {
    local start end
    start=$(date +%s.%N)
    "$@" > "$work/answer" 2> "$work/errors" || { cat "$work/errors" >&2; return 1; }
    end=$(date +%s.%N)
    awk -v a="$start" -v b="$end" 'BEGIN { print b - a }'
}
quickstart() { "$TFRS_PYTHON" "$TFRS_BENCH/tfrs_quickstart.py" "$ml100k"; }

for ((run = 0; run < RUNS; run++)); do
    : > "$work/rss"
    seconds_of whole_pipe >> "$work/ours"
    [ -z "${TFRS_PYTHON-}" ] || seconds_of quickstart >> "$work/theirs"
done
ours=$(median < "$work/ours")
memory=$(word rss_mib < "$work/rss" | awk '{ sum += $1 } END { print sum }')
echo
echo "whole pipe, text to top 3: $ours s, $memory MiB (the sum of the peaks of all processes)"
if [ -n "${TFRS_PYTHON-}" ]; then
    theirs=$(median < "$work/theirs")
    awk -v a="$theirs" -v b="$ours" 'BEGIN { printf "TFRS, the same: %.1f s, %.0f times as long\n", a, a / b }'
    split=${ML100K_SPLIT:-../shared/data/ml-100k-split}
    rate=$("$TFRS_PYTHON" "$TFRS_BENCH/tfrs_retrieval.py" "$split/train.tsv" "$split/test.tsv" --no-eval --epochs 4 2> /dev/null |
        sed 's/.*"examples_per_s_best": \([0-9]*\).*/\1/')
    echo "TFRS trains $rate rows/s in its best epoch, start-up left out"
fi

# The deep retrieval model: the user and the moment, titles and their words, towers of 64 and 32. Training alone, in turn; of
# TFRS the median of the epochs after the first.
deep() { train -v -q "$work/deep.mp" 2>&1 > /dev/null | tail -n 1 >> "$work/deep.log"; }
deep_tfrs() {
    "$TFRS_PYTHON" "$TFRS_BENCH/tfrs_models.py" deep --layers 64,32 --epochs 4 --data "$(dirname "$ml100k")" 2> /dev/null |
        sed -n 's/^RESULT //p' | jq -r '"\(.epoch_s[1]) \(.maxrss_mb)"' >> "$work/deep.tfrs"
}
if [ -e "$ml100k/u.item" ]; then
    fixed_split "$ml100k" "$work"
    mapfile -t arguments < <(on_split "$ml100k" "$work")
    tokenize -c pipelines/deep.ini --set train.epochs=4 "${arguments[@]}" | split | vocab | batch -o "$work/deep.mp"
    rows=$(wc -l < "$work/train")
    for ((run = 0; run < RUNS; run++)); do
        deep
        [ -z "${TFRS_PYTHON-}" ] || deep_tfrs
    done
    rate=$(awk -v s="$(word seconds < "$work/deep.log" | median)" -v n="$rows" 'BEGIN { print 4 * n / s }')
    memory=$(word rss_mib < "$work/deep.log" | median)
    echo
    awk -v r="$rate" -v m="$memory" 'BEGIN { printf "deep retrieval, batch 2048: train %.0f rows/s, %d MiB\n", r, m }'
    if [ -n "${TFRS_PYTHON-}" ]; then
        awk -v n="$rows" -v s="$(cut -d' ' -f1 "$work/deep.tfrs" | median)" -v m="$(cut -d' ' -f2 "$work/deep.tfrs" | median)" -v r="$rate" -v ours="$memory" \
            'BEGIN { t = n / s; printf "TFRS, epochs after the first: %.0f rows/s, %d MiB: millrace is %.1f times as fast, in 1/%.0f of the memory\n", t, m, r / t, m / ours }'
    fi
fi

# Ratings from two embeddings under three layers, in batches of 4,096; by the clock and in processor time, which other work disturbs less.
# An epoch of processor time is the difference of a run of 24 epochs and one of 4, so that starting up is left out, of both.
ranking() {
    local epochs=$1 times
    times=$( { TIMEFORMAT='%R %U %S'; time train -q "$work/ranking.$epochs" > /dev/null 2>&1; } 2>&1)
    awk '{ print $1, $2 + $3 }' <<< "$times" >> "$work/ranking.log.$epochs"
}
ranking_tfrs() {
    "$TFRS_PYTHON" "$TFRS_BENCH/tfrs_ranking.py" "$split/train.tsv" "$split/test.tsv" --batch 4096 --epochs "$1" 2> /dev/null |
        jq -r '"\(.epoch_s[1:] | add) \(.cpu_s)"' >> "$work/ranking.tfrs.$1"
}
# difference FILE FIELD: of the medians after 24 epochs and after 4
difference() { echo "$(cut -d' ' -f"$2" "$1.24" | median) $(cut -d' ' -f"$2" "$1.4" | median)" | awk '{ print $1 - $2 }'; }
split=${ML100K_SPLIT:-../shared/data/ml-100k-split}
if [ -e "$ml100k/u.item" ]; then
    for epochs in 4 24; do
        tokenize -c pipelines/rating.ini --set train.batch=4096 --set train.epochs=$epochs "${arguments[@]}" | split | vocab | batch -o "$work/ranking.$epochs"
        for ((run = 0; run < RUNS; run++)); do
            ranking $epochs
            [ -z "${TFRS_PYTHON-}" ] || ranking_tfrs $epochs
        done
    done
    echo
    for who in log tfrs; do
        [ ! -e "$work/ranking.$who.24" ] || awk -v who=$who -v n="$rows" -v wall="$(difference "$work/ranking.$who" 1)" -v cpu="$(difference "$work/ranking.$who" 2)" \
            'BEGIN { printf "ranking, batch 4096, %s: %.0f rows/s, %.0f rows a second of processor time\n", who == "log" ? "train" : "TFRS", 20 * n / wall, 20 * n / cpu }'
    done
fi

# A catalogue of a million films with text, lists and numbers, made up: read (tokenize), counted and encoded (vocab), encoded with the
# vocabularies of another stream (vocab --from), put through a tower (embed).
million() {
    awk -v films="$work/films.csv" -v ratings="$work/ratings.csv" 'BEGIN {
        srand(1)
        print "film,name,genres,year" > films
        for (i = 0; i < 1000000; i++)
            printf "%d,The w%d of w%d %d,g%d|g%d,%d\n", i, rand() * 20000, rand() ^ 3 * 20000, i % 97, rand() * 20, rand() * 20, 1920 + rand() * 100 > films
        print "user,film" > ratings
        for (i = 0; i < 50000; i++)
            printf "u%d,%d\n", rand() * 5000, rand() ^ 4 * 1000000 > ratings
    }'
    cat > "$work/million.ini" <<'INI'
[table ratings]
path = ratings.csv
columns = user, film
[table films]
path = films.csv
columns = film, name, genres:list(|), year:f32
key = film
[data]
interactions = ratings
query = user
candidate = film -> films
[feature name]
encode = text(max=20000)
[feature genres]
encode = list()
[feature year]
encode = normalize()
[feature era]
encode = bucketize(linspace(20), from=year)
[tower query]
inputs = user
layers = dense(32)
[tower candidate]
inputs = name, genres, year, era
layers = dense(64, relu), dense(32)
[split]
method = none()
INI
}

# line NAME BYTES: of the closing lines in $work/log.
line() {
    awk -v name="$1" -v s="$(word seconds < "$work/log" | median)" -v b="$2" -v rss="$(word rss_mib < "$work/log" | median)" \
        'BEGIN { printf "%-10s %10.3f %12.0f %10.0f %8d\n", name, s, 1e6 / s, b / s / 1e6, rss }'
}
# timed STAGE ARGUMENT...
timed() {
    for ((run = 0; run < RUNS; run++)); do
        "$@" -v -q 2>&1 > /dev/null | tail -n 1
    done > "$work/log"
}
million
echo
printf '%-10s %10s %12s %10s %8s   %s\n' stage seconds rows/s MB/s 'RSS MiB' 'a million films of text, lists and numbers'
tokenize -c "$work/million.ini" -o "$work/million.text"
timed tokenize -c "$work/million.ini"
line read "$(stat -c %s "$work/films.csv")"
vocab "$work/million.text" -o "$work/million.encoded"
timed vocab "$work/million.text"
line vocab "$(stat -c %s "$work/million.text")"
timed vocab --from "$work/million.encoded" "$work/million.text"
line encode "$(stat -c %s "$work/million.text")"
batch "$work/million.encoded" | train -q -o "$work/million.model"
timed embed "$work/million.model"
line embed "$(stat -c %s "$work/million.model")"
