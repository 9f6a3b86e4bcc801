# Whole models of TFRS's tutorials from the library's own initial values on, step by step: the cases of tests/golden/models.json (see its
# `source` and `note`; models.py beside it makes it). Text goes in, and the losses that `train` notes must be the library's. They agree to
# 2e-7; ten times that leaves room for sums in another order on other processors.
load helpers

# as_tfrs CASE CONFIGURATION: the configuration's [feature] and [tower] sections follow the two tables.
as_tfrs() {
    needs /usr/bin/python3
    printf '%s\n' 'compat = tfrs' '[table r]' 'path = r.tsv' 'format = tsv' 'columns = user, movie, time:time, past:list(|)' \
        '[table t]' 'path = t.tsv' 'format = tsv' 'columns = movie, title' 'key = movie' \
        '[data]' 'interactions = r' 'query = user' 'candidate = movie -> t' 'time = time' '[split]' 'method = none()' \
        '[train]' 'batch = 32' 'epochs = 2' 'shuffle = no' "$2" > "$T/model.ini"
    cat > "$T/inputs.py" << 'END'
import json, sys
name, folder = sys.argv[2:]
golden = json.load(open(sys.argv[1]))
case, = [c for c in golden["cases"] if c["name"] == name]
pad = "0" if name == "sequential_padded" else None
with open(folder + "/r.tsv", "w") as out:
    for user, movie, time, past in case["inputs"]["rows"]:
        out.write("%s\t%s\t%d\t%s\n" % (user, movie, time, "|".join(p for p in past if p != "0" or pad)))
with open(folder + "/t.tsv", "w") as out:
    for row in golden["titles"].items():
        out.write("%s\t%s\n" % row)
with open(folder + "/init.jsonl", "w") as out:
    lines = [{"millrace": 1, "config": "", "history": []}]
    for table, of in case["inputs"]["init"].items():
        width = len(of["value"][0])
        if of["tokens"]:
            lines += [{"table": "vocab/" + table[6:], "columns": {"token": "str", "count": "u64"}}, {"frame": "vocab/" + table[6:]}] + [[t, 1] for t in of["tokens"]]
        for kind, column, rows in ("param", "value", of["value"]), ("slot", "accumulator", [[0.1] * width] * len(of["value"])):
            lines += [{"table": kind + "/" + table, "columns": {column: "f32[%d]" % width}}, {"frame": kind + "/" + table}] + [[row] for row in rows]
    out.write("\n".join(map(json.dumps, lines + [{"end": {}}])))
with open(folder + "/wanted", "w") as out:
    for loss in case["outputs"]["step_loss"]:
        out.write("%.9g\n" % loss)
END
    python3 "$T/inputs.py" "$ROOT/tests/golden/models.json" "$1" "$T"
    show --parse "$T/init.jsonl" > "$T/init.mp"
    tokenize -c "$T/model.ini" | vocab | batch | train --init "$T/init.mp" | show --json --table metrics/train | jq -r 'arrays | .[3]' > "$T/found"
    paste "$T/wanted" "$T/found" | awk '{ if (NF < 2 || ($1 - $2) ^ 2 > (2e-6 * $1) ^ 2) { print "step " NR ": " $0; bad = 1 } } END { exit bad || NR != 16 }'
}

@test "deep: users, moments, titles and their words under towers of two layers" {
    as_tfrs deep '
[feature user]
embed = 8
[feature moment]
encode = bucketize(linspace(10), from=time)
embed = 8
[feature recency]
encode = normalize(from=time)
[feature title]
embed = 8
[feature words]
encode = text(max=100, from=title)
embed = 8
[tower query]
inputs = user, moment, recency
layers = dense(8, relu), dense(4)
[tower candidate]
inputs = title, words
layers = dense(8, relu), dense(4)'
}

@test "sequential: what a user took before, through a GRU" {
    as_tfrs sequential '
[feature past]
encode = list()
embed = 8
pool = gru(4)
[feature movie]
embed = 8
[tower query]
inputs = past
[tower candidate]
inputs = movie
layers = dense(4)'
}

@test "sequential, padded with a film that is none" {
    as_tfrs sequential_padded '
[feature past]
encode = list()
embed = 8
pool = gru(4)
[feature movie]
embed = 8
[tower query]
inputs = past
[tower candidate]
inputs = movie
layers = dense(4)'
}

@test "unified: users and titles by salted hashes in shared tables" {
    as_tfrs unified '
[feature u]
encode = unified(buckets=16, tables=2, chunks=2, from=user)
table = shared
embed = 4
[feature t]
encode = unified(buckets=16, tables=2, chunks=2, from=title)
table = shared
embed = 4
[tower query]
inputs = u
layers = dense(4)
[tower candidate]
inputs = t
layers = dense(4)'
}
