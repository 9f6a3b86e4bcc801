# Heads of four designs over one set of features, learned together on the data shipped here.
load helpers

@test "factorisation machine, wide and deep, DCN and DLRM predict ratings better than the mean does" {
    pipe "tokenize -c '$ROOT/pipelines/heads.ini' --set train.epochs=2 | split | vocab | batch | train -q | score | evaluate > '$T/figures'"
    for head in fm wide_deep dcn dlrm; do
        line=$(sed -n "/^$head: /,/^rmse/p" "$T/figures" | grep '^rmse')
        awk '{ exit !($3 < 0.9 * $NF) }' <<< "$line" || { echo "$head: $line"; false; }
    done
}
