#!/usr/bin/env bash
# From lines "user item item ..." to an index that recommends, and its figures on a test file. Nothing has to be set.
#
#     pipelines/implicit.sh TRAIN TEST [INDEX]          INDEX is implicit.index unless given
#
# A tenth of TRAIN is put aside, and what differs from one set of data to another is chosen by NDCG@20 on it: the temperature, what share of
# a user's vector is the user's own, how many epochs, and, for catalogues of up to 8,000 items, whether a model of 256 dimensions that is then
# folded into 64 ranks better. The model is trained again on all of TRAIN. TEST is read once, for the figures; SEED=N has it all done with
# another seed. The stages are taken from the PATH or, if they are not there, from build/.
set -euo pipefail
here=$(cd "$(dirname "$0")" && pwd)
PATH=$(dirname "$(command -v tokenize || echo "$here/../build/tokenize")"):$PATH
[ $# -ge 2 ] && [ $# -le 3 ] || { echo 'usage: implicit.sh TRAIN TEST [INDEX]' >&2; exit 2; }
index=${3:-implicit.index} seed=${SEED:-1}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
say() { echo "implicit: $*" >&2; }

tokens() { tokenize -c "$here/implicit.ini" --set "table ratings.path=$1" --set "table ratings.test.path=$2" --set "train.seed=$seed" "${@:3}"; }
tokens "$1" "$2" -t ratings --set "split.method=random(valid=0.1, seed=$seed)" | split | vocab -o "$work/valid.mp"
rows_of() { show "$work/valid.mp" | awk -v table="$1" '$1 == table { print $2 }'; }
users=$(rows_of queries) items=$(rows_of candidates) held=$(rows_of ratings.valid)

# batches FILE DIM TEMPERATURE OWN EPOCHS BATCH SETTING...: FILE with the batches of such a model.
batches() {
    local rate sets=() feature setting
    rate=$(awk -v batch="$6" 'BEGIN { print (batch > 64) ? 0.02 : 0.01 }')
    for feature in user history item; do sets+=(--set "feature $feature.embed=$2"); done
    for setting in "${@:7}"; do sets+=(--set "$setting"); done
    batch --set "task retrieval.loss=full_softmax(temperature=$3, power=0.5)" --set "train.epochs=$5" --set "train.batch=$6" \
        --set "tower query.layers=mix($4, $(awk -v own="$4" 'BEGIN { print 1 - own }')), normalize()" \
        --set "optimizer.default=adam(lr=linear($rate, end=0.1))" --set "optimizer.embed/user=lazy_adam(lr=linear($rate, end=0.1))" \
        "${sets[@]}" "$1"
}

# trial DIM TEMPERATURE OWN EPOCHS BATCH EVERY: trains on nine tenths; prints the best NDCG@20 of the validations, and after how many epochs it
# was; 0 0 where no rows are put aside. The model is left in $work/model.mp. What a whole catalogue costs grows with users times items: beyond some size trials, but not the
# model, are trained against a sample of 4,096 items beside those of the batch.
trial() {
    if [ "$held" -eq 0 ]; then
        echo '0 0'
        return
    fi
    local settings=('train.validate=ndcg(20)' "train.every=$6")
    if [ $((users * items)) -gt 400000000 ]; then
        settings+=("task retrieval.loss=softmax(temperature=$2, power=0.5)" 'task retrieval.negatives=batch, uniform(4096)')
    fi
    batches "$work/valid.mp" "${@:1:5}" "${settings[@]}" | train -q -o "$work/model.mp"
    show --json --table metrics/valid "$work/model.mp" | tr -d '[],"' |
        awk '$3 == "ndcg" && $5 >= best { best = $5; epochs = $1 + 1 } END { printf "%.5f %d\n", best, epochs }'
}

better() { awk -v a="$1" -v b="$2" 'BEGIN { exit !(a > b) }'; }

# Short trials: the temperatures, two beside the best of them, and a smaller share of the user's own vector.
best=0 temperature=0.2 own=0.25
try() {
    local score
    trial 64 "$1" "$2" 10 256 10 > "$work/result"
    read -r score _ < "$work/result"
    say "temperature $1, own share $2: NDCG@20 $score after 10 epochs"
    if better "$score" "$best"; then
        best=$score temperature=$1 own=$2
    fi
}
for candidate in 0.08 0.12 0.2 0.3; do try "$candidate" 0.25; done
middle=$temperature
for factor in 0.8333 1.2; do try "$(awk -v t="$middle" -v f="$factor" 'BEGIN { printf "%.3g", t * f }')" 0.25; done
try "$temperature" 0.1

# The whole length, and the epoch at which it was best; then the wide model, which has to
# be better by more than chance.
batch=64 epochs=32 dim=64
if [ $((users * items)) -gt 50000000 ]; then
    batch=256 epochs=24
fi
trial 64 "$temperature" "$own" "$epochs" "$batch" 4 > "$work/result"
read -r best found < "$work/result"
say "64 dimensions: NDCG@20 $best, best after $found epochs"
if [ "$found" -gt 0 ]; then
    epochs=$found
fi
if [ "$items" -le 8000 ] && [ "$found" -gt 0 ]; then
    cool=$(awk -v t="$temperature" 'BEGIN { printf "%.3g", 0.7 * t }')
    trial 256 "$cool" "$own" 24 "$batch" 4 > "$work/result"
    read -r _ found < "$work/result"
    score=$(fold "$work/model.mp" | embed | index | rank --exclude seen | evaluate --json -k 20 | sed -n 's/.*"metric": "ndcg".*"value": \([0-9.]*\),.*/\1/p')
    say "256 dimensions folded to 64: NDCG@20 $score, best after $found epochs"
    if better "$score" "$(awk -v best="$best" 'BEGIN { print 1.01 * best }')"; then
        dim=256 temperature=$cool epochs=$found
    fi
fi

say "training on all of $1"
tokens "$1" "$2" | split | vocab -o "$work/all.mp"
batches "$work/all.mp" "$dim" "$temperature" "$own" "$epochs" "$batch" | train -q |
    if [ "$dim" -gt 64 ]; then fold; else cat; fi | embed | index -o "$index"
rank "$index" --exclude seen | evaluate -k 20
