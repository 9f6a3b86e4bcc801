#!/usr/bin/env bash
# Text files in, recommendations and figures out: the whole of millrace on the ratings that are shipped in data/.
#
#     pipelines/movies.sh [FOLDER]          movies.index is left in FOLDER (build/ by default)
#
# The stages are taken from the PATH or, if they are not there, from build/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(dirname "$(command -v tokenize || echo "$here/../build/tokenize")"):$PATH
folder=${1:-$here/../build}
index=$folder/movies.index
work=$(mktemp -d "$index.XXXXXX")  # beside the index, for mv; two runs have two
trap 'rm -rf "$work"' EXIT

tokenize -c "$here/movies.ini" | split | vocab | batch | train | embed | index |
    tee "$work/index" | rank | evaluate -k 10,100 > "$work/figures"
mv "$work/index" "$index"

echo 'What three people rated, and what to show them next:'
for user in 1 4396 9571; do
    echo
    rank --index "$index" --query "$user" -k 3 --exclude seen --history 3
done
echo
cat "$work/figures"
