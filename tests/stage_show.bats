load helpers

setup() {
    show --parse "$BATS_TEST_DIRNAME/fixtures/small.jsonl" > "$T/small.mp"
    show --parse "$BATS_TEST_DIRNAME/fixtures/types.jsonl" > "$T/types.mp"
}

# A text of lines that begins well; the lines that follow come from stdin.
parse_lines() {
    { echo '{"millrace": 1}'; echo '{"table": "t", "columns": {"a": "str", "b": "i32", "c": "f32[2]", "d": "u32*", "e": "bf16"}}'; cat; } > "$T/lines"
    run --separate-stderr show --parse -o "$T/parsed.mp" "$T/lines"
}

@test "show --help lists its options and an example" {
    run -0 show --help
    for word in --head --table --json --parse --config --output --memory --version 'example:' 'show --head 3'; do says "$word"; done
}

@test "show: -h is seen among other letters" {
    run -0 show -qh
    says 'usage: show '
}

@test "show --version" {
    run -0 show --version
    says 'show (millrace) '
}

@test "show: usage errors end with 2" {
    run -2 --separate-stderr show --nope; complains "unknown option \"--nope\""
    run -2 --separate-stderr show --jsno; complains "did you mean --json"
    run -2 --separate-stderr show --head; complains "--head wants a value"
    run -2 --separate-stderr show --head x; complains 'wanted a whole number from 0'
    run -2 --separate-stderr show --head 1 --json "$T/small.mp"; complains 'only one of --head, --json, --config, --crosses and --parse'
    run -2 --separate-stderr show --parse --table t "$T/small.mp"; complains 'no --table'
    run -2 --separate-stderr show a b; complains 'unexpected operand "b"'
    run -2 --separate-stderr show --memory 1X; complains 'wanted a size such as 512M'
}

@test "show prints a summary: history and tables" {
    run -0 --separate-stderr show "$T/small.mp"
    [ "${lines[1]}" = '  tokenize x   # 0.1.0' ]
    [ "${lines[2]}" = '  table  rows  frames  bytes  columns' ]
    [ "${lines[3]}" = '  t         3       2     67  id str, x f32, l u32*' ]
    [ "${lines[4]}" = '  u         1       1     23  s str*' ]
    [ -z "$stderr" ]
}

@test "show reads stdin, with and without -" {
    run -0 show "$T/small.mp"
    wanted=$output
    run -0 bash -c "show < '$T/small.mp'"
    [ "$output" = "$wanted" ]
    run -0 bash -c "show - < '$T/small.mp'"
    [ "$output" = "$wanted" ]
}

@test "show --head prints the first rows of every table, aligned" {
    run -0 show --head 2 "$T/small.mp"
    [ "$output" = 't
  id   x  l
  a    1  [1, 2]
  bc  -2  []

u
  s
  [x, yz]' ]
}

@test "show --head gathers rows over frames" {
    run -0 show -n 3 --table t "$T/small.mp"
    [ "$output" = 't
  id   x  l
  a    1  [1, 2]
  bc  -2  []
       3  [3]' ]
}

@test "show --head --table stops early; without --table it reads to the end" {
    head -c -1 "$T/small.mp" > "$T/cut.mp"
    run -0 show --head 1 --table t "$T/cut.mp"
    run -3 --separate-stderr show --head 1 "$T/cut.mp"
    complains 'truncated after 3 frames: no end record'
}

@test "show --head cuts long values" {
    printf '%s\n' '{"millrace": 1}' '{"table": "t", "columns": {"s": "str", "l": "u32*"}}' '{"frame": "t"}' \
        '["aaaaaaaaaabbbbbbbbbbccccccccccddddddddddeeeeeeeeee", [1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20]]' '{"end": {}}' > "$T/lines"
    run -0 bash -o pipefail -c "show --parse '$T/lines' | show --head 1"
    says 'aaaaaaaaaabbbbbbbbbbccccccccccddddddd...  [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 1...'
}

@test "show --table takes one table; an unknown one names those that came" {
    run -0 show --table u "$T/small.mp"
    says ' u  '
    [[ "$output" != *' t  '* ]]
    for option in '' --json '--head 1' --config; do
        run -3 --separate-stderr show $option --table v "$T/small.mp"
        complains 'no table "v": --table asks for it; its tables are "t", "u"'
    done
}

@test "show --json prints the lines that --parse read" {
    run -0 show --json "$T/types.mp"
    diff <(grep -v '^#' "$BATS_TEST_DIRNAME/fixtures/types.jsonl") <(printf '%s\n' "$output")
}

@test "show --json --table prints one table" {
    run -0 show --json --table u "$T/small.mp"
    [ "${lines[1]}" = '{"table": "u", "columns": {"s": "str*"}}' ]
    [ "${lines[4]}" = '{"end": {"u": 1}}' ]
    [ ${#lines[@]} -eq 5 ]
}

@test "show --config prints the configuration as it is" {
    run -0 show --config "$T/small.mp"
    [ "$output" = '[a]
b = c' ]
}

@test "show --set is refused: it would change nothing" {
    run -2 --separate-stderr show --config --set a.b=d "$T/small.mp"
    complains '--set: show changes nothing'
}

@test "show prints no control character for people, and marks that turn text neither" {
    for option in '' '--head 9' --json; do
        show $option "$T/types.mp" | LC_ALL=C tr -d '\n' > "$T/text"
        run -1 env LC_ALL=C grep -c '[[:cntrl:]]' "$T/text"
        run -1 grep -c $'\u202e' "$T/text"
    done
}

@test "show --output writes a file, complete or not at all" {
    run -0 show --json -o "$T/text" "$T/small.mp"
    [ -z "$output" ]
    run -0 cmp "$T/text" <(show --json "$T/small.mp")
    head -c 900 "$T/small.mp" > "$T/cut.mp"
    run -3 show --json -o "$T/text2" "$T/cut.mp"
    absent "$T/text2"
    run -1 --separate-stderr show -o /nonexistent/x "$T/small.mp"
    complains 'create /nonexistent/x: No such file or directory'
}

@test "show --output leaves a device a device" {
    run -0 show -o /dev/null "$T/small.mp"
    [ -c /dev/null ]
    run -1 --separate-stderr show -o /dev/full "$T/small.mp"
    complains 'write /dev/full: No space left on device'
    [ -c /dev/full ]
}

@test "show -v ends with a line of words" {
    run -0 --separate-stderr show -v "$T/small.mp"
    complains 'show: tables=2 bytes=994 seconds='
    run -0 --separate-stderr show -v --parse -o "$T/parsed.mp" "$BATS_TEST_DIRNAME/fixtures/small.jsonl"
    complains 'show: rows=4 seconds='
}

@test "show -q and --memory are taken" {
    run -0 --separate-stderr show -q --memory 64M "$T/small.mp"
    [ -z "$stderr" ]
}

@test "show --parse adds nobody to the history" {
    run -0 bash -c "show --json '$T/small.mp' | head -1"
    [ "$output" = '{"millrace": 1, "config": "[a]\nb = c\n", "history": [{"stage": "tokenize", "args": ["x"], "version": "0.1.0"}]}' ]
}

@test "show --parse: what may be left out by hand" {
    run -0 bash -o pipefail -c "printf '%s\n' '{\"millrace\": 1}' '' ' ' '# words' '{\"table\": \"t\", \"columns\": {\"a\": \"u8\"}}' '{\"frame\": \"t\"}' '[1]' '{\"end\": {}}' | show --parse | show --json"
    [ "${lines[0]}" = '{"millrace": 1, "config": "", "history": []}' ]
    [ "${lines[3]}" = '[1]' ]
    [ "${lines[4]}" = '{"end": {"t": 1}}' ]
}

@test "show --parse rounds what is written by hand" {
    parse_lines <<< '{"frame": "t"}
["x", 1, [0.1, 100], [], 3.14159]
{"end": {}}'
    [ "$status" -eq 0 ]
    run -0 show --json "$T/parsed.mp"
    says '["x", 1, [0.100000001, 100], [], 3.140625]'
}

@test "show --parse: errors of structure" {
    run -3 --separate-stderr show --parse /dev/null; complains 'empty input: wanted lines of JSON'
    run -1 --separate-stderr show --parse /nonexistent; complains 'open /nonexistent: No such file'
    run -1 --separate-stderr show --parse /; complains 'read /: Is a directory'
    run -3 --separate-stderr show --parse <<< '[1]'; complains 'line 1: wanted a header'
    run -3 --separate-stderr show --parse <<< '1'; complains 'line 1: no JSON at byte 1'
    run -3 --separate-stderr show --parse <<< '{"millrace": 2}'; complains 'version 2: this program reads version 1'
    run -3 --separate-stderr show --parse <<< '{"millrace": 1, "config": 3}'; complains 'config is missing or no string'
    run -3 --separate-stderr show --parse <<< '{"millrace": 1, "config": "a\u0000"}'; complains 'config is missing or no string'
    run -3 --separate-stderr show --parse <<< '{"millrace": 1, "history": [{}]}'; complains 'history: stage is missing'
    run -3 --separate-stderr show --parse <<< '{"millrace": 1, "history": 1}'; complains 'history is no array'
    run -3 --separate-stderr show --parse <<< '{"millrace": 1,'; complains 'line 1: no JSON at byte'
    run -3 --separate-stderr show --parse <<< '{"millrace": 1}'; complains 'truncated after line 1: no end'
    parse_lines < /dev/null; [ "$status" -eq 3 ]; complains 'truncated after line 2: no end'
    parse_lines <<< '{"nope": 1}'; [ "$status" -eq 3 ]; complains 'line 3: wanted a table, frame or end'
    parse_lines <<< '["a"]'; [ "$status" -eq 3 ]; complains 'a row before its frame'
    parse_lines <<< '{"frame": "u"}'; [ "$status" -eq 3 ]; complains 'no schema of a table "u"'
    parse_lines <<< '{"frame": "t", "rows": -1}'; [ "$status" -eq 3 ]; complains 'rows is no whole number'
    parse_lines <<< '{"frame": "t", "rows": 1}
{"end": {}}'; [ "$status" -eq 3 ]; complains 'the frame before it has 0 rows, its line says 1'
    parse_lines <<< '{"end": {"t": 1}}'; [ "$status" -eq 3 ]; complains 'table "t": 1 rows are claimed, 0 came'
    parse_lines <<< '{"end": {}}
{"end": {}}'; [ "$status" -eq 3 ]; complains 'a line after the end'
    absent "$T/parsed.mp"
}

@test "show --parse: errors of schemas" {
    parse_lines <<< '{"table": "t", "columns": {"a": "u8"}}'; [ "$status" -eq 3 ]; complains 'two schemas of one name'
    parse_lines <<< '{"table": "u", "columns": {"a": "u9"}}'; [ "$status" -eq 3 ]; complains 'column "a": unknown type'
    parse_lines <<< '{"table": "u", "columns": {}}'; [ "$status" -eq 3 ]; complains 'wanted an object of 1 to 1024 columns'
    parse_lines <<< '{"table": "", "columns": {"a": "u8"}}'; [ "$status" -eq 3 ]; complains 'name has 1 to 255 bytes'
    parse_lines <<< '{"table": "u", "columns": {"": "u8"}}'; [ "$status" -eq 3 ]; complains 'name has 1 to 255 bytes'
    parse_lines <<< '{"table": "u", "columns": {"a": "u8", "a": "u8"}}'; [ "$status" -eq 3 ]; complains 'duplicate object key'
}

@test "show --parse: errors of cells name the line and the column" {
    good='["x", 1, [1, 2], [1], 1]'
    try() { parse_lines <<< "{\"frame\": \"t\"}
$good
$1"; [ "$status" -eq 3 ]; complains "line 5: $2"; }
    try '["x", 1]' '2 cells, but table "t" has 5 columns'
    try '[1, 1, [1, 2], [1], 1]' 'column "a": wanted a string'
    try '["x", 1.5, [1, 2], [1], 1]' 'column "b": wanted a whole number in range for i32'
    try '["x", 2147483648, [1, 2], [1], 1]' 'column "b": wanted a whole number in range for i32'
    try '["x", 1, [1, 2, 3], [1], 1]' 'column "c": wanted an array of that many numbers for f32[2]'
    try '["x", 1, 1, [1], 1]' 'column "c": wanted an array of that many numbers for f32[2]'
    try '["x", 1, [1e39, 2], [1], 1]' 'column "c": wanted a number in range'
    try '["x", 1, [null, 2], [1], 1]' 'column "c": wanted a number, "inf", "-inf" or "nan"'
    try '["x", 1, ["nan:", 2], [1], 1]' 'column "c": wanted a number, "inf", "-inf" or "nan"'
    try '["x", 1, [1, 2], 1, 1]' 'column "d": wanted an array'
    try '["x", 1, [1, 2], [-1], 1]' 'column "d": wanted a whole number in range for u32'
    try '["x", 1, [1, 2], [1], "x"]' 'column "e": wanted a number'
    try '{"a": 1' 'no JSON at byte'
}
