load helpers

# stream METHOD < ROWS: interactions "user item time" a line as a stream whose configuration splits them so.
stream() {
    sed 's/ /\t/g' > "$T/rows.tsv"
    printf '%s\n' '[table ratings]' "path = $T/rows.tsv" 'format = tsv' 'columns = user, item, at:time' '[data]' 'interactions = ratings' \
        'query = user' 'candidate = item' "${TIME-time = at}" '[split]' "method = $1" > "$T/config.ini"
    tokenize -c "$T/config.ini"
}

# rows TABLE < STREAM: its rows, one a line.
rows() {
    show --json --table "$1" | sed -n '/^\[/p' | tr -d '[]" '
}

some() {
    printf '%s\n' 'u a 50' 'v a 10' 'u b 20' 'w c 20' 'u c 20' 'v b 40' 'u d 5' 'w a 60'
}

# many N: as many rows of 97 users.
many() {
    awk -v n="$1" 'BEGIN { for (i = 0; i < n; i++) print "u" i * 7919 % 97, "i" i % 1009 "-" i, i * 104729 % 1000 }'
}

@test "split --help and --version answer on stdout" {
    run -0 --separate-stderr split --help
    says 'usage: split'
    for method in random time last none; do says "  $method("; done
    [ -z "$stderr" ]
    run -0 split --version
    says 'split (millrace)'
}

@test "split: wrong usage ends with 2" {
    run -2 --separate-stderr split --nonsense
    complains 'unknown option "--nonsense"'
    run -2 --separate-stderr split a b
    complains 'unexpected operand "b"'
}

@test "split none: the stream as it came" {
    some | stream 'none()' > "$T/in"
    split "$T/in" > "$T/out"
    run -0 diff <(show --json "$T/in" | sed 1d) <(show --json "$T/out" | sed 1d)
}

@test "split: it comes before vocab" {
    some | stream 'random(test=0.5)' | vocab > "$T/in"
    run -3 --separate-stderr split "$T/in"
    complains "the interactions have row numbers already: 'split' comes before 'vocab'"
}

@test "split time: the latest rows, equal times by row" {
    some | stream 'time(test=0.25, valid=0.375)' | split > "$T/out"
    run -0 diff <(rows ratings.test < "$T/out") <(printf '%s\n' u,a,50 w,a,60)
    run -0 diff <(rows ratings.valid < "$T/out") <(printf '%s\n' w,c,20 u,c,20 v,b,40)
    run -0 diff <(rows ratings < "$T/out") <(printf '%s\n' v,a,10 u,b,20 u,d,5)
}

@test "split time: negative times are earlier than positive ones" {
    printf '%s\n' 'u a 3' 'u b -3' 'u c 0' 'u d -1' | stream 'time(test=0.5)' | split > "$T/out"
    run -0 diff <(rows ratings < "$T/out") <(printf '%s\n' u,b,-3 u,d,-1)
}

@test "split last: the latest rows of each query, but never its first" {
    some | stream 'last(test=1, valid=2)' | split > "$T/out"
    run -0 diff <(rows ratings.test < "$T/out") <(printf '%s\n' u,a,50 v,b,40 w,a,60)
    run -0 diff <(rows ratings.valid < "$T/out") <(printf '%s\n' u,b,20 u,c,20)
    run -0 diff <(rows ratings < "$T/out") <(printf '%s\n' v,a,10 w,c,20 u,d,5)
}

@test "split last: many held back, in memory that grows with the rows and no faster" {
    awk 'BEGIN { for (i = 0; i < 300000; i++) print "u", "i" i, i; for (i = 0; i < 40000; i++) print "v" i, "a", 1 }' |
        stream 'last(test=1000000)' > "$T/in"
    run -0 limited 60 split --memory 32M -o "$T/out" "$T/in"
    [ "$(rows ratings.test < "$T/out" | wc -l)" -eq 299999 ]
    awk 'BEGIN { for (i = 0; i < 1000; i++) print "u", "i" i, i * 7919 % 1009 }' | stream 'last(test=5, valid=8)' | split > "$T/out"
    sort -t $'\t' -k 3,3nr "$T/rows.tsv" | tr '\t' , > "$T/sorted"
    run -0 diff <(rows ratings.test < "$T/out" | sort) <(sed -n 1,5p "$T/sorted" | sort)
    run -0 diff <(rows ratings.valid < "$T/out" | sort) <(sed -n 6,13p "$T/sorted" | sort)
}

@test "split random: shares are near what was asked, and the union is the input" {
    many 20000 | stream 'random(test=0.2, valid=0.1, seed=5)' > "$T/in"
    split "$T/in" > "$T/out"
    test=$(rows ratings.test < "$T/out" | wc -l) valid=$(rows ratings.valid < "$T/out" | wc -l)
    # Six standard deviations of a binomial: 6 sqrt(20000 0.2 0.8) = 340.
    [[ $test -gt 3660 && $test -lt 4340 ]]
    [[ $valid -gt 1660 && $valid -lt 2340 ]]
    run -0 diff <(rows ratings < "$T/in" | sort) <(for part in ratings ratings.valid ratings.test; do rows $part < "$T/out"; done | sort)
}

@test "split: every method keeps all rows, in their order" {
    for method in 'random(test=0.3, valid=0.2)' 'time(test=0.3, valid=0.2)' 'last(test=3, valid=2)'; do
        many 3000 | stream "$method" | split > "$T/out"
        for part in ratings ratings.valid ratings.test; do rows $part < "$T/out"; done > "$T/union"
        diff <(sort "$T/union") <(many 3000 | tr ' ' , | sort)
        many 3000 | tr ' ' , | cat -n | awk '{print $2, $1}' | sort > "$T/numbers"
        for part in ratings ratings.valid ratings.test; do
            rows $part < "$T/out" | cat -n | awk '{print $2, $1}' | sort | join - "$T/numbers" | sort -nk2 | awk '{print $3}' | sort -nc
        done
    done
}

@test "split random: a row's place is its own, whatever other rows there are; another seed moves it" {
    many 2000 | stream 'random(test=0.3)' | split | rows ratings.test | sort > "$T/all"
    many 2000 | awk 'NR % 3 == 0' | stream 'random(test=0.3)' | split | rows ratings.test | sort > "$T/third"
    [ -s "$T/third" ]
    run -0 comm -13 "$T/all" "$T/third"
    [ -z "$output" ]
    many 2000 | stream 'random(test=0.3, seed=1)' | split | rows ratings.test | sort > "$T/other"
    run -1 cmp -s "$T/all" "$T/other"
}

@test "split: the same input gives the same bytes, in memory and through the spool, however rows are framed" {
    for method in 'random(test=0.3, valid=0.2)' 'time(test=0.3, valid=0.2)' 'last(test=3, valid=2)'; do
        many 3000 | stream "$method" > "$T/in"
        split < "$T/in" > "$T/a"
        split < "$T/in" | cmp - "$T/a"
        split --memory 1K < "$T/in" | show --json | sed 1d | diff - <(show --json "$T/a" | sed 1d)
        # The same rows in frames of 7.
        show --json "$T/in" | sed '/^{"frame"/d' | awk '/^\[/ { if (n++ % 7 == 0) print "{\"frame\": \"ratings\"}" } { print }' \
            | sed 's/^{"end".*/{"end": {}}/' | show --parse > "$T/regrouped"
        for part in ratings ratings.valid ratings.test; do
            diff <(split "$T/regrouped" | rows $part) <(rows $part < "$T/a")
        done
    done
}

@test "split --set changes the method, and the stream carries the change" {
    some | stream 'none()' | split --set 'split.method=last(test=1)' -o "$T/out"
    run -0 show --config "$T/out"
    says 'method = last(test=1)'
    [ "$(rows ratings.test < "$T/out" | wc -l)" -eq 3 ]
}

@test "split: the parts are announced though they stay empty, and foreign tables pass" {
    (some | stream 'random(test=0)' | show --json | sed '$d'; printf '%s\n' '{"table": "x", "columns": {"a": "u8"}}' '{"frame": "x"}' '[3]' \
        '{"end": {}}') | show --parse | split > "$T/out"
    run -0 show "$T/out"
    says 'ratings.valid'
    says 'ratings.test'
    run -0 rows x < "$T/out"
    [ "$output" = 3 ]
}

@test "split: integer keys count by their digits" {
    some | sed 's/[a-z]/1/g' | stream 'random(test=0.5)' | split | rows ratings.test > "$T/text"
    sed -i 's/user, item/user:i64, item:i64/' "$T/config.ini"
    tokenize -c "$T/config.ini" | split | rows ratings.test | diff - "$T/text"
}

@test "split: what is wrong with the configuration ends with 3" {
    some | stream 'none()' > "$T/in"
    refuse() { run -3 --separate-stderr split --set "split.method=$1" "$T/in"; complains "$2"; }
    refuse 'randon(test=1)' 'unknown split method "randon", did you mean random'
    refuse 'random(tset=0.1)' 'has no argument "tset", did you mean test'
    for kind in random time last; do
        refuse "$kind()" "$kind() needs test= or valid=, how much it holds back; none() holds nothing back"
    done
    refuse 'random(test=1.5)' 'test is "1.5"'
    refuse 'random(test=nan)' 'test is "nan"'
    refuse 'random(test=0.5, valid=0.5)' 'must be below 1'
    refuse 'time(test=0.1, seed=3)' 'has no argument "seed"'
    refuse 'last(test=0.5)' 'wanted a whole number'
    refuse 'none(test=1)' 'has no argument "test"'
}

@test "split: time and last want the column of times" {
    for method in 'time(test=0.1)' 'last(test=1)'; do
        some | TIME= stream "$method" > "$T/in"
        run -3 --separate-stderr split "$T/in"
        complains '[data] time is empty'
    done
}

@test "split: rows must be left to train on" {
    printf '%s\n' 'u a 1' | stream 'time(test=0.6)' > "$T/in"
    run -3 --separate-stderr split "$T/in"
    complains 'of 1 rows none is left to train on'
    printf '%s\n' '{"millrace": 1, "config": "'"$(sed ':a;N;$!ba;s/\n/\\n/g' "$T/config.ini")"'", "history": []}' \
        '{"table": "ratings", "columns": {"user": "str", "item": "str", "at": "i64"}}' '{"end": {}}' | show --parse > "$T/empty"
    run -3 --separate-stderr split "$T/empty"
    complains 'of 0 rows none is left'
}

@test "split: a stream without the interactions, or with the parts already" {
    some | stream 'last(test=1)' > "$T/in"
    show --json "$T/in" | sed 's/"ratings"/"other"/g' | show --parse > "$T/other"
    run -3 --separate-stderr split -o "$T/out" "$T/other"
    complains 'no table "ratings"'
    complains 'its tables are "other"'
    [ ! -e "$T/out" ]
    split "$T/in" > "$T/twice"
    run -3 --separate-stderr split "$T/twice"
    complains 'table "ratings.valid" is there already'
}

@test "split: a truncated stream ends with 3, and no file appears" {
    some | stream 'random(test=0.5)' > "$T/in"
    head -c -1 "$T/in" > "$T/cut"
    run -3 --separate-stderr split -o "$T/out" "$T/cut"
    complains 'truncated'
    [ ! -e "$T/out" ]
}

@test "split -v closes with one line" {
    some | stream 'last(test=1)' > "$T/in"
    run -0 --separate-stderr split -v -o "$T/out" "$T/in"
    complains 'split: rows=8 train=5 valid=0 test=3 seconds='
}

@test "split: an error in the stream's configuration says where it stands by section and key" {
    some | stream 'time(test=0.25)' | show --json | sed '1s/time(test=0.25)/randon(test=1)/' | show --parse > "$T/in"
    run -3 --separate-stderr split -o "$T/out" "$T/in"
    complains "split: $T/in: [split] method: unknown split method \"randon\", did you mean random"
    absent "$T/out"
}
