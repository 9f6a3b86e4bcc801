load helpers

# A trained stream: users a, b, c, of which b took nothing; items x, y, z and w, which nobody took. The wide model has two dimensions.
# a scores x, y, z as 1, 0, -1; c as 1, 0, 2.
stream() {
    printf '{"millrace": 1, "config": "%s", "history": []}\n' "[table r]\\npath = r\\nheader = yes\\n[data]\\ninteractions = r\\nquery = u\\ncandidate = i\\n[feature u]\\nembed = 2\\n[feature i]\\nembed = 2\\n${MORE-}"
    printf '%s\n' '{"table": "vocab/u", "columns": {"token": "str", "count": "u64"}}' '{"frame": "vocab/u"}' '["a", 1]' '["b", 1]' '["c", 1]' \
        '{"table": "vocab/i", "columns": {"token": "str", "count": "u64"}}' '{"frame": "vocab/i"}' '["x", 1]' '["y", 1]' '["z", 1]' '["w", 0]' \
        '{"table": "queries", "columns": {"u": "str", "count": "u32", "feature/u": "u32"}}' '{"frame": "queries"}' \
        '["a", 2, 1]' '["b", 0, 2]' '["c", 2, 3]' '{"table": "candidates", "columns": {"i": "str", "count": "u32", "feature/i": "u32"}}' \
        '{"frame": "candidates"}' '["x", 1, 1]' '["y", 1, 2]' "[\"z\", 2, ${ID-3}]" '["w", 0, 4]'
    [ "${SEEN-yes}" = no ] || printf '%s\n' '{"table": "seen", "columns": {"candidates": "u32*"}}' '{"frame": "seen"}' "${SEEN-[[0, 2]]}" '[[]]' '[[1, 2]]'
    [ "${PARAMS-yes}" = no ] || printf '%s\n' '{"table": "param/embed/u", "columns": {"value": "f32[2]"}}' '{"frame": "param/embed/u"}' '[[9, 9]]' \
        "[[${A-1}, 0]]" '[[5, 5]]' '[[0, 1]]' '{"table": "slot/embed/u", "columns": {"accumulator": "f32[2]"}}' \
        '{"table": "param/embed/i", "columns": {"value": "f32[2]"}}' '{"frame": "param/embed/i"}' '[[9, 9]]' '[[1, 1]]' '[[0, 0]]' '[[-1, 2]]' '[[7, 7]]'
    echo '{"end": {}}'
}

rows() {
    show --json --table "$1" | grep '^\['
}

# The scores of x, y, z and w for the user.
scores() {
    rank --index "$2" --query "$1" --json 2> /dev/null | grep -o '"score": [^,]*, "row": [0-9]*' | sed 's/"score": \(.*\), "row": \(.*\)/\2 \1/' | sort -n |
        awk '{ $2 = sprintf("%.3f", $2); if ($2 == "-0.000") $2 = "0.000"; printf "%s%s", (NR > 1 ? " " : ""), $2 }'
}

@test "fold --help and --version answer on stdout" {
    run -0 --separate-stderr fold --help
    says 'usage: fold'
    [ -z "$stderr" ]
    run -0 fold --version
    says 'fold (millrace)'
}

@test "fold: wrong usage ends with 2" {
    run -2 --separate-stderr fold --dimm 3
    complains 'did you mean --dim'
    run -2 --separate-stderr fold --dim 0
    complains '--dim'
    run -2 --separate-stderr fold --passes 0
    complains '--passes'
}

@test "fold: the standardised scores of those that took part, and their mean for all others" {
    stream | show --parse > "$T/in"
    fold --dim 2 --ease 0 --power 0 "$T/in" | embed | index -o "$T/index"
    [ "$(scores a "$T/index")" = "1.225 0.000 -1.225 0.000" ]
    [ "$(scores c "$T/index")" = "0.000 -1.225 1.225 0.000" ]
    [ "$(scores b "$T/index")" = "0.612 -0.612 0.000 0.000" ]
    # The vector of keys that are not in the vocabulary, in the first row, is that of b.
    run -0 rows param/embed/u < "$T/index"
    [ "${lines[0]}" = "${lines[2]}" ]
}

@test "fold: what comes out has the lookups and nothing of the wide model; everything else is forwarded" {
    more='[tower query]\ninputs = u\nlayers = dense(2, bias=no)\n[tower candidate]\ninputs = i\nlayers = dense(2, bias=no)\n'
    MORE=$more'[feature other]\nencode = hash(bins=3, from=u)\n[optimizer]\nquery/* = sgd()\ndefault = adam()\n' stream | sed '$d' > "$T/lines"
    for tower in query candidate; do
        printf '%s\n' "{\"table\": \"param/$tower/0/kernel\", \"columns\": {\"value\": \"f32[2]\"}}" "{\"frame\": \"param/$tower/0/kernel\"}" '[[1, 0]]' '[[0, 1]]'
    done >> "$T/lines"
    { cat "$T/lines"; echo '{"end": {}}'; } | show --parse > "$T/in"
    fold --dim 5 "$T/in" > "$T/out"
    embed "$T/out" > "$T/embedded"
    run -0 show --config "$T/out"
    says '[feature u]'$'\n''embed = 5'
    says '[tower query]'$'\n''inputs = u'$'\n''layers = '$'\n'
    [[ "$output" != *other* ]]
    run -0 show "$T/out"
    [[ "$output" != *slot/* ]]
    run -0 bash -c "show '$T/out' | grep -c 'param/.* value f32\[5\]'"
    [ "$output" = 2 ]
    for table in queries candidates seen vocab/u; do run -0 diff <(rows "$table" < "$T/in") <(rows "$table" < "$T/out"); done
    # More dimensions than candidates: the rest are zeros.
    [[ "$(rows param/embed/i < "$T/out" | sed -n 2p)" == *', 0, 0]]' ]]
}

@test "fold --ease adds the standardised scores of EASE, --lambda its regularisation" {
    stream | show --parse > "$T/in"
    # X^T X + I = [[2, 0, 1], [0, 2, 1], [1, 1, 3]]; for a EASE gives 2/5, 3/5, 1/2... standardised and added to the wide model's.
    fold --dim 3 --ease 1 --lambda 1 --power 0 "$T/in" | embed | index -o "$T/index"
    run -0 /usr/bin/awk 'BEGIN {
        # the inverse is [[5, 1, -2], [1, 5, -2], [-2, -2, 4]] / 8; weights -P_ij / P_jj
        x = 2 / 5; y = (-1 + 2) / 5; z = 2 / 4     # scores of a, who took x and z
        m = (x + y + z) / 3; s = sqrt(((x - m) ^ 2 + (y - m) ^ 2 + (z - m) ^ 2) / 3)
        printf "%.3f %.3f %.3f 0.000", (x - m) / s + 1.2247449, (y - m) / s, (z - m) / s - 1.2247449 }'
    [ "$(scores a "$T/index")" = "$output" ]
    run -0 --separate-stderr fold -v "$T/in" -o "$T/out"
    [[ "$stderr" == *"queries=2 candidates=3 wide=2 dim=64 ease=0.25 lambda=51.96"* ]]
}

@test "fold leaves EASE out where its matrix passes a quarter of --memory" {
    seq 1500 | awk 'BEGIN { print "u,i" } { print $1 % 30 "," $1 }' > "$T/r.csv"
    tokenize --query u --candidate i "$T/r.csv" | vocab | batch --set train.epochs=1 | train -q -o "$T/in"
    for case in 32M:0 64M:0.25; do   # 1,500 squared, 4 bytes each, are 9 MB
        run -0 --separate-stderr fold -v --memory "${case%:*}" "$T/in" -o "$T/out"
        [[ "$stderr" == *"candidates=1500 "*" ease=${case#*:} "* ]]
    done
}

@test "fold --power changes what few dimensions are spent on, and nothing where there are enough" {
    SEEN='[[0, 1, 2]]' stream | show --parse > "$T/in"
    for power in 0 2; do
        fold --dim 1 --ease 0 --power $power "$T/in" | embed | index -o "$T/narrow.$power"
        fold --dim 2 --ease 0 --power $power "$T/in" | embed | index -o "$T/enough.$power"
    done
    [ "$(scores a "$T/narrow.0")" != "$(scores a "$T/narrow.2")" ]
    [ "$(scores a "$T/enough.0")" = "$(scores a "$T/enough.2")" ]
}

@test "fold: the number of threads and the memory change no byte" {
    stream | show --parse > "$T/in"
    fold --threads 1 "$T/in" | show --json | sed 1d > "$T/1"
    fold --threads 3 --memory 200 "$T/in" | show --json | sed 1d > "$T/3"
    cmp "$T/1" "$T/3"
}

@test "fold: models that cannot be folded" {
    refused() {
        show --parse > "$T/in"
        run -3 --separate-stderr fold -o "$T/out" "$T/in"
        complains "$1"
        [ ! -e "$T/out" ]
    }
    MORE='[task a]\nkind = retrieval(query, candidate)\n[task b]\nkind = retrieval(query, candidate)\n' stream | refused '2 tasks: fold wants a model of one'
    MORE='[task a]\nheads = 2\n' stream | refused 'heads is 2: fold wants one vector a query'
    MORE='[tower query]\ninputs = h\n[feature h]\nencode = hash(bins=3, from=u)\nembed = 2\n' stream |
        refused 'tower "query" has no lookup of "u" among its inputs, whose ids could get the vectors'
    MORE='[data]\ntime = t\n[tower query]\ninputs = u, last\n[feature last]\nencode = sequence(n=2)\n' stream |
        refused 'tower "query" reads columns of the interactions, so a query has no one vector to fold'
    MORE='[tower query]\ninputs = u\nlayers = dense(3)\n' stream | refused 'no table "param/query/0/kernel"'
}

@test "fold: bad input ends with 3, and no output" {
    refused() {
        show --parse > "$T/in"
        run -3 --separate-stderr fold -o "$T/out" "$T/in"
        complains "$1"
        [ ! -e "$T/out" ]
    }
    PARAMS=no stream | refused 'no table "param/embed/u": the model was not trained, run train first'
    SEEN=no stream | refused 'wanted a stream of '
    SEEN='[[0, 4]]' stream | refused '/in: table "seen": candidate 4, but "candidates" has 4 rows'
    stream | sed '/^\[\[\]\]$/d' | refused '/in: table "seen" has 2 rows, but "queries" has 3'
    ID=5 stream | refused 'column "feature/i": row 2 has id 5, but "param/embed/i" has 5 rows'
    A=3e38 stream | sed 's/^\[\[1, 1\]\]$/[[2, 2]]/' | refused '/in: towers "query" and "candidate" give scores that are not finite'
    SEEN='[[]]' stream | sed 's/^\[\[1, 2\]\]$/[[]]/' | refused '/in: table "seen": no query has taken anything: there is nothing to fold'
    stream | show --parse > "$T/whole"
    embed "$T/whole" > "$T/embedded"
    run -3 --separate-stderr fold "$T/embedded"
    complains 'fold comes before embed'
    head -c 900 "$T/whole" > "$T/cut"
    run -3 --separate-stderr fold "$T/cut"
    complains 'truncated'
}

@test "fold: an EASE that cannot be inverted" {
    # One user with two items: X^T X is [[1, 1], [1, 1]].
    stream | sed 's/^\[\[1, 2\]\]$/[[]]/' | show --parse > "$T/in"
    run -2 --separate-stderr fold --lambda 1e-30 -o "$T/out" "$T/in"
    complains '--lambda 1e-30: too small'
}

@test "fold: a model from train to rank, at its own width the same order" {
    for u in 1 2 3 4 5 6 7 8; do for i in 1 2 3 4; do echo "u$u,i$(((u * i) % 9))"; done; done | sed '1iu,i' > "$T/r.csv"
    tokenize --query u --candidate i --set 'feature u.embed=16' --set 'feature i.embed=16' "$T/r.csv" | vocab | batch | train > "$T/trained"
    fold --dim 16 --ease 0 "$T/trained" | embed | index | rank -k 9 | rows rankings | sed 's/\], \[.*//' > "$T/folded"
    embed "$T/trained" | index | rank -k 9 | rows rankings | sed 's/\], \[.*//' > "$T/wide"
    run -0 diff "$T/wide" "$T/folded"
    [ "$(wc -l < "$T/wide")" -eq 8 ]
}
