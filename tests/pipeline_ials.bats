# pipelines/ials.ini end to end, on data that is not part of the project: quality above floors that three seeds pass.
load helpers

@test "ials.ini: 64 dimensions of ml-1m-x0" {
    data=$SHARED/data/ml-1m-x0
    needs "$data/train.txt"
    tokenize -c "$ROOT/pipelines/ials.ini" --set "table ratings.path=$data/train.txt" --set "table ratings.test.path=$data/test.txt" |
        split | vocab | train | embed | index | rank --exclude seen | evaluate -k 20 --stream > "$T/figures"
    figure() { show --json --table metrics "$T/figures" | grep "^\[\"$1\", 20," | jq '.[3]'; }
    run -0 jq -n "$(figure recall) > 0.270 and $(figure ndcg) > 0.256"
    [ "$output" = true ] || { show --table metrics "$T/figures"; false; }
}
