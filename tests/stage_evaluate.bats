# evaluate: which figures it gives, how they look, what it refuses, and how it says so.
load helpers

# ranked [RANK OPTION ...] < lines: the fixture's lines, indexed and ranked.
ranked() {
    show --parse | index | rank "$@"
}
fixture=$BATS_TEST_DIRNAME/fixtures/embedded.lines

# figure METRIC K SEEN FIELD < JSON lines
figure() {
    python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if [row["metric"], str(row["k"]), row["seen"]] == sys.argv[1:4]:
        print(row[sys.argv[4]])' "$@"
}

# refuses CODE MESSAGE [OPTION ...]
refuses() {
    run "-$1" --separate-stderr evaluate -o "$T/no" "${@:3}"
    complains "$2"
    [ -z "$output" ]
    absent "$T/no"
}

# spoils MESSAGE SED: evaluate refuses the ranked fixture so changed, with exit code 3.
spoils() {
    show --json "$T/r.mp" | sed "$2" | show --parse > "$T/spoilt.mp"
    refuses 3 "$1" "$T/spoilt.mp"
}

setup() {
    ranked < "$fixture" > "$T/r.mp"
}

@test "--help and --version" {
    run -0 --separate-stderr evaluate --help
    says "usage: evaluate [-k LIST]"
    for baseline in 'knn(neighbours=100' 'ease(lambda=45 times'; do says "  $baseline"; done
    for metric in accuracy accuracy_ids recall precision ndcg mrr map novelty tail similarity exposure coverage gini overlap; do says "  $metric "; done
    [ -z "$stderr" ]
    run -0 evaluate --version
    says "evaluate (millrace) "
}

@test "usage errors" {
    refuses 2 '--json and --stream: choose one' --json --stream "$T/r.mp"
    for list in '' 0 1,1 5,2 1, ,1 1.5 x -1 ' 1' 99999999999; do
        refuses 2 'wanted rising whole numbers' -k "$list" "$T/r.mp"
    done
}

@test "usage errors of --baseline" {
    refuses 2 '--baseline "": wanted 1 to 4 baselines' -b '' "$T/r.mp"
    refuses 2 '--baseline: there is no "kmn", did you mean "knn"' -b kmn "$T/r.mp"
    refuses 2 '--baseline: knn comes twice' -b 'knn,knn(shrink=3)' "$T/r.mp"
    refuses 3 '--baseline: neighbours is "0", wanted a whole number from 1' -b 'knn(neighbours=0)' "$T/r.mp"
    refuses 3 '--baseline: ease has no argument "lamda", did you mean lambda' -b 'ease(lamda=3)' "$T/r.mp"
    refuses 3 '--baseline: lambda is "nan", wanted a number' -b 'ease(lambda=nan)' "$T/r.mp"
}

# ann saw b c, bob a, eve nothing. Taken together were only b and c, so knn knows nothing more than popularity without the seen.
@test "--baseline: a column more for each, at the same lists" {
    run -0 evaluate --json -k 1,2 --baseline 'ease, knn' "$T/r.mp"
    [ "$(figure recall 2 excluded knn <<< "$output")" = "$(figure recall 2 excluded popularity <<< "$output")" ]
    [ "$(figure accuracy 1 kept ease <<< "$output")" = 0 ]          # b c before a for ann, a for bob, a for eve, who wants b
    [ "$(figure accuracy 2 kept ease <<< "$output")" = 0.25 ]
    [ "$(figure accuracy 2 kept popularity <<< "$output")" = 0.5 ]
    [ "$(figure coverage 2 excluded ease <<< "$output")" = 0.8 ]
    evaluate --json -k 1,2 "$T/r.mp" > "$T/alone"
    diff "$T/alone" <(sed 's/, "ease": [^,]*, "knn": [^,]*//' <<< "$output")
    run -0 evaluate -k 1 -b knn "$T/r.mp"
    [ "${lines[1]}" = 'metric             k  seen        model  95 % interval     popularity    lift      knn' ]
    run -0 pipe "evaluate --stream -k 1 -b ease,knn --threads 2 '$T/r.mp' | show --json --table metrics"
    says '"popularity": "f64", "n": "u64", "ease": "f64", "knn": "f64"}}'
}

@test "--baseline: what does not fit into memory is refused" {
    run -1 --separate-stderr evaluate -b ease --memory 100 "$T/r.mp"
    complains '--baseline ease: 5 candidates take 0 MiB, but half of --memory is 0 MiB'
}

@test "--baseline: bad input" {
    show --json "$T/r.mp" | sed 's/^\[\[0\]\]/[[9]]/' | show --parse > "$T/spoilt.mp"
    refuses 3 'table "seen": row 1: candidate 9, but there are 5' -b knn "$T/spoilt.mp"
}

# Lists of ann: c a d; bob: e a d; eve: a d. Popularity: a b c d e, each of the first three once.
@test "figures by hand" {
    run -0 evaluate --json -k 1,2 "$T/r.mp"
    json=$output
    is() { [ "$(figure "${@:1:4}" <<< "$json")" = "$5" ] || { echo "$@: $(figure "${@:1:4}" <<< "$json")"; return 1; }; }
    # By event, with the seen as rivals: ann's a and d tie behind c; eve's b is last; bob's e is first.
    is accuracy 1 kept value 0.25
    is accuracy 2 kept value 0.75
    is accuracy_ids 2 kept value 0.5
    is accuracy 1 kept popularity 0.25
    is accuracy 2 kept popularity 0.5
    # Without what was seen: ann has a d, bob e d.
    is accuracy 1 excluded value 0.75
    is accuracy_ids 1 excluded value 0.5
    is accuracy_ids 2 excluded value 0.75
    # Popularity then is a d e for ann, b c d e for bob, a b c for eve.
    is accuracy 1 excluded popularity 0.25
    is accuracy 2 excluded popularity 0.75
    # By person: ann finds 1 of 2, then both; bob his one; eve nothing.
    is recall 1 excluded value 0.5
    is recall 2 excluded value 0.666666667
    is precision 2 excluded value 0.5
    is mrr 1 excluded value 0.666666667
    is ndcg 2 excluded value 0.666666667
    is map 2 excluded value 0.666666667
    is recall 1 excluded n 3
    is recall 2 excluded popularity 0.666666667
    is mrr 2 excluded popularity 0.5
    # a and e, then d too.
    is coverage 1 excluded value 0.4
    is coverage 2 excluded value 0.6
    is coverage 1 excluded low None
}

@test "the table for people" {
    run -0 --separate-stderr evaluate -k 1 "$T/r.mp"
    [ "${lines[0]}" = 'r.test: 4 rows, 3 queries, 5 candidates' ]
    [ "${lines[1]}" = 'metric             k  seen        model  95 % interval     popularity    lift' ]
    [ "${lines[2]}" = 'accuracy           1  kept       0.2500  0.0000 .. 0.8114      0.2500    1.00' ]
    says 'coverage           1  excluded   0.4000  -                     0.4000    1.00'
    [ -z "$stderr" ]
    evaluate -k 1 -o "$T/out" "$T/r.mp"
    [ "$(cat "$T/out")" = "$output" ]
    # Places in lists say something else than scores where these tie; where they do not, the text says it once.
    says 'accuracy_ids       1  excluded   0.5000'
    sed -e '/^\["b", /s/\[0, 1\]/[0.1, 1]/; /^\["c", /s/\[1, 1\]/[1.2, 1.1]/; /^\["d", /s/\[1, 0\]/[0.8, -0.2]/' "$fixture" | ranked > "$T/untied.mp"
    run -0 evaluate -k 1,2 --by tags --against "$T/untied.mp" "$T/untied.mp"
    [[ "$output" != *accuracy_ids* ]]
    [ "$(grep -c '^accuracy ' <<< "$output")" -gt 8 ]
    [ "$(evaluate -k 1,2 --json "$T/untied.mp" | grep -c accuracy_ids)" = 4 ]
    run -0 evaluate -k 1,2 --against "$T/r.mp" "$T/untied.mp"
    [ "$(grep -c '^accuracy_ids ' <<< "$output")" = 4 ]
}

@test "--stream: the stream goes on, with the table metrics" {
    run -0 pipe "evaluate --stream -k 1 '$T/r.mp' | show --json --table metrics"
    says '{"table": "metrics", "columns": {"metric": "str", "k": "u32", "seen": "str", "value": "f64", "low": "f64", "high": "f64", "popularity": "f64", "n": "u64"}}'
    says '["accuracy", 1, "kept", 0.25, 0,'
    says '["coverage", 1, "excluded", 0.40000000000000002, "nan", "nan", 0.40000000000000002, 3]'
    evaluate --stream "$T/r.mp" > "$T/m.mp"
    for table in r.test rankings seen m; do
        diff <(show --json --table $table "$T/r.mp" | grep '^\[') <(show --json --table $table "$T/m.mp" | grep '^\[')
    done
}

@test "default lengths are cut to what the lists hold; one asked for is an error" {
    run -0 evaluate "$T/r.mp"
    says 'accuracy           1  kept'
    run -1 grep -E '^[a-z_]+ +(5|10) ' <<< "$output"
    refuses 3 "-k 3: the rankings go no further than 2: use 'rank -k 3'" -k 1,3 "$T/r.mp"
    # Lists that hold everything answer for any length.
    ranked -k 5 < "$fixture" > "$T/all.mp"
    run -0 evaluate -k 1000 "$T/all.mp"
    says 'accuracy        1000  kept       1.0000'
}

@test "rank --exclude: only the figures without what was seen" {
    ranked --exclude seen < "$fixture" > "$T/x.mp"
    run -0 evaluate -k 1,2 "$T/x.mp"
    [[ "$output" != *kept* ]]
    diff <(evaluate -k 1,2 --json "$T/x.mp") <(evaluate -k 1,2 --json "$T/r.mp" | grep excluded)
}

@test "the training rows: what was seen is what is wanted" {
    ranked --table r < "$fixture" > "$T/t.mp"
    run -0 evaluate -k 1 --json "$T/t.mp"
    [[ "$output" != *excluded* ]]
    [ "$(figure accuracy 1 kept value <<< "$output")" = 0.333333333 ]
    [ "$(figure recall 1 kept value <<< "$output")" = 0.25 ]
}

@test "[data] weight: events count as much as it says" {
    sed 's/label = rating/&\\nweight = rating/' "$fixture" | ranked > "$T/w.mp"
    run -0 pipe "evaluate -k 1 --json '$T/w.mp'"
    [ "$(figure accuracy 1 kept value <<< "$output")" = 0.4 ]
    sed 's/label = rating/&\\nweight = rating/; s/^\[1, 4, 4, 33\]/[1, 4, -4, 33]/' "$fixture" | ranked > "$T/w.mp"
    refuses 3 'column "rating": row 3: -4 is no weight' "$T/w.mp"
}

# With e and a in front of bob, and a, d and a, d of ann's and eve's, each of the three taken candidates being log2(3) bits.
@test "what is in the lists: novelty, tail, Gini, overlap, and with --vectors similarity" {
    show --parse < "$fixture" | index > "$T/i.mp"
    run -0 evaluate --json -k 1,2 --vectors "$T/i.mp" "$T/r.mp"
    json=$output
    is() { [ "$(figure "${@:1:4}" <<< "$json")" = "$5" ] || { echo "$@: $(figure "${@:1:4}" <<< "$json")"; return 1; }; }
    is novelty 2 excluded value 1.58496249
    is tail 1 excluded value 0.333333333
    is tail 2 excluded value 0.666666667
    is tail 2 excluded popularity 0.166666667
    is gini 2 excluded value 0.533333333          # 0 0 1 2 3 times
    is overlap 1 excluded value 0.333333333
    is overlap 2 excluded value 0.666666667
    is similarity 1 excluded value None
    is similarity 2 excluded value 0.43096441     # f32: 1, 1, and -1 / sqrt(2)
    refuses 3 'no vectors of candidates: wanted the column "vector" in table "m" or in an index' --vectors "$T/r.mp" "$T/r.mp"
    show --json "$T/i.mp" | sed 's/^\[\[-1, -1\]\]/[["nan", 1]]/' | show --parse > "$T/nan.mp"
    refuses 3 'vector 4 is not finite' --vectors "$T/nan.mp" "$T/r.mp"
    show --json "$T/i.mp" | sed '/"frame": "index.candidate", /,/^{"frame": "index.candidate.codes/ { s/candidate", "rows": 5/candidate", "rows": 4/; /^\[\[-1, -1\]\]/d }; s/"end": {.*/"end": {}}/' |
        show --parse > "$T/few.mp"
    refuses 3 '4 vectors, but there are 5 candidates' --vectors "$T/few.mp" "$T/r.mp"
}

# slice METRIC K VALUE FIELD < JSON lines, with the seen excluded
slice() {
    python3 -c '
import json, sys
for line in sys.stdin:
    row = json.loads(line)
    if [row["metric"], str(row["k"]), row.get("slice"), row["seen"]] == sys.argv[1:4] + ["excluded"]:
        print(row[sys.argv[4]])' "$@"
}

@test "--by: figures of the slices of queries and candidates, with gap and ratio to the best, and the exposure of candidates" {
    sed 's/"u": "str", "count"/"u": "str", "sex": "str", "count"/; s/^\["ann", 2, 1\]/["ann", "f", 2, 1]/; s/^\["bob", 1, 2\]/["bob", "m", 1, 2]/
         s/^\["eve", 0, 3\]/["eve", "f", 0, 3]/' "$fixture" | ranked > "$T/s.mp"
    run -0 evaluate --json -k 1,2 --by sex,tags "$T/s.mp"
    json=$output
    is() { [ "$(slice "${@:1:4}" <<< "$json")" = "$5" ] || { echo "$@: $(slice "${@:1:4}" <<< "$json")"; return 1; }; }
    # ann finds 1 of 2 and eve nothing, bob all.
    is recall 1 f value 0.25
    is recall 1 f n 2
    is recall 1 m value 1
    is recall 1 f gap -0.75
    is recall 1 f ratio 0.25
    is recall 1 m gap 0
    is recall 1 f by sex
    is accuracy_ids 1 f value 0.333333333
    # Of the truth only a has a tag, x. a is in front of ann's and eve's lists, and tagged nothing else is.
    is recall 1 x value 1
    is recall 1 x n 1
    is recall 1 y value None
    is exposure 1 x value 0.666666667
    is exposure 2 x value 0.408764795             # two times 1 of 1 + 1 / log2(3), over three
    is exposure 1 y value 0
    is exposure 1 y gap -0.666666667
    # The figures of all are what they are without slices.
    diff <(evaluate --json -k 1,2 "$T/s.mp") <(grep -v '"slice"' <<< "$json")
    run -0 evaluate -k 1 --by sex,tags "$T/s.mp"
    says 'by sex, of queries: f 2, m 1'
    says 'by tags, of candidates: x 2 (0.6667 of the interactions), y 1 (0.3333 of the interactions)'
    says 'recall             1  excluded        2   0.2500  0.0000 .. 0.7400      0.2500  -0.7500   0.25  f'
    run -0 pipe "evaluate -k 1 --stream --by feature/u '$T/s.mp' | show --json --table metrics"
    says '"n": "u64", "by": "str", "slice": "str", "gap": "f64", "ratio": "f64"}}'
    says '"feature/u", "2", 0, 1]'
}

@test "--by: what is missing, doubled, or too much" {
    refuses 3 '--by: neither table "queries" nor table "m" has a column "tgs", did you mean "tags"' --by tgs "$T/r.mp"
    refuses 2 '--by "u,": wanted names of columns' --by u, "$T/r.mp"
    refuses 2 '--by: column "u" comes twice' --by u,tags,u "$T/r.mp"
    { printf '%s\n' '{"table": "queries", "columns": {"u": "str", "count": "u32", "feature/u": "u32"}}' '{"frame": "queries"}'
      seq -f '["q%g", 0, 0]' 101; } > "$T/queries"
    python3 - "$fixture" "$T/queries" > "$T/many.lines" << 'END'
import sys
lines, queries = open(sys.argv[1]).read(), open(sys.argv[2]).read()
start, end = lines.index('{"table": "queries"'), lines.index('{"table": "seen"')
lines = lines[:start] + queries + lines[end:]
print(lines.replace("[[]]\n", "[[]]\n" * 99), end="")
END
    ranked < "$T/many.lines" > "$T/many.mp"
    refuses 3 '--by: column "u" has more than 100 different values: bucketize it' --by u "$T/many.mp"
}

@test "--trec: run and qrels, without what was seen" {
    run -0 evaluate -k 1,2 --trec "$T/x" "$T/r.mp"
    [ "$(cat "$T/x.run")" = "$(printf '%s\n' '0 Q0 0 1 3 millrace' '0 Q0 3 2 2 millrace' '1 Q0 4 1 3 millrace' '1 Q0 3 2 2 millrace' \
        '2 Q0 0 1 2 millrace' '2 Q0 3 2 1 millrace')" ]
    [ "$(cat "$T/x.qrels")" = "$(printf '%s\n' '0 0 0 1' '0 0 3 1' '1 0 4 1' '2 0 1 1')" ]
    [ "$output" = "$(evaluate -k 1,2 "$T/r.mp")" ]
    refuses 1 'no such/x.run' --trec "$T/no such/x" "$T/r.mp"
    refuses 2 '--trec "/dev/full": wanted the beginning of two names of files, PREFIX.run and PREFIX.qrels, found a device' --trec /dev/full "$T/r.mp"
    refuses 2 '/": wanted the beginning of two names of files, PREFIX.run and PREFIX.qrels; try' --trec "$T/" "$T/r.mp"
    for file in run qrels; do
        ln -sf /dev/full "$T/y.$file"
        refuses 1 "write $T/y.$file: No space left on device" --trec "$T/y" "$T/r.mp"
        rm "$T/y.$file"
    done
}

# The names of trec_eval, for PyPI's pytrec_eval or pytrec-eval-terrier where one is installed; its map_cut divides by all relevant ones, not by min(k, relevant).
@test "--trec: pytrec_eval finds the same figures" {
    python3 -c 'import pytrec_eval' 2> /dev/null || skip 'needs pytrec_eval'
    ratings=$ROOT/data/movietweetings-10k/ratings.dat
    tokenize -c "$ROOT/pipelines/movies.ini" --set "table ratings.path=$ratings" --set "table movies.path=${ratings%ratings.dat}movies.dat" \
        --set train.epochs=1 | split | vocab | batch | train | embed | index | rank > "$T/m.mp"
    evaluate --json -k 5,10,100 --trec "$T/m" "$T/m.mp" > "$T/figures"
    python3 - "$T/m" "$T/figures" << 'END'
import json, sys
import pytrec_eval
run, qrels = {}, {}
for line in open(sys.argv[1] + ".run"):
    query, _, document, _, score, _ = line.split()
    run.setdefault(query, {})[document] = float(score)
for line in open(sys.argv[1] + ".qrels"):
    query, _, document, relevant = line.split()
    qrels.setdefault(query, {})[document] = int(relevant)
names = {"recall": "recall", "precision": "P", "ndcg": "ndcg_cut"}
found = pytrec_eval.RelevanceEvaluator(qrels, {f"{name}.5,10,100" for name in names.values()} | {"recip_rank"}).evaluate(run)
compared = 0
for figure in map(json.loads, open(sys.argv[2])):
    name = f"{names[figure['metric']]}_{figure['k']}" if figure["metric"] in names else "recip_rank" if (figure["metric"], figure["k"]) == ("mrr", 100) else None
    if name and figure["seen"] == "excluded":
        value = sum(query[name] if name != "recip_rank" or query[name] >= 0.01 else 0 for query in found.values()) / len(qrels)
        assert abs(value - figure["value"]) < 1e-6, (name, value, figure)
        compared += 1
assert compared == 10 and len(found) == len(qrels), compared
END
}

# In the other run eve's vector is turned round, so that her lists begin with b, which she wants.
@test "--against: differences to another run, with intervals and p values" {
    sed '/^{"frame": "param.embed.u"}/,/^{/s/^\[\[1, -1\]\]/[[-1, 1]]/' "$fixture" | ranked > "$T/o.mp"
    run -0 evaluate --json -k 1,2 --against "$T/o.mp" "$T/r.mp"
    json=$(grep '"against"' <<< "$output")
    diff <(evaluate --json -k 1,2 "$T/r.mp") <(grep -v '"against"' <<< "$output")
    is() { [ "$(figure "${@:1:4}" <<< "$json")" = "$5" ] || { echo "$@: $(figure "${@:1:4}" <<< "$json")"; return 1; }; }
    is recall 1 excluded value 0.5
    is recall 1 excluded other "$(figure recall 1 excluded value < <(evaluate --json -k 1,2 "$T/o.mp"))"
    is recall 1 excluded other 0.833333333
    is recall 1 excluded difference -0.333333333
    is recall 1 excluded low -1
    is recall 1 excluded high 0
    is recall 1 excluded n 3
    is recall 1 excluded p_wilcoxon 0.317310508      # one difference
    is accuracy_ids 1 excluded difference -0.25
    is mrr 1 excluded against "$T/o.mp"
    # Against itself nothing differs.
    json=$(evaluate --json -k 1 --against "$T/r.mp" "$T/r.mp" | grep '"against"')
    is recall 1 excluded difference 0
    is recall 1 excluded p_bootstrap 1
    is recall 1 excluded p_wilcoxon 1
    run -0 evaluate -k 1 --against "$T/o.mp" "$T/r.mp"
    says "against $T/o.mp"
    says 'recall             1  excluded   0.5000   0.8333     -0.3333  -1.0000 .. 0.0000'
    run -0 pipe "evaluate -k 1 --stream --against '$T/o.mp' '$T/r.mp' | show --json --table metrics/against"
    says '"difference": "f64", "low": "f64", "high": "f64", "p_bootstrap": "f64", "p_wilcoxon": "f64", "n": "u64"}}'
}

@test "--against: other rows, other candidates, shorter lists, no rankings" {
    show --json "$T/r.mp" | sed 's/^\[1, 4, 4, 33, 1, 1\]/[1, 3, 4, 33, 1, 0]/' | show --parse > "$T/o.mp"
    refuses 3 "$T/o.mp: ranking 1 answers other rows than that of $T/r.mp: wanted runs over the same split" --against "$T/o.mp" "$T/r.mp"
    ranked --table r < "$fixture" > "$T/o.mp"
    refuses 3 "$T/o.mp: 2 rankings of 5 candidates, but $T/r.mp has 3 of 5" --against "$T/o.mp" "$T/r.mp"
    ranked -k 1 < "$fixture" > "$T/o.mp"
    refuses 3 '-k 2: the rankings go no further than 1' -k 1,2 --against "$T/o.mp" "$T/r.mp"
    run -0 evaluate --against "$T/o.mp" "$T/r.mp"
    show --parse < "$fixture" > "$T/e.mp"
    refuses 3 "$T/e.mp: no table \"rankings\"" --against "$T/e.mp" "$T/r.mp"
    refuses 1 'open none: No such file' --against none "$T/r.mp"
}

@test "rows that were trained on: the table says so" {
    ranked --table r < "$fixture" > "$T/train.mp"
    run -0 evaluate -k 1 "$T/train.mp"
    [[ ${lines[0]} == 'r: '*" candidates; trained on: 'split' puts rows aside to judge by" ]]
}

@test "no rows to judge" {
    sed '/^\[[0-9], [0-9], [0-9], [0-9]*\]$/d' "$fixture" | ranked > "$T/none.mp"
    run -0 evaluate "$T/none.mp"
    says 'r: 0 rows, 0 queries, 5 candidates'
    says 'accuracy           1  kept            -  -                          -       -'
    evaluate --json "$T/none.mp" | head -1 | grep -F '"value": null, "low": null'
}

@test "bad input: ids, lists and scores" {
    spoils 'table "r.test": row 1: ranking 3, but there are 3' 's/^\[2, 1, 2, 31, 2, -1\]/[2, 1, 2, 31, 3, -1]/'
    spoils 'table "r.test": row 1: candidate 5, but there are 5' 's/^\[2, 1, 2, 31, 2, -1\]/[2, 5, 2, 31, 2, -1]/'
    spoils 'ranking 0: candidate 5, but there are 5' 's/^\[0, \[2, 0, 3\]/[0, [2, 5, 3]/'
    spoils 'ranking 0: candidate 2 comes twice' 's/^\[0, \[2, 0, 3\]/[0, [2, 2, 3]/'
    spoils 'ranking 0: 2 candidates, but 3 scores' 's/^\[0, \[2, 0, 3\]/[0, [2, 0]/'
    spoils 'ranking 0: place 1: score 4 does not fall' 's/^\[0, \[2, 0, 3\], \[3, 2, 2\]/[0, [2, 0, 3], [3, 4, 2]/'
    spoils 'ranking 0: place 0: score nan does not fall' 's/^\[0, \[2, 0, 3\], \[3, 2, 2\]/[0, [2, 0, 3], ["nan", 2, 2]/'
    spoils 'ranking 2: query 3 has no row in table "seen"' 's/^\[2, \[0, 3\]/[3, [0, 3]/'
    spoils 'ranking 2: query 0 is below the one before it' 's/^\[2, \[0, 3\]/[0, [0, 3]/'
    spoils 'table "r.test": a row of query 1 is answered by ranking 2, which is of query 2' 's/^\[2, 1, 2, 31, 2, -1\]/[1, 1, 2, 31, 2, -1]/'
    spoils 'table "r.test": candidate 0 has the score 2.5, but in ranking 0 it has 2' 's/^\[0, 0, 1, 30, 0, 2\]/[0, 0, 1, 30, 0, 2.5]/'
    spoils 'table "r.test": candidate 0 has the score nan, but in ranking 0 it has 2' 's/^\[0, 0, 1, 30, 0, 2\]/[0, 0, 1, 30, 0, "nan"]/'
    spoils 'table "seen": row 0: candidate 7, but there are 5' 's/^\[\[1, 2\]\]/[[1, 7]]/'
}

@test "bad input: what is missing" {
    show --parse < "$fixture" > "$T/e.mp"
    refuses 3 'no table "rankings": pipe the stream through '"'rank'"' first' "$T/e.mp"
    spoils 'no table "seen"' 's/"seen"/"sean"/'
    spoils 'no table "m" of candidates' 's/"m"/"n"/'
    spoils 'no column "count"' 's/"count"/"number"/'
    spoils 'no table with the columns "ranking" and "score"' 's/"ranking"/"place"/'
    spoils 'column "candidates" is u32, wanted u32*' 's/"candidates": "u32\*", "scores"/"candidates": "u32", "scores"/; s/"rankings", "rows": 3/"rankings"/; s/"end": {.*/"end": {}}/; /^\[[0-9], \[/d'
    show --json "$T/r.mp" | sed 's/"config": "[^"]*"/"config": ""/' | show --parse > "$T/none.mp"
    refuses 3 'the stream carries no configuration' "$T/none.mp"
}

@test "bad input: streams that are cut, spoilt or empty" {
    head -c 3000 "$T/r.mp" > "$T/cut.mp"
    refuses 3 'truncated after' "$T/cut.mp"
    : > "$T/empty"
    refuses 3 'empty input' "$T/empty"
    run -1 --separate-stderr evaluate -k 1 -o /dev/full "$T/r.mp"
    complains 'No space left on device'
    run -1 --separate-stderr evaluate -k 1 --stream -o /dev/full "$T/r.mp"
    complains 'No space left on device'
}

@test "spools to disk where memory is small, and is the same" {
    diff <(evaluate "$T/r.mp") <(evaluate --memory 1K "$T/r.mp")
}

@test "-v: one closing line" {
    run -0 --separate-stderr evaluate -v "$T/r.mp"
    complains "evaluate: table=r.test rows=4 queries=3 seconds="
}
