#!/usr/bin/env bash
# Feature crosses: learns a sum of products of two features, and prints the error on rows held back, and what the crossing layer has learned.
#     pipelines/crosses.sh [ROWS [SETTING...]]     settings for --set, such as 'train.epochs=10'
set -euo pipefail
rows=${1-20000}
shift $(($# > 0))
settings=()
for setting in "$@"; do settings+=(--set "$setting"); done
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(dirname "$(command -v tokenize || echo "$here/../build/tokenize")"):$PATH
model=$(mktemp)
trap 'rm -f "$model"' EXIT

awk -v rows="$rows" 'BEGIN {
    srand(7)
    for (r = 0; r < rows; r++) {
        country = int(rand() * 200) / 200; bananas = int(rand() * 24) / 24; cookbooks = int(rand() * 6) / 6
        likely = 0.1 * country + 0.4 * bananas + 0.7 * cookbooks + 0.1 * country * bananas + 3.1 * bananas * cookbooks + 0.1 * cookbooks * cookbooks
        printf "%d,blender,%.9g,%.9g,%.9g,%.9g\n", r, country, bananas, cookbooks, likely
    }
}' | tokenize -c "$here/crosses.ini" ${settings[@]+"${settings[@]}"} | split | vocab | batch | train > "$model"
score "$model" | show --json --table scores | grep '^\[' | tr -d '[]' |
    awk -F, '{ sum += ($6 - $NF) ^ 2 } END { printf "RMSE %.2g over %d rows held back\n", sqrt(sum / NR), NR }'
numbers=$(show "$model" | awk '$1 ~ /^param\// { sub(/.*\[/, "", $6); sub(/\].*/, "", $6); n += $2 * $6 } END { print n }')
echo "learned: $numbers numbers"
case "$*" in *layers=*) ;; *) show --crosses "$model" ;; esac
