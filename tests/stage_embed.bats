load helpers

# A trained stream: users a, b with the vectors (3, 4) and (0, 0) behind one unknown id's, one item.
stream() {
    printf '{"millrace": 1, "config": "%s", "history": []}\n' "[table r]\\npath = r\\nheader = yes\\n[data]\\ninteractions = r\\nquery = u\\ncandidate = i\\n[feature u]\\nembed = 2\\n[feature i]\\nembed = 2\\n"
    printf '%s\n' '{"table": "queries", "columns": {"u": "str", "count": "u32", "feature/u": "u32"}}' '{"frame": "queries"}' \
        '["a", 1, 1]' "[\"b\", 2, ${ID-2}]" '{"table": "candidates", "columns": {"i": "str", "count": "u32", "feature/i": "u32"}}' \
        '{"frame": "candidates"}' '["x", 3, 1]'
    [ "${PARAMS-yes}" = no ] || printf '%s\n' '{"table": "param/embed/u", "columns": {"value": "f32[2]"}}' '{"frame": "param/embed/u"}' '[[9, 9]]' \
        '[[3, 4]]' '[[0, 0]]' '{"table": "param/embed/i", "columns": {"value": "f32[2]"}}' '{"frame": "param/embed/i"}' '[[7, 7]]' '[[1, -2]]'
    echo '{"end": {}}'
}

rows() {
    show --json --table "$1" | grep '^\['
}

@test "embed --help and --version answer on stdout" {
    run -0 --separate-stderr embed --help
    says 'usage: embed'
    [ -z "$stderr" ]
    run -0 embed --version
    says 'embed (millrace)'
}

@test "embed: wrong usage ends with 2" {
    run -2 --separate-stderr embed --towr query
    complains 'did you mean --tower'
    stream | show --parse > "$T/in"
    run -2 --separate-stderr embed --tower qery "$T/in"
    complains 'no such tower, did you mean "query"'
}

@test "embed: the candidates get vectors, everything else is forwarded" {
    stream | show --parse > "$T/in"
    embed "$T/in" > "$T/out"
    run -0 rows candidates < "$T/out"
    [ "$output" = '["x", 3, 1, [1, -2]]' ]
    run -0 diff <(rows queries < "$T/in") <(rows queries < "$T/out")
    run -0 diff <(rows param/embed/u < "$T/in") <(rows param/embed/u < "$T/out")
}

@test "embed --tower and --table choose; layers are applied, and zeros stay zeros" {
    stream | show --parse > "$T/in"
    embed --tower query --set 'tower query.layers=normalize()' "$T/in" > "$T/out"
    [ "$(rows queries < "$T/out" | head -1)" = '["a", 1, 1, [0.6, 0.8]]' ] || [[ "$(rows queries < "$T/out" | head -1)" == '["a", 1, 1, [0.6000000'* ]]
    [ "$(rows queries < "$T/out" | tail -1)" = '["b", 2, 2, [0, 0]]' ]
    embed --tower query --table queries "$T/in" | embed > "$T/both"
    [ "$(rows queries < "$T/both" | head -1)" = '["a", 1, 1, [3, 4]]' ]
    run -3 --separate-stderr embed --tower query "$T/out"
    complains 'has a column "vector" already'
    run -3 --separate-stderr embed --table nothing "$T/in"
    complains 'no table "nothing"'
}

@test "embed --model takes the parameters from a file and puts them into the stream" {
    stream | show --parse > "$T/model"
    PARAMS=no stream | show --parse > "$T/in"
    embed --model "$T/model" "$T/in" > "$T/out"
    [ "$(rows candidates < "$T/out")" = '["x", 3, 1, [1, -2]]' ]
    run -0 diff <(rows param/embed/u < "$T/model") <(rows param/embed/u < "$T/out")
    stream | sed 's/\[\[1, -2\]\]/[[5, 5]]/' | show --parse | embed --model "$T/model" > "$T/out"
    [ "$(rows candidates < "$T/out")" = '["x", 3, 1, [1, -2]]' ]
    # An index was made with the parameters that are left out.
    embed "$T/model" | index -o "$T/index"
    embed --model "$T/model" "$T/index" > "$T/out"
    run -0 show "$T/out"
    [[ "$output" != *index/* ]]
    run -0 --separate-stderr show "$T/index"
    says index/
    head -c 500 "$T/model" > "$T/cut"
    run -3 --separate-stderr embed --model "$T/cut" "$T/in"
    complains 'truncated'
}

@test "embed: a table that has vectors is named, with the stream" {
    stream | show --parse | embed -o "$T/out"
    run -3 --separate-stderr embed -o "$T/no" "$T/out"
    complains '/out: table "candidates" has a column "vector" already'
    [ ! -e "$T/no" ]
}

@test "embed --model: a model of another vocabulary is refused" {
    vocabulary() { stream | sed '/{"end"/d'; printf '%s\n' '{"table": "vocab/i", "columns": {"token": "str", "count": "u64"}}' '{"frame": "vocab/i"}' "$1" '{"end": {}}'; }
    vocabulary '["x", 3]' | show --parse > "$T/model"
    vocabulary '["x", 3]' | show --parse | embed --model "$T/model" -o "$T/out"
    vocabulary '["y", 3]' | show --parse > "$T/other"
    run -3 --separate-stderr embed --model "$T/model" -o "$T/no" "$T/other"
    complains 'a model of other data: its vocabularies are not those of'
    [ ! -e "$T/no" ]
}

@test "embed: parameters that are missing or do not fit, ids out of range" {
    PARAMS=no stream | show --parse > "$T/in"
    run -3 --separate-stderr embed "$T/in"
    complains 'no table "param/embed/i": the model was not trained, run train first'
    ID=3 stream | show --parse > "$T/in"
    run -3 --separate-stderr embed --tower query "$T/in"
    complains 'column "feature/u": row 1 has id 3, but "param/embed/u" has 3 rows'
    stream | show --parse > "$T/in"
    run -3 --separate-stderr embed --set 'feature i.embed=3' "$T/in"
    complains 'f32[3]'
    run -3 --separate-stderr embed --set 'tower query.layers=nrmalize()' "$T/in"
    complains 'unknown layer "nrmalize", did you mean "normalize"'
}

@test "embed: an empty table gets its column" {
    stream | sed '/"frame": "candidates"/,/^\["x"/d' | show --parse | embed > "$T/out"
    run -0 show --json --table candidates "$T/out"
    says '"vector": "f32[2]"'
}

@test "embed: tables that do not fit into memory go through the disk" {
    needs /usr/bin/python3
    { stream | sed '/^{"frame": "candidates"/q'; /usr/bin/python3 -c 'for i in range(50000): print(f"""["x{i:0100d}", 3, 1]""")'
      stream | sed -n '/^{"table": "param\/embed\/u/,$p'; } | show --parse > "$T/in"
    embed --memory 1M "$T/in" > "$T/out"
    embed "$T/in" > "$T/roomy"
    run -0 diff <(show --json "$T/out" | sed 1d) <(show --json "$T/roomy" | sed 1d)
}
