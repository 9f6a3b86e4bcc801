#!/usr/bin/env bash
# From lines "user item item ..." to an index that recommends, and its figures on a test file.
#
#     pipelines/implicit.sh TRAIN TEST [INDEX]          INDEX is implicit.index unless given
#
# The stages are taken from the PATH or, if they are not there, from build/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(dirname "$(command -v tokenize || echo "$here/../build/tokenize")"):$PATH
[ $# -ge 2 ] && [ $# -le 3 ] || { echo 'usage: implicit.sh TRAIN TEST [INDEX]' >&2; exit 2; }
index=${3:-implicit.index}

tokenize -c "$here/implicit.ini" --set "table ratings.path=$1" --set "table ratings.test.path=$2" | split | vocab | batch | train |
    embed | index -o "$index"
rank "$index" --exclude seen | evaluate -k 20
