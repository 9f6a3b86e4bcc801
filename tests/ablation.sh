#!/usr/bin/env bash
# make ablation: what each choice in pipelines/implicit.ini is worth. A line for each change of one thing: Recall@20 and NDCG@20 on a tenth of
# the training file that is put aside (the test file is not read), and the
# seconds that training took of all cores together. DATA is a file of lines "user item item ...".
set -euo pipefail
cd "$(dirname "$0")/.."
: "${BUILD:=$PWD/build}" "${DATA:=../shared/data/ml-1m-x0/train.txt}" "${EPOCHS:=24}"
PATH=$BUILD:$PATH
. tests/quality.bash
[ -e "$DATA" ] || { echo "make ablation: no $DATA: give DATA=FILE" >&2; exit 1; }
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
TIMEFORMAT=%U
tokenize -t ratings -c pipelines/implicit.ini --set "table ratings.path=$DATA" --set "train.epochs=$EPOCHS" --set 'split.method=random(valid=0.1, seed=1)' |
    split | vocab -o "$work/encoded.mp"

# judge NAME MODEL: the line of a trained model.
judge() {
    embed "$2" | index | rank --exclude seen | figures -k 20 | awk -v name="$1" -v seconds="$seconds" '
        { v[$1] = $4 } END { printf "| %s | %.4f | %.4f | %.1f |\n", name, v["recall"], v["ndcg"], seconds }'
}
# row NAME SETTING...
row() {
    local name=$1 sets=() setting
    shift
    for setting in "$@"; do sets+=(--set "$setting"); done
    { time batch "${sets[@]}" "$work/encoded.mp" | train -q -o "$work/model.mp"; } 2> "$work/seconds"
    seconds=$(cat "$work/seconds")
    judge "$name" "$work/model.mp"
}
loss() { echo "task retrieval.loss=$1"; }
full() { loss "full_softmax(temperature=$1, power=0.5)"; }
sampled() { loss 'softmax(temperature=0.2, power=0.5)'; }
dims() { for feature in user history item; do echo "feature $feature.embed=$1"; done; }
popularity='task retrieval.negatives=popularity(1024)' uniform='task retrieval.negatives=uniform(1024)' few='task retrieval.negatives=uniform(256)'
# What compares pairs needs many steps, and no history, whose users come anew in every batch of 2,048 interactions.
alone=(train.group=no train.batch=2048 'tower query.inputs=user' 'tower query.layers=normalize()')

echo '| changed | Recall@20 | NDCG@20 | seconds |'
echo '| --- | --- | --- | --- |'
row 'nothing: full softmax, temperature 0.2'
for temperature in 0.1 0.14 0.28; do row "temperature $temperature" "$(full $temperature)"; done
row '1,024 uniform negatives' "$(sampled)" "$uniform"
row '1,024 negatives by popularity, log-q' "$(sampled)" "$popularity"
row '1,024 negatives by popularity, no log-q' "$(sampled)" "$popularity" 'task retrieval.logq=no'
row 'negatives of the batch, log-q' "$(sampled)" 'task retrieval.negatives=batch'
row 'negatives of the batch, no log-q' "$(sampled)" 'task retrieval.negatives=batch' 'task retrieval.logq=no'
row "2,048 interactions a batch, the user alone: its negatives, log-q" "$(sampled)" 'task retrieval.negatives=batch' "${alone[@]}"
row 'BPR likewise, 256 uniform negatives' "$(loss 'bpr(temperature=0.2)')" "$few" "${alone[@]}"
row "SimpleX's cosine contrastive loss likewise" "$(loss 'ccl(margin=0.4, negative_weight=20)')" "$few" "${alone[@]}"
row 'the user alone, no history' 'tower query.layers=mix(1, 0), normalize()'
row 'the history alone' 'tower query.layers=mix(0, 1), normalize()'
row 'half the user, half the history' 'tower query.layers=mix(0.5, 0.5), normalize()'
row 'one table for history and items' 'feature history.table=item'
row 'mean of the history, not n^-1/2' 'feature history.pool=mean'
row 'all users alike' "$(loss 'full_softmax(temperature=0.2, power=0)')"
row 'all interactions alike' "$(loss 'full_softmax(temperature=0.2, power=1)')"
row '256 users a batch, twice the rate' train.batch=256 'optimizer.default=adam(lr=linear(0.02, end=0.1))' 'optimizer.embed/user=lazy_adam(lr=linear(0.02, end=0.1))'
row 'constant rate' 'optimizer.default=adam(lr=0.005)' 'optimizer.embed/user=lazy_adam(lr=0.005)'
for dim in 32 128; do mapfile -t sets < <(dims $dim); row "$dim dimensions" "${sets[@]}"; done
mapfile -t sets < <(dims 256)
row '256 dimensions, temperature 0.14' "${sets[@]}" "$(full 0.14)"
for ease in 0 0.25; do fold --ease $ease -o "$work/folded.mp" "$work/model.mp"; judge "the same, folded into 64, with $ease of EASE" "$work/folded.mp"; done
