#!/usr/bin/env bash
# make bench-ann: recall against queries a second of the indexes and, with PEERS_PYTHON (a Python that has hnswlib, faiss-cpu, scann), of theirs, on the same vectors in
# one run, all with one thread. VECTORS is a folder with items.npy, queries.npy and gt100.npy (the exact 100 nearest by inner product, i4); without it, a million rows
# are made of the vectors that pipelines/movies.ini gives. Writes a table, and where there is gnuplot a plot, ann.png and ann.svg, to OUT. On a shared machine compare
# the figures by processor time, qps_cpu, and the rounds with each other.
set -euo pipefail
cd "$(dirname "$0")/../.."
: "${BUILD:=$PWD/build}" "${OUT:=$BUILD/bench-ann}" "${ROUNDS:=2}" "${PEERS:=scann hnswlib faiss}"
mkdir -p "$OUT"
for peer in $PEERS; do : > "$OUT/$peer.build"; done
if [ -z "${VECTORS-}" ]; then
    VECTORS=$OUT/vectors
    mkdir -p "$VECTORS"
    PATH=$BUILD:$PATH
    tokenize -c pipelines/movies.ini | split | vocab | batch | train | embed --tower query | embed -o "$VECTORS/stream"
    ann vectors "$VECTORS/stream" queries movies 1000000 "$VECTORS"
fi
sets=("$VECTORS/items.npy" "$VECTORS/queries.npy" "$VECTORS/gt100.npy")

for kind in flat ivf; do
    "$BUILD/ann" build $kind "${sets[0]}" "$OUT/$kind.index" 2 | tee "$OUT/$kind.build"
    echo "bytes $kind $(stat -c %s "$OUT/$kind.index")" >> "$OUT/$kind.build"
done
for ((round = 1; round <= ROUNDS; round++)); do
    for k in 10 100; do
        "$BUILD/ann" search "$OUT/flat.index" "${sets[@]:1}" $k 256 1 | sed -n 's/^k=/flat k=/p'
        "$BUILD/ann" search "$OUT/ivf.index" "${sets[@]:1}" $k 10000 1 12 20 30 40 60 80 110 150 200 300 400 600 | sed -n 's/^k=/ivf k=/p'
        for peer in $PEERS; do
            [ -n "${PEERS_PYTHON-}" ] || continue
            "$PEERS_PYTHON" tests/bench/ann_peers.py "$peer" "${sets[@]}" $k "$OUT" 2> "$OUT/$peer.log" |
                tee >({ grep -E '^(build|bytes)' || true; } | sed "s/^bytes/bytes $peer/" >> "$OUT/$peer.build") | sed -n "s/^k=/$peer k=/p"
        done
    done
done | tee "$OUT/points"
# Batch and single query, one thread and two: the latency of a call.
for threads in 1 2; do
    for batch in 1 256 4096; do
        echo "ivf batch=$batch threads=$threads $("$BUILD/ann" search "$OUT/ivf.index" "${sets[@]:1}" 10 $batch $threads | tail -n 1)"
    done
done | tee "$OUT/latency"

"$BUILD/ann" filter "$OUT/ivf.index" "$OUT/flat.index" "${sets[1]}" 10 | tee "$OUT/filter.md"

# The best rate of a point that reaches the recall.
awk '
    function word(name,  i, w) { for (i = 2; i <= NF; i++) { split($i, w, "="); if (w[1] == name) return w[2] } }
    { key = $1 " " word("k"); if (!(key in n)) order[++keys] = key; i = ++n[key]; r[key, i] = word("recall"); q[key, i] = word("qps_cpu"); w[key, i] = word("qps") }
    function at(key, recall, rate,  i, best, x) {
        best = 0
        for (i = 1; i <= n[key]; i++) {
            x = rate == "cpu" ? q[key, i] : w[key, i]
            if (r[key, i] >= recall && x > best) best = x
        }
        return best > 0 ? sprintf("%d", best) : "-"
    }
    END {
        print "| index, k | q/s of processor time at recall 0.90 | 0.95 | 0.98 | 0.99 | by the wall clock 0.90 | 0.95 | 0.98 | 0.99 |"
        print "| --- | --- | --- | --- | --- | --- | --- | --- | --- |"
        for (i = 1; i <= keys; i++) {
            k = order[i]
            print "| " k " | " at(k, .9, "cpu") " | " at(k, .95, "cpu") " | " at(k, .98, "cpu") " | " at(k, .99, "cpu") " | " at(k, .9) " | " at(k, .95) " | " at(k, .98) " | " at(k, .99) " |"
        }
    }' "$OUT/points" | tee "$OUT/table.md"
sort -u "$OUT"/*.build

command -v gnuplot > /dev/null || { echo "no gnuplot: no plot"; exit 0; }
for k in 10 100; do
    for name in flat ivf $PEERS; do
        sed -n "s/^$name k=$k .*recall=\([^ ]*\).* qps_cpu=\([^ ]*\).*/\1 \2/p" "$OUT/points" | sort -g > "$OUT/$name.$k.points"
    done
done
for format in png svg; do
    gnuplot -e "set terminal $format noenhanced size 1000,420; set output '$OUT/ann.$format'; set logscale y; set grid; set key bottom left; set ylabel 'queries/s of processor time';
        set multiplot layout 1,2; do for [k in '10 100'] { set xlabel 'recall@'.k; plot for [name in 'flat ivf $PEERS'] '$OUT/'.name.'.'.k.'.points' with linespoints title name }"
done
