# evaluate: predictions of heads against labels, in the table that score writes.
load helpers

# stream KIND ROW ...: a stream with the table scores: query, candidate, label, prediction; training labels 1, 0, 1, 1.
stream() {
    printf '{"millrace": 1, "config": "%s", "history": []}\n' "[table r]\\npath = r\\ncolumns = u, i, y:f32, w:f32\\n[data]\\ninteractions = r\\nquery = u\\ncandidate = i\\nlabel = y\\n${WEIGHT-}[feature u]\\nembed = 1\\n[feature i]\\nembed = 1\\n[head h]\\ninputs = u, i\\nlayers = dense(1)\\n[task t]\\nkind = $1(h)\\n${TASK-}"
    printf '%s\n' '{"table": "queries", "columns": {"u": "str", "sex": "str", "count": "u32"}}' '{"frame": "queries"}' \
        '["a", "f", 2]' '["b", "m", 1]' '["c", "f", 1]' '{"table": "candidates", "columns": {"i": "str", "count": "u32"}}' '{"frame": "candidates"}' \
        '["x", 2]' '["y", 1]' '["z", 1]' '{"table": "r", "columns": {"query": "u32", "candidate": "u32", "y": "f32", "w": "f32"}}' '{"frame": "r"}' \
        '[0, 0, 1, 1]' '[0, 1, 0, 1]' '[1, 0, 1, 1]' '[2, 2, 1, 1]' \
        "{\"table\": \"scores\", \"columns\": {\"query\": \"u32\", \"candidate\": \"u32\", \"y\": \"f32\", \"w\": \"f32\", \"${HEAD-score/h}\": \"f32\"}}" \
        '{"frame": "scores"}' "${@:2}" '{"end": {}}'
}
rows=('[2, 0, 1, 1, 0.75]' '[0, 0, 1, 1, 0.5]' '[1, 2, 0, 1, 0.25]' '[0, 1, 0, 2, 0.5]' '[0, 2, 0, 1, 0.25]' '[1, 1, 1, 0, 0.125]')

# figure METRIC K FIELD [SLICE] < JSON lines
figure() {
    python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if [row["metric"], str(row["k"])] == sys.argv[1:3] and row.get("slice") == (sys.argv[4:] or [None])[0]:
        print(row[sys.argv[3]])' "$@"
}
is() { [ "$(figure "${@:1:3}" "${@:5}" <<< "$json")" = "$4" ] || { echo "$@: $(figure "${@:1:3}" "${@:5}" <<< "$json")"; return 1; }; }

refuses() {
    run "-$1" --separate-stderr evaluate -o "$T/no" "${@:3}"
    complains "$2"
    [ ! -e "$T/no" ]
}

@test "a classification by hand" {
    stream classification "${rows[@]}" | show --parse > "$T/in"
    json=$(evaluate --json -k 1 "$T/in")
    is auc 0 value 0.611111111              # of 9 pairs .75 wins 3, .5 wins 2 and ties 1, .125 wins none: 5.5
    is auc 0 mean 0.5
    is auc 0 low 0.0523469998               # a, b and c move it by 3, -10 and 7 of 54: 1.96 sqrt(3 / 2 * 158) / 54 below
    is auc 0 high 1
    is auc 0 n 3
    is grouped_auc 0 value 0.45             # a's .75 of three rows, b's 0 of two
    is grouped_auc 0 n 2
    is accuracy 0 value 0.666666667
    is accuracy 0 mean 0.5
    is ndcg 0 n 3
    is ndcg 1 value 0.5                     # c has it first, b last, a's first place is shared
    is log_loss 0 value 0.721463687
    is log_loss 0 mean 0.836988217          # of 3/4 for everything
    run -0 evaluate "$T/in"
    says 'h: 6 rows, label y'
    says '0.5000 .. 0.6000             2      0.5000   0.5000'
    [[ "$output" != *rmse* ]]
}

@test "what is asked about rankings is refused where there are but predictions" {
    stream classification "${rows[@]}" | show --parse > "$T/in"
    for option in '--baseline knn' "--vectors $T/in" "--trec $T/run" "--against $T/in"; do
        refuses 3 "$T/in: ${option%% *}: no table \"rankings\"" $option "$T/in"
    done
    [ ! -e "$T/run.run" ]
}

@test "a regression by hand" {
    stream regression "${rows[@]}" | show --parse > "$T/in"
    json=$(evaluate --json "$T/in")
    is mae 0 value 0.4375                    # (.25 + .5 + .25 + .5 + .25 + .875) / 6
    is rmse 0 value 0.492125492
    is rmse 0 mean 0.559016994
    [ -z "$(figure auc 0 value <<< "$json")" ]
    run -0 pipe "evaluate --stream '$T/in' | show --json"
    says '{"table": "metrics/scores", "columns": {"head": "str", "metric": "str", "k": "u32", "value": "f64", "low": "f64", "high": "f64", "mean": "f64", "n": "u64", "by": "str", "slice": "str", "gap": "f64", "ratio": "f64"}}'
    says '["h", "mae", 0, 0.4375,'
    says '{"table": "metrics/calibration", "columns": {"head": "str", "low": "f64", "high": "f64", "n": "u64", "prediction": "f64", "label": "f64"}}'
    says '["h", 0.125, 0.1875, 1, 0.125, 1]'
}

@test "a listwise task has no labels to hit: only the order counts" {
    stream listwise "${rows[@]}" | show --parse > "$T/in"
    json=$(evaluate --json "$T/in")
    is ndcg 0 n 3
    [ "$(wc -l <<< "$json")" -eq 1 ]
}

@test "weights, and rows that the task leaves out" {
    WEIGHT='weight = w\n' stream regression "${rows[@]}" | show --parse > "$T/in"
    json=$(evaluate --json "$T/in")
    is mae 0 value 0.375                    # (.25 + .5 + .25 + 2 * .5 + .25) / 6
    TASK='where = w\n' stream regression "${rows[@]}" | show --parse > "$T/in"
    json=$(evaluate --json "$T/in")
    is mae 0 value 0.35
}

@test "--by: the slices of queries and candidates; the least error is the best" {
    stream regression "${rows[@]}" | show --parse > "$T/in"
    json=$(evaluate --json --by sex,i "$T/in")
    is mae 0 value 0.375 f
    is mae 0 value 0.5625 m
    is mae 0 gap 0.1875 m
    is mae 0 ratio 1.5 m
    is mae 0 gap 0 f
    is mae 0 value 0.25 z
    is mae 0 n 2 z
    run -0 evaluate --by sex "$T/in"
    says 'by sex'
    refuses 3 '--by: neither table "queries" nor table "candidates" has a column "sexe", did you mean "sex"' --by sexe "$T/in"
}

@test "against numpy, on random rows" {
    /usr/bin/python3 -c 'import numpy' 2> /dev/null || skip 'needs python3-numpy'
    /usr/bin/python3 - > "$T/rows" << 'END'
import numpy as np
rng = np.random.default_rng(3)
for _ in range(400):
    y = rng.integers(2)
    print(f"[{rng.integers(3)}, {rng.integers(3)}, {y}, {rng.integers(1, 5)}, {np.clip(np.round(rng.normal(0.4 + 0.2 * y, 0.2), 2), 0, 1)}]")
END
    mapfile -t random < "$T/rows"
    for kind in classification regression; do
        WEIGHT='weight = w\n' stream $kind "${random[@]}" | show --parse > "$T/in"
        evaluate --json -k 5 "$T/in" > "$T/figures"
        /usr/bin/python3 - "$T/rows" "$T/figures" << 'END'
import json, sys
import numpy as np
q, _, y, w, p = np.array([json.loads(line) for line in open(sys.argv[1])], dtype=np.float32).astype(float).T

def area(y, p, w):
    a, b = y > 0.5, y <= 0.5
    wins = (p[a][:, None] > p[b]) + 0.5 * (p[a][:, None] == p[b])
    weights = w[a][:, None] * w[b]
    return (wins * weights).sum() / weights.sum()

def gain(by, y, k):  # ties have the mean of the places they share
    order = np.argsort(-by, kind="stable")
    discount = np.where(np.arange(len(y)) < k, 1 / np.log2(np.arange(len(y)) + 2), 0)
    total = 0
    for value in np.unique(by):
        at = by[order] == value
        total += (2 ** y[order][at] - 1).mean() * discount[at].sum()
    return total

clipped = np.clip(p, 1e-7, 1 - 1e-7)
bins = np.minimum(np.floor(p * 10), 9)
queries = [q == i for i in range(3)]
expected = {
    "rmse": np.sqrt(np.average((p - y) ** 2, weights=w)), "mae": np.average(abs(p - y), weights=w),
    "log_loss": np.average(-y * np.log(clipped) - (1 - y) * np.log(1 - clipped), weights=w),
    "accuracy": np.average((p > 0.5) == (y > 0.5), weights=w), "auc": area(y, p, w),
    "grouped_auc": np.average([area(y[m], p[m], w[m]) for m in queries], weights=[w[m].sum() for m in queries]),
    "calibration": sum(abs(((p - y) * w)[bins == b].sum()) for b in range(10)) / w.sum(),
}
# A query's share of the variance of a ratio, and of an area: what its rows add to or take from it.
bin_sign = np.array([np.sign(((p - y) * w)[bins == b].sum()) for b in bins])
right = np.array([((a > p[(y > 0.5) != up]) == up)[a != p[(y > 0.5) != up]] @ w[(y > 0.5) != up][a != p[(y > 0.5) != up]]
                  + 0.5 * w[((y > 0.5) != up) & (p == a)].sum() for a, up in zip(p, y > 0.5)])
totals = np.array([w[(y > 0.5) == up].sum() for up in y > 0.5])
moves = {"calibration": (w * ((p - y) * bin_sign - expected["calibration"])) / w.sum(), "auc": w / totals * (right / (w.sum() - totals) - expected["auc"])}
figures, compared = [json.loads(line) for line in open(sys.argv[2])], 0
for figure in figures:
    k = figure["k"] or 400
    value = np.mean([gain(p[m], y[m], k) / gain(y[m], y[m], k) for m in queries]) if figure["metric"] == "ndcg" else expected[figure["metric"]]
    assert abs(figure["value"] - value) < 1e-8, (figure, value)
    if figure["metric"] in moves:
        half = 1.959963984540054 * np.sqrt(3 / 2 * sum(moves[figure["metric"]][m].sum() ** 2 for m in queries))
        assert abs(figure["low"] - max(0, value - half)) < 1e-8 and abs(figure["high"] - value - half) < 1e-8 and half > 0.001, (figure, half)
    compared += 1
assert compared in (4, 7), compared
END
    done
}

@test "bad input" {
    spoilt() {
        stream "$1" "$2" | show --parse > "$T/in"
        refuses 3 "$3" "$T/in"
    }
    spoilt classification '[0, 0, 2, 1, 0.5]' 'column "y": row 0: 2 is no label of a classification'
    spoilt classification '[0, 0, 1, 1, 1.5]' 'column "score/h": row 0: 1.5 is no prediction of a classification'
    spoilt regression '[0, 0, "nan", 1, 0.5]' 'column "y": row 0: nan is no label of a regression'
    spoilt regression '[0, 0, 1, 1, "inf"]' 'column "score/h": row 0: inf is no prediction of a regression'
    spoilt regression '[3, 0, 1, 1, 0.5]' 'table "scores": row 0: query 3, but there are 3'
    spoilt regression '[0, 7, 1, 1, 0.5]' 'table "scores": row 0: candidate 7, but there are 3'
    WEIGHT='weight = w\n' spoilt regression '[0, 0, 1, -1, 0.5]' 'column "w": row 0: -1 is no weight'
    HEAD=score/g spoilt regression '[0, 0, 1, 1, 0.5]' 'no column "score/HEAD" of a head that a task learns'
    stream regression | show --parse > "$T/in"
    run -0 evaluate "$T/in"
    says 'h: 0 rows, label y'
}

@test "a trained head, end to end: better than the mean label" {
    cat > "$T/movies.ini" << END
[table ratings]
path = $ROOT/data/movietweetings-10k/ratings.dat
format = dat
columns = user_id, movie_id, rating:f32, timestamp:time
[data]
interactions = ratings
query = user_id
candidate = movie_id
label = rating
[split]
method = random(test=0.1)
[head rating]
inputs = user_id, movie_id
layers = dense(1)
[task rating]
kind = regression(rating)
[train]
epochs = 5
END
    tokenize -c "$T/movies.ini" | split | vocab | batch | train | score > "$T/scored"
    json=$(evaluate --json "$T/scored")
    [ "$(figure rmse 0 n <<< "$json")" -gt 100 ]
    python3 -c 'import sys; assert float(sys.argv[1]) < float(sys.argv[2]), sys.argv' "$(figure rmse 0 value <<< "$json")" "$(figure rmse 0 mean <<< "$json")"
}
