# Learning without gradients: [train] solver = ials.
load helpers

setup() {
    cat > "$T/r.csv" <<CSV
u,i,w
a,x,1
a,y,2
b,x,1
b,z,1
c,y,0.5
c,z,1
c,z,1
d,x,0
e,v,1
e,z,3
CSV
    cat > "$T/t.ini" <<INI
[table r]
path = r.csv
columns = u, i, w:f32
[data]
interactions = r
query = u
candidate = i
weight = w
[split]
method = none()
[feature u]
embed = 3
[feature i]
embed = 3
[train]
solver = ials(alpha0=0.3, reg=0.05, nu=0.7, steps=0, iterations=3)
INI
    tokenize -c "$T/t.ini" | vocab > "$T/encoded"
}

rows() {
    show --json --table "$1" "$2" | grep '^\['
}

# body STREAM: all but the header, whose history says with which options it was made, and the checksum.
body() {
    show --json "$1" | sed '1d;$d'
}

@test "train: ials is that of the formulas, with weights, pairs that come twice, and queries that took nothing" {
    needs /usr/bin/python3
    /usr/bin/python3 -c 'import numpy' 2> /dev/null || skip 'needs numpy'
    train --set 'train.solver=ials(0.3, 0.05, 0.7, 0, 0)' -o "$T/start" "$T/encoded"
    train -o "$T/exact" "$T/encoded"
    train --set 'train.solver=ials(0.3, 0.05, 0.7, 8, 3)' -o "$T/steps" "$T/encoded"
    for file in start exact steps; do for f in u i; do rows param/embed/$f "$T/$file" > "$T/$file.$f"; done; done
    for f in u i; do rows vocab/$f "$T/encoded" > "$T/vocab.$f"; done
    run -0 /usr/bin/python3 - "$T" <<'PYTHON'
import json, sys, csv, numpy as np
T = sys.argv[1]
def table(name): return np.array([json.loads(l)[0] for l in open(f"{T}/{name}")])
def ids(f): return {json.loads(l)[0]: n + 1 for n, l in enumerate(open(f"{T}/vocab.{f}"))}
U, V, u_id, i_id = table("start.u"), table("start.i"), ids("u"), ids("i")
W = np.zeros((len(U), len(V)))
for r in csv.DictReader(open(f"{T}/r.csv")): W[u_id[r["u"]], i_id[r["i"]]] += float(r["w"])
def half(X, Y, W):
    for k in range(len(X)):
        n = W[k].sum()
        X[k] = 0 if n == 0 else np.linalg.solve((Y.T * W[k]) @ Y + 0.3 * Y.T @ Y + 0.05 * (n + 0.3 * len(Y)) ** 0.7 * np.eye(3), Y.T @ W[k])
losses = []
def loss():
    S, took = U @ V.T, W.sum(1) > 0
    l = 0.05 * (W.sum(1) + 0.3 * len(V)) ** 0.7
    return (W * (1 - S) ** 2).sum(1)[took].sum() + 0.3 * (S[took] ** 2).sum() + (l * (U ** 2).sum(1))[took].sum()
for _ in range(3):
    losses.append(loss() / 9)
    half(U, V, W)
    half(V, U, W.T)
    U[W.sum(1) == 0] = U[W.sum(1) > 0].mean(0)
for name in "exact", "steps":
    for f, X in ("u", U), ("i", V):
        error = abs(table(f"{name}.{f}") - X).max()
        assert error < 2e-4, (name, f, error)
print(*losses)
PYTHON
    run -0 jq -n --argjson found "$(rows metrics/train "$T/exact" | jq -sc 'map(.[3])')" --argjson wanted "[${output// /,}]" \
        '[$found, $wanted] | transpose | map((.[0] - .[1]) / .[1] | fabs < 1e-4) | all and length == 3'
    [ "$output" = true ] || rows metrics/train "$T/exact"
    [ "$output" = true ]
}

@test "train: ials passes batches over, has no slots, and threads change no byte" {
    train -o "$T/without" "$T/encoded"
    batch "$T/encoded" | train --threads 3 -o "$T/with"
    run -0 diff <(body "$T/without") <(body "$T/with")
    run -0 show "$T/with"
    [[ "$output" != *slot/* && "$output" != *batches* ]]
    [ "$(rows metrics/train "$T/with" | jq -c '.[0:3]' | tail -1)" = '[2,2,9]' ]
}

@test "train: a model of ials goes through embed, index and rank; a query that took nothing gets what the others like" {
    train "$T/encoded" | embed | index -o "$T/index"
    run -0 --separate-stderr rank --index "$T/index" --query a -k 2 --json
    [ "$(jq -c '[.recommendations[].candidate.i] | sort' <<< "$output")" = '["x","y"]' ]
    run -0 --separate-stderr rank --index "$T/index" --query d -k 1 --json
    [ "$(jq -r '.recommendations[0].candidate.i' <<< "$output")" = z ]
}

# Ratings of the shipped data, a tenth held back.
larger() {
    cat > "$T/l.ini" <<INI
[table ratings]
path = $ROOT/data/movietweetings-10k/ratings.dat
format = dat
columns = user_id, movie_id, ...
[data]
interactions = ratings
query = user_id
candidate = movie_id
[split]
method = random(valid=0.1)
[feature user_id]
embed = 8
[feature movie_id]
embed = 8
[train]
solver = ials(alpha0=0.1, reg=0.02, iterations=6)
validate = recall(20)
INI
    tokenize -c "$T/l.ini" | split | vocab > "$T/larger"
}

@test "train: iterations of ials are validated, logged and counted as epochs; patience ends them, and the best is kept" {
    larger
    run -0 --separate-stderr train -v -l "$T/log" -o "$T/model" "$T/larger"
    [[ "$stderr" == *'steps=6 '* ]]
    [ "$(jq -s 'map(select(.event == "epoch" and .value > 0)) | length' "$T/log")" = 6 ]
    [ "$(rows metrics/valid "$T/model" | wc -l)" = 6 ]
    best=$(rows metrics/valid "$T/model" | jq -s 'map(.[4]) | max')
    # The parameters are those of the best one: validated again, they give its figure.
    embed < "$T/model" | index | rank --table ratings.valid | evaluate --stream -k 20 > "$T/figures"
    [ "$(rows metrics "$T/figures" | grep '"recall", 20, "excluded"' | jq ".[3] - $best | fabs < 1e-9")" = true ]
    train --set train.patience=1 --set 'train.solver=ials(0.1, 0.02, iterations=100)' -o "$T/patient" "$T/larger"
    [ "$(rows metrics/valid "$T/patient" | wc -l)" -lt 100 ]
    train --max-time 0.000001 -o "$T/short" "$T/larger"
    [ "$(rows metrics/train "$T/short" | wc -l)" = 1 ]
}

@test "train: ials goes on from a checkpoint to the same bytes" {
    larger
    train -o "$T/whole" "$T/larger"
    train --checkpoint "$T/check" --max-time 0.000001 -o "$T/part" "$T/larger"
    train --resume "$T/check" -o "$T/rest" "$T/larger"
    run -0 diff <(body "$T/whole") <(body "$T/rest")
    train --checkpoint "$T/every" --checkpoint-steps 4 -o "$T/again" "$T/larger"
    train --resume "$T/every" -o "$T/rest" "$T/larger"
    run -0 diff <(body "$T/whole") <(body "$T/rest")
    train --init "$T/part" --set 'train.solver=ials(0.1, 0.02, iterations=5)' -o "$T/more" "$T/larger"
    [ "$(rows metrics/train "$T/more" | wc -l)" = 6 ]
}

@test "train: models that ials cannot learn" {
    refused() {
        local message=$1
        shift
        run -3 --separate-stderr train "$@" -o "$T/out" "$T/encoded"
        complains "$message"
        [ ! -e "$T/out" ]
    }
    refused 'tower "query": solver = ials wants one lookup' --set 'tower query.layers=normalize()'
    refused 'tower "candidate": solver = ials wants one lookup' --set 'tower candidate.inputs=i, i2' --set 'feature i2.encode=hash(bins=2, from=i)'
    refused 'tower "query": solver = ials wants one lookup' --set 'tower query.inputs=w' --set 'feature w.encode=normalize()'
    refused 'heads: solver = ials knows none' --set 'task retrieval.heads=2'
    refused 'a column "where": solver = ials knows none' --set 'task retrieval.where=w'
    refused '2 tasks: solver = ials learns one' --set 'task other.kind=retrieval(query, candidate)'
    refused 'embed is 3 for feature "u" and 4 for "i"' --set 'feature i.embed=4'
    refused 'both towers have the table "u"' --set 'feature i.table=u'
    refused 'unknown solver "ils", did you mean "ials"' --set 'train.solver=ils()'
    refused 'rag' --set 'train.solver=ials(rag=1)'
    refused 'gradients' --set 'train.solver=gradients(1)'
    run -0 train --kinds
    says 'ials(alpha0=0.1, reg=0.003, nu=1, steps=3, iterations=16)'
}

@test "train: interactions that ials cannot take" {
    refused() {
        show --json "$T/encoded" | sed '$d' | sed "$2" > "$T/lines"
        { cat "$T/lines"; echo '{"end": {}}'; } | show --parse > "$T/bad"
        run -3 --separate-stderr train -o "$T/out" "$T/bad"
        complains "$1"
        [ ! -e "$T/out" ]
    }
    refused 'column "w": row 1: a weight of -2, wanted one from 0' 's/^\[0, 2, 2\]/[0, 2, -2]/'
    refused 'column "query": row 9, but table "queries" has 5 rows' 's/^\[0, 2, 2\]/[9, 2, 2]/'
    refused 'column "candidate": row 9, but table "candidates" has 4 rows' 's/^\[0, 2, 2\]/[0, 9, 2]/'
    refused 'row 0 has id 7, but "param/embed/u" has 6 rows' 's/^\["a", \([0-9]*\), [0-9]*\]$/["a", \1, 7]/'
}
