# tokenize: what it takes, what it refuses, and how it says so.
load helpers

# config FORMAT COLUMNS [KEY=VALUE ...]: a configuration of one table "r" in $T/r.txt, with u and i as keys.
config() {
    printf '[table r]\npath = r.txt\nformat = %s\ncolumns = %s\n' "$1" "$2" > "$T/c.ini"
    printf '%s\n' "${@:3}" >> "$T/c.ini"
    printf '[data]\ninteractions = r\nquery = u\ncandidate = i\n' >> "$T/c.ini"
}

# table NAME < stream: its rows as JSON, a line each, and nothing else.
table() {
    show --json --table "$1" | sed -n '/^\[/p'
}

# given TEXT: the file (printf escapes). rows [OPTION ...]: tokenizes it and prints the rows.
given() {
    printf "$1" > "$T/r.txt"
}
rows() {
    tokenize -c "$T/c.ini" "$@" > "$T/r.mp" || return
    table r < "$T/r.mp"
}

# The last run, with -v, took less than 24 MiB; a sanitizer takes more.
small() {
    [[ "$BUILD" == */build/* ]] && return
    [[ "$stderr" =~ rss_mib=([0-9]+) ]] && [ "${BASH_REMATCH[1]}" -lt 24 ]
}

# refuses CODE MESSAGE [OPTION ...]
refuses() {
    run "-$1" --separate-stderr tokenize -c "$T/c.ini" -o "$T/no.mp" "${@:3}"
    complains "$2"
    [ -z "$output" ]
    absent "$T/no.mp"
}

@test "--help and --version" {
    run -0 --separate-stderr tokenize --help
    says "usage: tokenize -c FILE.ini"
    [ -z "$stderr" ]
    run -0 tokenize --version
    says "tokenize (millrace) "
}

@test "usage errors" {
    run -2 --separate-stderr tokenize
    complains "wanted -c FILE.ini, or --query COLUMN --candidate COLUMN FILE"
    run -2 --separate-stderr tokenize --query u x.csv
    complains "wanted -c FILE.ini"
    run -2 --separate-stderr tokenize -c x.ini y.csv
    complains "with -c, the configuration names files and columns"
    run -2 --separate-stderr tokenize --confg x.ini
    complains "did you mean --config"
    run -2 --separate-stderr tokenize -c x.ini --bad ignore
    complains '--bad "ignore": wanted fail or skip'
    config tsv 'u, i'; given 'a\tb\n'
    refuses 2 '--table "x": the configuration has no [table x]' --table x
    refuses 2 '--set "x": wanted SECTION.KEY=VALUE' --set x
}

@test "--keys prints every key" {
    run -0 tokenize --keys
    says "[table NAME]"
    says "columns = "
    says "with compat = tfrs"
    run -1 --separate-stderr bash -c "tokenize --keys > /dev/full"
    complains 'tokenize: write <stdout>: No space left on device'
}

@test "every format: the same rows" {
    want='["1","a b"]'$'\n''["02","c"]'
    config csv 'u, i' 'header = no'; given '1,a b\n02,c\n'
    [ "$(rows | tr -d ' ')" = "$(tr -d ' ' <<< "$want")" ]
    for row in 'tsv \t' 'dat ::' 'psv |'; do
        read -r format separator <<< "$row"
        config "$format" 'u, i'; given "1${separator/\\t/\\t}a b\n02${separator/\\t/\\t}c\n"
        [ "$(rows | tr -d ' ')" = "$(tr -d ' ' <<< "$want")" ] || { rows; return 1; }
    done
    config jsonl 'u, i'; given '{"i": "a b", "u": 1}\n{"u": "02", "i": "c", "x": 5}\n'
    [ "$(rows | tr -d ' ')" = "$(tr -d ' ' <<< "$want")" ]
}

@test "lists: a row for every item of a line, for a user alone none" {
    config lists 'u, i'
    given '7  a b\ta\r\n\n8\n 9 c \n7 d'
    [ "$(rows)" = '["7", "a"]'$'\n''["7", "b"]'$'\n''["7", "a"]'$'\n''["9", "c"]'$'\n''["7", "d"]' ]
    given '7 a b\n8 \xff\n9 c\n'
    refuses 3 'r.txt:2: invalid UTF-8'
    [ "$(rows --bad skip 2> "$T/err")" = '["7", "a"]'$'\n''["7", "b"]'$'\n''["9", "c"]' ]
    config lists 'u:i64, i:i64'; given '7 1 x\n'
    refuses 3 'r.txt:1: i is "x", wanted a whole number'
    given '7\n8\n'
    refuses 3 'r.txt: empty'
    config lists 'u, i, x'
    refuses 3 '[table r] names 3 columns, but lists have two'
    config lists 'u, i' 'header = yes'
    refuses 3 'header is yes, but lists has no header line'
    printf '1 2 3\n' > "$T/r.dat"
    [ "$(tokenize --query u --candidate i --format lists "$T/r.dat" | table interactions)" = '["1", "2"]'$'\n''["1", "3"]' ]
}

@test "types, lists and skipped fields" {
    config tsv 'u, i, -, n:i64, x:f32, y:f64, t:time, l:list(|), ...'
    given '007\tb\tskip\t-5\t0.5\t1e3\t1970-01-02\tx|y\tmore\n007\tb\t\t9223372036854775807\t-3\t0.25\t12\t\tand\tmore\n'
    run -0 rows
    says '["007", "b", -5, 0.5, 1000, 86400, ["x", "y"]]'
    says '["007", "b", 9223372036854775807, -3, 0.25, 12, []]'
    run -0 show --json "$T/r.mp"
    says '"columns": {"u": "str", "i": "str", "n": "i64", "x": "f32", "y": "f64", "t": "i64", "l": "str*"}'
}

@test "JSON lists, and lists with empty parts" {
    config jsonl 'u, i, l:list(|)'
    given '{"u": 1, "i": 2, "l": ["a|b", 3]}\n{"u": 1, "i": 2, "l": "a|b"}\n{"u": 1, "i": 2, "l": null}\n{"u": 1, "i": 2, "l": "|c||d|"}\n'
    run -0 rows
    says '["1", "2", ["a|b", "3"]]'
    says '["1", "2", ["a", "b"]]'
    says '["1", "2", []]'
    says '["1", "2", ["c", "d"]]'
    given '{"u": [1], "i": 2, "l": null}\n'
    refuses 3 'r.txt:1: u is a list, wanted one value'
}

@test "a header line: columns chosen and ordered by name; all of them without columns" {
    config csv 'i, u, x:f32'; given 'x,u,other,i\n1.5,a,?,b\n'
    run -0 rows
    says '["b", "a", 1.5]'
    config csv ''
    run -0 rows
    says '["1.5", "a", "?", "b"]'
    run -0 show --config "$T/r.mp"
    says 'columns = x, u, other, i'
    config csv 'u, i, y'
    refuses 3 'r.txt:1: no column "y": the header has "x", "u", "other", "i"'
    config csv 'u, i'; given 'u,x,i,u,x\na,1,b,c,2\n'
    refuses 3 'r.txt:1: the header has column "u" twice, as fields 1 and 4'
    config csv ''
    refuses 3 'column "u" is named twice'
    config csv 'i, u'; given 'i,x,u,x\na,1,b,2\n'
    run -0 rows
    config csv ''; given 'u,a:b,i\n'
    refuses 3 'the header has a column "a:b": name the columns to take'
    given 'u,x\n1,2\n'
    refuses 3 'candidate is "i", but [table r] has no such column'
    given 'u,i,u\n1,2,3\n'
    refuses 3 'column "u" is named twice'
}

@test "CR LF, a byte order mark, blank lines, and a last line without its end" {
    config csv 'u, i'; given '\xef\xbb\xbfu,i\r\na,b\r\n\r\nc,d'
    [ "$(rows)" = '["a", "b"]'$'\n''["c", "d"]' ]
    config tsv 'u, i'; given '\xef\xbb\xbfa\tb\r\n\n\r\nc\td'
    [ "$(rows)" = '["a", "b"]'$'\n''["c", "d"]' ]
}

@test "encodings: UTF-8 is checked, Latin-1 converted" {
    config psv 'u, i'; given 'caf\xc3\xa9|b\n'
    [ "$(rows)" = '["café", "b"]' ]
    given 'x|y\ncaf\xe9|b\n'
    refuses 3 "r.txt:2: invalid UTF-8: \"caf\\xe9|b\"; if it is latin-1, give --set 'table NAME.encoding=latin-1'"
    config psv 'u, i' 'encoding = latin-1'
    [ "$(rows | tail -1)" = '["café", "b"]' ]
}

@test "an empty file is refused; a header without rows makes an empty table" {
    config tsv 'u, i'; given ''
    refuses 3 'r.txt: empty'
    given '\n\n'
    refuses 3 'r.txt: empty'
    config csv 'u, i'; given ''
    refuses 3 'r.txt: empty: no header line'
    given 'u,i\n'
    run -0 rows
    [ "$(show --json "$T/r.mp" | tail -1)" = '{"end": {"r": 0}}' ]
}

@test "malformed rows: file, line, what was found and what was wanted" {
    config csv 'u, i, x:f32, t:time' 'header = no'
    given 'a,b,1,2\na,"b"c,1,2\n';    refuses 3 "r.txt:2: after a closing quote, wanted a separator or the line's end"
    given 'a,b"c,1,2\n';              refuses 3 'r.txt:1: a quote inside a field that does not begin with one'
    given 'a,b,1,2\na,"b,1,2\nx\n';   refuses 3 'r.txt:2: a quote that is never closed'
    given 'a,b,1,2\n"a\nb",c,1\n';    refuses 3 'r.txt:2: 3 fields, wanted 4; --bad skip leaves such rows out'
    given 'a,b,1,2,3\n';              refuses 3 'r.txt:1: 5 fields, wanted 4'
    given 'a,b,one,2\n';              refuses 3 'r.txt:1: x is "one", wanted a number'
    given 'a,b,nan,2\n';              refuses 3 'r.txt:1: x is "nan", wanted a number'
    given 'a,b,1e39,2\n';             refuses 3 'r.txt:1: x is "1e39", wanted a number'
    given 'a,b,,2\n';                 refuses 3 'r.txt:1: x is "", wanted a number'
    given 'a,b,1,soon\n';             refuses 3 'r.txt:1: t is "soon", wanted seconds or a time such as 2013-04-03T20:05:07Z'
    given 'a,,1,2\n';                 refuses 3 'r.txt:1: i is empty, but it is a key'
    given 'a\0,b,1,2\n';              refuses 3 'r.txt:1: a zero byte in the text'
    given 'a,b\x1b[31m,x,2\n';        refuses 3 'x is "x"'
    config tsv 'u, i, n:i64, ...'
    given 'a\tb\n';                   refuses 3 'r.txt:1: 2 fields, wanted 3 or more'
    given 'a\tb\t1.5\n';              refuses 3 'r.txt:1: n is "1.5", wanted a whole number'
    config jsonl 'u, i'
    given '{"u": 1, "i": 2}\n{"u": 1,\n'; refuses 3 'r.txt:2: byte '
    given '{"u": \x1b]0;x}\n';         refuses 3 "r.txt:1: byte 7: \"invalid token near '\\x1b'\""
    given '{"u": 1}\n';               refuses 3 'r.txt:1: no member "i": the object has "u"'
}

@test "--bad skip leaves malformed rows out, whole, and counts them" {
    config tsv 'u, i, l:list(|), x:f32'
    given 'a\tb\tp|q\t1\na\tb\tp|q\tone\nc\n\xff\n\td\t\t2\ne\tf\t\t3\n'
    run -0 --separate-stderr tokenize -c "$T/c.ini" --bad skip -o "$T/r.mp"
    [ "$(table r < "$T/r.mp")" = '["a", "b", ["p", "q"], 1]'$'\n''["e", "f", [], 3]' ]
    [ "${#stderr_lines[@]}" -eq 4 ]
    [[ "${stderr_lines[0]}" == *'r.txt:2: row left out: x is "one", wanted a number' ]]
    [[ "${stderr_lines[1]}" == *'r.txt:3: row left out: 1 fields, wanted 4' ]]
    [[ "${stderr_lines[3]}" == *'r.txt: 4 of 6 rows were malformed and left out' ]]
    config csv 'u, i'
    given 'u,i\n1,"2"x,3\n4,5\n6,"7\n'
    run -0 --separate-stderr tokenize -c "$T/c.ini" --bad skip -o "$T/r.mp"
    [ "$(table r < "$T/r.mp")" = '["4", "5"]' ]
    [[ "${stderr_lines[2]}" == *'r.txt: 2 of 3 rows were malformed and left out' ]]
}

@test "a row of more than 1 MiB is refused in little memory, and the next is read" {
    for format in csv tsv dat psv jsonl lists; do
        case $format in
        csv) config csv 'u, i' 'header = no'; row='1,2' ;;
        tsv) config tsv 'u, i'; row=$'1\t2' ;;
        dat) config dat 'u, i'; row='1::2' ;;
        lists) config lists 'u, i'; row='1 2' ;;
        psv) config psv 'u, i'; row='1|2' ;;
        jsonl) config jsonl 'u, i'; row='{"u": 1, "i": 2}' ;;
        esac
        { head -c 40000000 /dev/zero | tr '\0' x; printf '\n%s\n' "$row"; } > "$T/r.txt"
        refuses 3 'r.txt:1: a '
        [[ "$stderr" == *'of more than 1 MiB; --bad skip'* ]]
        run -0 --separate-stderr tokenize -v -c "$T/c.ini" --bad skip -o "$T/r.mp"
        [ "$(table r < "$T/r.mp")" = '["1", "2"]' ]
        small
    done
}

@test "recbole: types behind the names of the header" {
    printf '%s\n' '[table r]' 'path = r.txt' 'format = recbole' '[table m]' 'path = m.item' 'format = recbole' 'key = i' \
        '[data]' 'interactions = r' 'query = u' 'candidate = i -> m' 'label = x' 'time = at' > "$T/c.ini"
    given 'u:token\ti:token\tx:float\tat:float\n1\ta\t3.5\t881250949\n'
    printf 'i:token\ttags:token_seq\tyear:float\tv:float_seq\na\tx y\t1999\t1 2 3\n' > "$T/m.item"
    run -0 --separate-stderr tokenize -c "$T/c.ini" -o "$T/r.mp"
    [ "$(table r < "$T/r.mp")" = '["1", "a", 3.5, 881250949]' ]
    [ "$(table m < "$T/r.mp")" = '["a", ["x", "y"], 1999]' ]
    show --config "$T/r.mp" > "$T/whole.ini"
    run -0 grep -x 'columns = u, i, x:f32, at:time' "$T/whole.ini"
    run -0 grep -x 'columns = i, tags:list( ), year:f32' "$T/whole.ini"
    config recbole 'x:i64, u, i'
    given 'u:token\ti:token\tx:float\n1\ta\t3\n'
    [ "$(rows)" = '[3, "1", "a"]' ]
    cp "$T/r.txt" "$T/r.inter"
    run -0 --separate-stderr tokenize --query u --candidate i -o "$T/r.mp" "$T/r.inter"
    [ "$(table interactions < "$T/r.mp")" = '["1", "a"]' ]
    sed -i '/^columns/d' "$T/c.ini"
    for header in 'u:token\ti' 'u:token\ti:tokens' ':token\tu:token' 'u:token\ti,:token' 'v:float_seq'; do
        given "$header\n1\t2\n"
        refuses 3 'r.txt: the header has '
    done
    config recbole 'u, i' 'header = no'
    refuses 3 'header is no, but recbole has its types in the header line'
    config recbole 'u, i'
    given 'u:token\tx:float\n1\t2\n'
    refuses 3 'r.txt:1: no column "i": the header has "u:token", "x:float"'
}

@test "csv: another separator" {
    for separator in 'semicolon ;' 'tab \t' 'space \x20' '| |' 'comma ,' ', ,'; do
        config csv 'u, i' "separator = ${separator% *}"
        given "i${separator#* }u\n\"a,;|b\"${separator#* }c\n"
        run -0 --separate-stderr tokenize -c "$T/c.ini" -o "$T/r.mp"
        [ "$(table r < "$T/r.mp")" = '["c", "a,;|b"]' ]
        tokenize -c "$T/c.ini" | show --config > "$T/whole.ini"
        run -0 grep -x "separator = ${separator% *}" "$T/whole.ini"
    done
    given 'u;i\n1;2\n'
    run -0 --separate-stderr tokenize --query u --candidate i --format csv --set 'table interactions.separator=semicolon' -o "$T/r.mp" "$T/r.txt"
    [ "$(table interactions < "$T/r.mp")" = '["1", "2"]' ]
    for wrong in '' ';' '"' ab é; do
        config csv 'u, i' "separator = $wrong"
        refuses 3 'wanted comma, semicolon, tab, space, or one character of ASCII but a quote'
    done
    config tsv 'u, i' 'separator = semicolon'
    refuses 3 'separator is semicolon, but only format = csv has one to choose'
}

@test "a line that never ends is refused at 1 MiB" {
    for format in tsv jsonl lists; do
        config $format 'u, i'
        rm -f "$T/r.txt"
        ln -s /dev/zero "$T/r.txt"
        run -3 --separate-stderr limited 20 tokenize -c "$T/c.ini" -o "$T/no.mp"
        complains 'of more than 1 MiB'
    done
    rm "$T/r.txt"
}

@test "files that cannot be read or written" {
    config tsv 'u, i'
    rm -f "$T/r.txt"
    refuses 1 'r.txt: No such file or directory'
    mkdir "$T/r.txt"
    refuses 1 'r.txt: Is a directory'
    rmdir "$T/r.txt"; given 'a\tb\n'
    run -1 --separate-stderr bash -c "tokenize -c '$T/c.ini' > /dev/full"
    complains 'write <stdout>: No space left on device'
    run -1 --separate-stderr tokenize -c "$T/nothing.ini"
    complains 'nothing.ini: No such file or directory'
    run -1 --separate-stderr tokenize -c "$T/c.ini" -o "$T/no/where.mp"
    complains 'No such file or directory'
    run -141 pipe "yes '1	2' | tokenize -c '$T/c.ini' --set 'table r.path=-' | head -c 10 > /dev/null"
}

@test "the configuration: unknown keys name the nearest; errors have file and line" {
    config tsv 'u, i'; given 'a\tb\n'
    echo 'labl = x' >> "$T/c.ini"
    refuses 3 'c.ini:10: unknown key "labl" in [data], did you mean "label"'
    config tsv 'u, i' 'encodng = latin-1'
    refuses 3 'c.ini:5: unknown key "encodng" in [table r], did you mean "encoding"'
    config tsv 'u, i'
    refuses 3 '--set: unknown key "epoch" in [train], did you mean "epochs"' --set train.epoch=3
}

@test "paths: of the file relative to its folder, of --set to the current one" {
    mkdir -p "$T/a" "$T/b"
    config tsv 'u, i'; mv "$T/c.ini" "$T/a/c.ini"
    printf 'in\ta\n' > "$T/a/r.txt"; printf 'in\tb\n' > "$T/b/r.txt"
    cd "$T/b"
    [ "$(tokenize -c ../a/c.ini | table r)" = '["in", "a"]' ]
    [ "$(tokenize -c ../a/c.ini --set 'table r.path=r.txt' | table r)" = '["in", "b"]' ]
    cd ../a
    [ "$(tokenize -c c.ini | table r)" = '["in", "a"]' ]
    [ "$(tokenize -c c.ini --set 'table r.path=-' < ../b/r.txt | table r)" = '["in", "b"]' ]
}

@test "without -c: a configuration is made from the options" {
    printf 'x,u,when,i,r\n?,1,2013-04-03,"a ""b""",3.5\n' > "$T/r.csv"
    run -0 pipe "tokenize --query u --candidate i --label r --time when '$T/r.csv' > '$T/r.mp'"
    [ "$(table interactions < "$T/r.mp")" = '["1", "a \"b\"", 3.5, 1364947200]' ]
    run -0 show --config "$T/r.mp"
    says 'label = r'
    says 'time = when'
    [ "$(tokenize --query u --candidate i --format csv < "$T/r.csv" | table interactions)" = '["1", "a \"b\""]' ]
    printf '{"i": 5, "u": "x"}\n' > "$T/r.jsonl"
    [ "$(tokenize --query u --candidate i "$T/r.jsonl" | table interactions)" = '["x", "5"]' ]
    run -2 --separate-stderr tokenize --query u --candidate i "$T/r.xls"
    complains 'the name does not say the format'
    run -3 --separate-stderr tokenize --query user --candidate i "$T/r.csv"
    complains 'r.csv:1: no column "user": the header has "x", "u", "when", "i", "r"'
}

@test "without -c: columns with spaces in their names, as far as recommendations" {
    printf '%s\n' 'User ID,Título' 'ann,"Alien, 1979"' 'ann,Brazil' 'bob,Brazil' 'bob,Ran' > "$T/r.csv"
    tokenize --query 'User ID' --candidate Título "$T/r.csv" | vocab | batch | train -q | embed | index -o "$T/r.index"
    run -0 rank --index "$T/r.index" --query bob --exclude seen --csv
    [ "${lines[0]}" = 'query,rank,Título,score' ]
    [[ ${lines[1]} == 'bob,1,"Alien, 1979",'* ]]
}

@test "a header without the column: another separator or a name near it is suggested" {
    printf 'user;item\na;b\n' > "$T/r.csv"
    run -3 --separate-stderr tokenize --query user --candidate item "$T/r.csv"
    complains "no column \"user\": the header has \"user;item\"; try --set 'table interactions.separator=semicolon'"
    run -0 tokenize --query user --candidate item --set 'table interactions.separator=semicolon' -o "$T/r.mp" "$T/r.csv"
    printf 'user,item\na,b\n' > "$T/r.csv"
    run -3 --separate-stderr tokenize --query User --candidate item "$T/r.csv"
    complains 'no column "User": the header has "user", "item", did you mean "user"'
    run -2 --separate-stderr tokenize --query user --candidate item --set 'table interactions.separator=;' "$T/r.csv"
    complains 'written tab and semicolon'
}

@test "a feature that no tower reads is warned of: it changes nothing" {
    config csv 'u, i'; given 'u,i\na,b\n'
    run -0 --separate-stderr tokenize -c "$T/c.ini" --set 'feature user.embed=8' --set 'feature user.init=zeros()' -o "$T/r.mp"
    complains '--set: [feature user] is an input of no tower: it changes nothing'
    printf '[feature x]\nembed = 3\n[feature u]\nembed = 3\n' >> "$T/c.ini"
    run -0 --separate-stderr tokenize -c "$T/c.ini" -o "$T/r.mp"
    complains 'c.ini:'
    complains '[feature x] is an input of no tower'
    # Once is enough, but for what later stages change.
    run -0 --separate-stderr split -o "$T/s.mp" "$T/r.mp"
    [ -z "$stderr" ]
    run -0 --separate-stderr split --set 'feature v.embed=8' -o "$T/s.mp" "$T/r.mp"
    complains '--set: [feature v] is an input of no tower'
}

@test "parts tokenized apart and joined are the whole" {
    data=$ROOT/data/movietweetings-10k
    printf '[table ratings]\npath = -\nformat = dat\ncolumns = user_id, movie_id, rating:f32, timestamp:time\n' > "$T/m.ini"
    printf '[table movies]\npath = %s\nformat = dat\ncolumns = movie_id, movie_title, genres:list(|)\nkey = movie_id\n' "$data/movies.dat" >> "$T/m.ini"
    printf '[data]\ninteractions = ratings\nquery = user_id\ncandidate = movie_id -> movies\n' >> "$T/m.ini"
    tokenize -c "$T/m.ini" < "$data/ratings.dat" > "$T/whole.mp"
    command -p split -l 3001 "$data/ratings.dat" "$T/part."
    tokenize -c "$T/m.ini" --table movies < /dev/null > "$T/joined.mp"
    [ -e "$T/part.ad" ]
    for part in "$T"/part.??; do tokenize -c "$T/m.ini" -t ratings < "$part" >> "$T/joined.mp"; done
    for name in ratings movies; do
        diff <(table $name < "$T/whole.mp") <(table $name < "$T/joined.mp")
    done
    [ "$(table ratings < "$T/whole.mp" | wc -l)" -eq 10000 ]
    table movies < "$T/whole.mp" | grep -qF '["0002844", "Fantômas - À l'"'"'ombre de la guillotine (1913)", ["Crime", "Drama"]]'
}

@test "the same input gives the same bytes; memory does not grow with the file" {
    config tsv 'u, i, x:f32'
    awk 'BEGIN { for (i = 0; i < 1000000; i++) printf "%d\t%d\t%.1f\n", i, i * 7, i / 3 }' > "$T/r.txt"
    run -0 --separate-stderr tokenize -v -c "$T/c.ini" -o "$T/a.mp"
    complains 'rows=1000000 bad=0 seconds='
    small
    tokenize -v -c "$T/c.ini" -o "$T/a.mp" 2> /dev/null && cp "$T/a.mp" "$T/b.mp"
    tokenize -v -c "$T/c.ini" -o "$T/a.mp" 2> /dev/null && cmp "$T/a.mp" "$T/b.mp"
}

@test "MovieLens: Latin-1 titles and every row" {
    needs "$SHARED/data/ml-100k/u.item"
    tokenize -c "$ROOT/pipelines/movielens.ini" --set "table ratings.path=$SHARED/data/ml-100k/u.data" \
        --set "table movies.path=$SHARED/data/ml-100k/u.item" > "$T/ml.mp"
    diff <(table movies < "$T/ml.mp") <(iconv -f latin1 -t utf8 "$SHARED/data/ml-100k/u.item" | awk -F'|' '{ printf "[\"%s\", \"%s\"]\n", $1, $2 }')
    diff <(table ratings < "$T/ml.mp") <(awk -F'\t' '{ printf "[\"%s\", \"%s\", %s, %s]\n", $1, $2, $3, $4 }' "$SHARED/data/ml-100k/u.data")
}

@test "tokenize: f32? and f64? may be empty, and are NaN then" {
    printf '[table r]\npath = r.csv\ncolumns = u, i, x:f32?, y:f64?\n[data]\ninteractions = r\nquery = u\ncandidate = i\n' > "$T/c.ini"
    printf 'u,i,x,y\na,b,,2\nc,d,1.5,\n' > "$T/r.csv"
    tokenize -c "$T/c.ini" > "$T/out"
    run -0 bash -c "show --json '$T/out' | grep '^\['"
    says '["a", "b", "nan", 2]'
    says '["c", "d", 1.5, "nan"]'
    printf 'u,i,x,y\na,b,none,2\n' > "$T/r.csv"
    run -3 --separate-stderr tokenize -c "$T/c.ini" -o "$T/out"
    complains 'x is "none", wanted a number'
    run -3 --separate-stderr tokenize -c "$T/c.ini" --set data.label=x -o "$T/out"
    complains 'which may be empty: wanted its type without ?'
}
