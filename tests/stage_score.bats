load helpers

# A trained stream: users a, b with the numbers 3 and -1, items x, y with 2 and 0.5; a head that gives the user's number times 2 plus the item's plus 1.
stream() {
    printf '{"millrace": 1, "config": "%s", "history": []}\n' "[table r]\\npath = r\\ncolumns = u, i, y:f32\\n[data]\\ninteractions = r\\nquery = u\\ncandidate = i\\nlabel = y\\n[feature u]\\nembed = 1\\n[feature i]\\nembed = 1\\n[head h]\\ninputs = u, i\\nlayers = dense(1)\\n[task t]\\nkind = ${KIND-regression}(h)\\n${CONFIG-}"
    printf '%s\n' '{"table": "queries", "columns": {"u": "str", "count": "u32", "feature/u": "u32"}}' '{"frame": "queries"}' \
        '["a", 2, 1]' '["b", 1, 2]' '{"table": "candidates", "columns": {"i": "str", "count": "u32", "feature/i": "u32"}}' \
        '{"frame": "candidates"}' '["x", 2, 1]' '["y", 1, 2]' \
        '{"table": "r", "columns": {"query": "u32", "candidate": "u32", "y": "f32"}}' '{"frame": "r"}' '[0, 0, 1]' "[1, ${ROW-1}, 0]" \
        '{"table": "r.test", "columns": {"query": "u32", "candidate": "u32", "y": "f32"}}'
    [ "${TEST-no}" = no ] || printf '%s\n' '{"frame": "r.test"}' '[0, 1, 1]'
    [ "${PARAMS-yes}" = no ] || printf '%s\n' '{"table": "param/embed/u", "columns": {"value": "f32[1]"}}' '{"frame": "param/embed/u"}' '[[0]]' '[[3]]' '[[-1]]' \
        '{"table": "param/embed/i", "columns": {"value": "f32[1]"}}' '{"frame": "param/embed/i"}' '[[0]]' '[[2]]' "[[${ITEM-0.5}]]" \
        '{"table": "param/h/0/kernel", "columns": {"value": "f32[1]"}}' '{"frame": "param/h/0/kernel"}' '[[2]]' '[[1]]' \
        '{"table": "param/h/0/bias", "columns": {"value": "f32[1]"}}' '{"frame": "param/h/0/bias"}' '[[1]]'
    echo '{"end": {}}'
}

rows() {
    show --json --table "$1" | grep '^\['
}

@test "score --help and --version answer on stdout" {
    run -0 --separate-stderr score --help
    says 'usage: score'
    [ -z "$stderr" ]
    run -0 score --version
    says 'score (millrace)'
}

@test "score: wrong usage ends with 2" {
    run -2 --separate-stderr score --hed h
    complains 'did you mean --head'
    stream | show --parse > "$T/in"
    run -2 --separate-stderr score --head hh "$T/in"
    complains '--head "hh": no task learns such a head, did you mean "h"'
    run -2 --separate-stderr score --head h --head h "$T/in"
    complains '--head "h": it comes twice'
}

@test "score: the rows with their columns and a prediction for each head; the rest is forwarded" {
    stream | show --parse > "$T/in"
    score "$T/in" > "$T/out"
    [ "$(rows scores < "$T/out")" = $'[0, 0, 1, 9]\n[1, 1, 0, -0.5]' ]
    show --json --table scores "$T/out" | grep -q '"score/h": "f32"'
    run -0 diff <(rows r < "$T/in") <(rows r < "$T/out")
    run -0 diff <(rows param/h/0/kernel < "$T/in") <(rows param/h/0/kernel < "$T/out")
    score --threads 2 --head h "$T/in" | rows scores > "$T/two"
    [ "$(rows scores < "$T/out")" = "$(cat "$T/two")" ]
    score "$T/out" | rows scores | cmp - "$T/two"
}

@test "score: rows held back are scored first; --table chooses" {
    TEST=yes stream | show --parse > "$T/in"
    [ "$(score "$T/in" | rows scores)" = '[0, 1, 1, 7.5]' ]
    [ "$(score --table r "$T/in" | rows scores | wc -l)" -eq 2 ]
    run -3 --separate-stderr score --table nothing "$T/in"
    complains 'no rows of table "nothing" to be scored'
}

@test "score: of a classification the probability" {
    KIND=classification stream | show --parse > "$T/in"
    score "$T/in" | rows scores | grep -q '^\[1, 1, 0, 0.377540'
}

@test "score --model takes the parameters from a file" {
    stream | show --parse > "$T/model"
    PARAMS=no stream | show --parse > "$T/in"
    score --model "$T/model" "$T/in" > "$T/out"
    [ "$(rows scores < "$T/out")" = $'[0, 0, 1, 9]\n[1, 1, 0, -0.5]' ]
    run -3 --separate-stderr score "$T/in"
    complains 'the model was not trained, run train first'
}

@test "score --model of another model: one line says so, or that some of it was left out" {
    PARAMS=no stream | show --parse > "$T/in"
    stream | sed 's/"param\/h\//"param\/g\//g; s/"param\/embed\/u"/"param\/embed\/w"/g' | show --parse > "$T/other"
    run -3 --separate-stderr score --model "$T/other" -o "$T/out" "$T/in"
    complains "score: $T/other: no table \"param/embed/u\": a model of another configuration: it has \"param/embed/w\""
    absent "$T/out"
    stream | sed 's/^{"end.*/{"table": "param\/g\/0\/bias", "columns": {"value": "f32[1]"}}\n{"table": "param\/g\/0\/kernel", "columns": {"value": "f32[1]"}}\n&/' |
        show --parse > "$T/more"
    run -0 --separate-stderr score --model "$T/more" -o "$T/out" "$T/in"
    complains "score: $T/more: 2 tables belong to no parameter of this model, first \"param/g/0/bias\": left out"
    [ "$(rows scores < "$T/out")" = $'[0, 0, 1, 9]\n[1, 1, 0, -0.5]' ]
}

@test "score --csv: keys for row numbers, what is predicted, and the rows' own columns" {
    stream | sed 's/\["x", 2, 1\]/["x, \\"the\\"", 2, 1]/
        s/"y": "f32"}}$/"y": "f32", "tags": "str*", "feature\/hour": "u32", "i": "i64", "v": "f32[1]"}}/
        s/^\[0, 0, 1\]/[0, 0, "nan", ["p", "q"], 7, -3, [1]]/; s/^\[1, 1, 0\]/[1, 1, 0, [], 7, 4, [1]]/' | show --parse > "$T/in"
    run -0 --separate-stderr score --csv "$T/in"
    [ "$output" = 'query,i,score/h,y,tags,r.i
a,"x, ""the""",9,,p|q,-3
b,y,-0.5,0,,4' ]
    [ -z "$stderr" ]
    # Of several frames the names come once; keys may be numbers; a file appears whole or not at all.
    stream | sed 's/"queries", "columns": {"u": "str"/"queries", "columns": {"u": "i64"/; s/^\["a"/[17/; s/^\["b"/[-2/; s/^\[1, 1, 0\]/{"frame": "r"}\n&/' | show --parse > "$T/in"
    score --csv -o "$T/out.csv" "$T/in"
    [ "$(cat "$T/out.csv")" = $'query,i,score/h,y\n17,x,9,1\n-2,y,-0.5,0' ]
    ROW=7 stream | show --parse > "$T/in"
    run -3 --separate-stderr score --csv -o "$T/no.csv" "$T/in"
    complains 'a row refers to row 7 of table "candidates", which has 2 rows'
    absent "$T/no.csv"
    stream | sed 's/{"i": "str", /{"j": "str", /' | show --parse > "$T/in"
    run -3 --separate-stderr score --csv "$T/in"
    complains 'table "candidates": no column "i"'
    stream | show --parse > "$T/in"
    run -1 --separate-stderr score --csv -o /dev/full "$T/in"
    complains 'No space left on device'
}

@test "score: bad input ends with 3 and one line" {
    ROW=7 stream | show --parse > "$T/in"
    run -3 --separate-stderr score -o "$T/out" "$T/in"
    complains 'a row refers to row 7 of table "candidates", which has 2 rows'
    [ ! -e "$T/out" ]
    ITEM=3e38 stream | show --parse > "$T/in"
    run -3 --separate-stderr score --set 'head h.layers=dense(1), dense(1)' "$T/in"
    complains 'no table "param/h/1/kernel"'
    stream | sed 's/\[\[2\]\]/[[3e38]]/' | show --parse > "$T/in"
    run -3 --separate-stderr score "$T/in"
    complains 'head "h" predicts inf for query 0 and candidate 0'
    stream | sed 's/\[head h.*regression(h)//' | sed 's/"param\/h/"paramh/' | show --parse > "$T/in"
    run -3 --separate-stderr score "$T/in"
    complains 'no task of labels, so no head to score with'
}
