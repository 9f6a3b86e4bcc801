#!/usr/bin/env bash
# The same as movies.sh on MovieLens 100K, which data/movielens downloads.
#
#     pipelines/movielens.sh DIR [FOLDER]   DIR has u.data and u.item; movielens.index is left in FOLDER (build/ by default)
set -euo pipefail
if [ $# -lt 1 ] || [ $# -gt 2 ]; then
    echo 'usage: movielens.sh DIR [FOLDER]' >&2
    exit 2
fi
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(dirname "$(command -v tokenize || echo "$here/../build/tokenize")"):$PATH
folder=${2:-$here/../build}
index=$folder/movielens.index
work=$(mktemp -d "$index.XXXXXX")  # beside the index, for mv; two runs have two
trap 'rm -rf "$work"' EXIT

tokenize -c "$here/movielens.ini" --set "table ratings.path=$1/u.data" --set "table movies.path=$1/u.item" |
    split | vocab | batch | train | embed | index |
    tee "$work/index" | rank | evaluate > "$work/figures"
mv "$work/index" "$index"

echo 'What three people rated, and what to show them next:'
for user in 1 42 405; do
    echo
    rank --index "$index" --query "$user" -k 3 --exclude seen --history 3
done
echo
cat "$work/figures"
