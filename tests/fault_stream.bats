# Broken streams. Whatever bytes arrive: the exit code and one line, no crash, no hang, no file under its final name.
load helpers

STAGES='split vocab batch train score fold embed index rank evaluate'

# reduced INI: made.mp with the text of INI for its configuration, and without what no stage needs.
reduced() {
    config=$(sed 's/$/\\n/' "$1" | tr -d '\n')
    show --json made.mp | awk -v config="$config" 'BEGIN { gsub(/\n/, "\\n", config); printf "{\"millrace\": 1, \"config\": \"%s\"}\n", config }
        NR == 1 { next } /^{"(table|frame)"/ { skip = /"(slot|metrics)\// } /^{"end"/ { $0 = "{\"end\": {}}"; skip = 0 } !skip' | show --parse
}

# The smallest run of the whole pipe, cut into files: $BATS_FILE_TMPDIR/in.STAGE is what the stage reads. The configuration is
# not the completed one, and what nobody needs is left out, so that there are few bytes to break.
setup_file() {
    cd "$BATS_FILE_TMPDIR" || return
    printf 'a\tx\nb\ty\na\ty\nb\tx\n' > r.tsv
    printf '%s\n' '[table r]' 'path = r.tsv' 'format = tsv' 'header = no' 'columns = u, i' '[data]' 'interactions = r' 'query = u' 'candidate = i' \
        '[feature u]' 'embed = 1' '[feature i]' 'embed = 1' '[split]' 'method = none()' '[train]' 'epochs = 1' > tiny.ini
    printf 'a\tx\t1\nb\ty\t2\n' > rated.tsv
    sed 's/r\.tsv/rated.tsv/; s/columns = u, i/&, y:f32/; s/candidate = i/&\nlabel = y/' tiny.ini > rated.ini
    printf '%s\n' '[head h]' 'inputs = u, i' 'layers = dense(1)' '[task t]' 'kind = regression(h)' >> rated.ini
    tokenize -c rated.ini | split | vocab | batch | train -o made.mp
    reduced rated.ini > in.score
    tokenize -c tiny.ini -o made.mp
    for stage in $STAGES; do
        case $stage in score | fold) continue ;; esac
        reduced tiny.ini > "in.$stage"
        [ "$stage" = evaluate ] || "$stage" -q -o made.mp "in.$stage"
    done
    cp in.embed in.fold
    show --parse "$BATS_TEST_DIRNAME/fixtures/small.jsonl" > in.show
    # A good stream by hand, in pieces; its end has no checksum, so that each piece can be changed.
    printf '\x83\xa8millrace\x01\xa6config\xa0\xa7history\x90' > header
    printf '\x82\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa2u8' > schema
    printf '\x82\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa3str' > schema_str
    printf '\x82\xa5frame\xa1t\xa4rows\x02' > frame
    printf '\xc4\x00\xc4\x02ab' > column
    printf '\x82\xa3end\x81\xa1t\x02\xa8checksum\xc0' > end
}

setup() { cd "$BATS_FILE_TMPDIR" || return; }

# broken MESSAGE PIECE...: a piece is a file of setup_file or bytes for printf. The stream of them is refused with the message.
broken() {
    local message=$1 piece
    shift
    for piece in "$@"; do
        if [ -e "$piece" ]; then cat "$piece"; else printf '%b' "$piece"; fi
    done > "$T/broken.mp"
    run -3 --separate-stderr limited 10 show -o "$T/out" "$T/broken.mp"
    complains "$message"
    [ ! -e "$T/out" ]
    run -3 --separate-stderr limited 10 show --json < "$T/broken.mp"
}

every_byte() {  # cut|flip STAGE
    case $BUILD in *address* | *thread*) export STEP=29 ;; esac
    run -0 faults "$1" "in.$2" "$T/out" "$2" -o {}
}

@test "show: cut at every byte" { every_byte cut show; }
@test "show: every byte flipped" { every_byte flip show; }
@test "split: cut at every byte" { every_byte cut split; }
@test "vocab: cut at every byte" { every_byte cut vocab; }
@test "batch: cut at every byte" { every_byte cut batch; }
@test "train: cut at every byte" { every_byte cut train; }
@test "score: cut at every byte" { every_byte cut score; }
@test "fold: cut at every byte" { every_byte cut fold; }
@test "embed: cut at every byte" { every_byte cut embed; }
@test "index: cut at every byte" { every_byte cut index; }
@test "rank: cut at every byte" { every_byte cut rank; }
@test "evaluate: cut at every byte" { every_byte cut evaluate; }

@test "every stage takes its whole stream" {
    for stage in $STAGES; do
        run -0 --separate-stderr "$stage" -q -o "$T/out" "in.$stage"
        [ -e "$T/out" ]
        rm "$T/out"
    done
}

@test "what there was to warn of is said of a result, never before an error" {
    for stage in $STAGES; do
        run -0 --separate-stderr "$stage" -q --set 'feature other.embed=2' -o "$T/out" "in.$stage"
        complains "$stage: --set: [feature other] is an input of no tower: it changes nothing"
        head -c -5 "in.$stage" > "$T/cut"
        run -3 --separate-stderr "$stage" -q --set 'feature other.embed=2' -o "$T/out" "$T/cut"
        complains 'truncated'
    done
    printf 'a\tx\nb\n' > "$T/r.tsv"
    printf '%s\n' '[table r]' "path = $T/r.tsv" 'format = tsv' 'header = no' 'columns = u, i' '[table s]' "path = $T/s.tsv" 'header = no' 'columns = i' \
        '[data]' 'interactions = r' 'query = u' 'candidate = i' > "$T/two.ini"
    run -1 --separate-stderr tokenize -c "$T/two.ini" --bad skip -o "$T/out.mp"
    complains 's.tsv: No such file'
    echo x > "$T/s.tsv"
    run -0 --separate-stderr tokenize -c "$T/two.ini" --bad skip -o "$T/out.mp"
    [ "${#stderr_lines[@]}" -eq 2 ]
}

@test "the pieces make a good stream" {
    cat header schema frame column end > "$T/good.mp"
    run -0 --separate-stderr show --json "$T/good.mp"
    [ "${lines[-1]}" = '{"end": {"t": 2}}' ]
}

@test "no stream at all" {
    broken 'empty input: no millrace stream'
    broken 'not a millrace stream: it begins with "user,movie\x0a"' 'user,movie\n'
    broken 'not a millrace stream: it begins with "\x93\x01\x02\x03"' '\x93\x01\x02\x03'
    broken 'not a millrace stream: wanted a header' '\x80'
    broken 'not a millrace stream: wanted a header' schema
    broken 'not a millrace stream: it begins with "\x1f\x8b\x08' '\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03'
}

@test "every stage: no input, and text for a stream" {
    for stage in $STAGES; do
        run -3 --separate-stderr "$stage" -o "$T/out" < /dev/null
        complains "$stage: <stdin>: empty input: no millrace stream"
        run -3 --separate-stderr "$stage" -o "$T/out" <<< 'user,movie'
        complains "$stage: <stdin>: not a millrace stream"
        run -1 --separate-stderr "$stage" -o "$T/out" /nonexistent
        complains "$stage: open /nonexistent: No such file or directory"
        [ ! -e "$T/out" ]
    done
}

@test "after a stage that failed, every later one says that it only got nothing" {
    for stage in show $STAGES; do
        run -3 --separate-stderr pipe "false | $stage -o $T/out"
        complains "$stage: <stdin>: no input: the stage before it failed or wrote nothing"
    done
    run -3 --separate-stderr pipe "tokenize -c /nonexistent.ini | split | vocab -o $T/out"
    [ "$stderr" = "tokenize: open /nonexistent.ini: No such file or directory
split: <stdin>: no input: the stage before it failed or wrote nothing
vocab: <stdin>: no input: the stage before it failed or wrote nothing" ]
}

@test "every stage: a newer version" {
    printf '\x83\xa8millrace\x02\xa6config\xa0\xa7history\x90' > "$T/newer.mp"
    for stage in show $STAGES; do
        run -3 --separate-stderr "$stage" -o "$T/out" "$T/newer.mp"
        complains 'stream version 2: this program reads version 1'
    done
    broken 'header: version is missing or no whole number' '\x83\xa8millrace\xa11\xa6config\xa0\xa7history\x90'
}

@test "headers" {
    broken 'header: config is missing, repeated or no string' '\x82\xa8millrace\x01\xa7history\x90' end
    broken 'header: config is missing, repeated or no string' '\x84\xa8millrace\x01\xa6config\xa0\xa6config\xa0\xa7history\x90' end
    broken 'header: config is no valid UTF-8' '\x83\xa8millrace\x01\xa6config\xa1\xff\xa7history\x90' end
    broken 'header: config is no valid UTF-8' '\x83\xa8millrace\x01\xa6config\xa1\x00\xa7history\x90' end
    broken 'header: history is missing or no array' '\x82\xa8millrace\x01\xa6config\xa0' end
    broken 'a history entry without arguments' '\x83\xa8millrace\x01\xa6config\xa0\xa7history\x91\x01' end
    broken 'a history entry without arguments' '\x83\xa8millrace\x01\xa6config\xa0\xa7history\x91\x80' end
    broken 'history: argument is missing, repeated or no string' '\x83\xa8millrace\x01\xa6config\xa0\xa7history\x91\x83\xa5stage\xa0\xa7version\xa0\xa4args\x91\x01' end
}

@test "lengths that are claimed" {
    broken 'corrupt: a bin of 1 GiB or more' header schema frame '\xc4\x00\xc6\xff\xff\xff\xff' column end
    broken 'corrupt: a filler of 64 bytes or more' header schema frame '\xc4\x40' column end
    broken 'column "x": 1073741823 bytes, wanted 2' header schema frame '\xc4\x00\xc6\x3f\xff\xff\xff' column end
    broken 'column "x": 3 bytes, wanted 2' header schema frame '\xc4\x00\xc4\x03abc' end
    broken 'corrupt: more than 2^31 rows are claimed' header schema '\x82\xa5frame\xa1t\xa4rows\xce\x80\x00\x00\x00' column end
    broken 'column "x": 2 bytes, wanted 1000000' header schema '\x82\xa5frame\xa1t\xa4rows\xce\x00\x0f\x42\x40' column end
    broken 'corrupt: a column of 1 GiB or more' header schema '\x82\xa5frame\xa1t\xa4rows\xce\x7f\xff\xff\xff' '\xc4\x00\xc6\x7f\xff\xff\xff' end
    broken 'frame: rows is missing or no whole number' header schema '\x82\xa5frame\xa1t\xa4rows\xff' column end
    broken 'frame: rows is missing or no whole number' header schema '\x81\xa5frame\xa1t' column end
    broken 'corrupt: wanted a header, schema, frame or end record' header '\xdd\xff\xff\xff\xff'
    broken 'corrupt: wanted a header, schema, frame or end record' header '\xdf\xff\xff\xff\xff'
    broken 'corrupt: wanted a header, schema, frame or end record' header '\x81\xa1a\xdb\xff\xff\xff\xff'
    broken 'not a millrace stream' '\xdf\xff\xff\xff\xff'
    broken 'truncated after 0 frames' header '\x81\xa1a\xdb\x00\x3f\xff\x00'
    broken 'truncated after 1 frames: no end record' header schema '\x82\xa5frame\xa1t\xa4rows\xce\x3f\xff\xff\xff' '\xc4\x00\xc6\x3f\xff\xff\xff' column
}

@test "a nest of maps" {
    printf '\x91%.0s' $(seq 100000) > "$T/nest"
    broken 'corrupt: wanted a header, schema, frame or end record' header '\x81\xa1a' "$T/nest" '\x01'
    broken 'corrupt: wanted a header, schema, frame or end record' header '\x82\xa5frame\xa1t\xa1a' "$T/nest" '\x01'
    # 30 deep is allowed: the key is unknown and ignored.
    printf '\x83\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa2u8\xa1a' > "$T/deep"
    head -c 29 "$T/nest" >> "$T/deep"
    broken 'truncated after 0 frames' header "$T/deep" '\x01'
    broken 'corrupt: wanted a header, schema, frame or end record' header "$T/deep" '\x91\x01'
}

@test "schemas" {
    broken 'table "t": two schemas of one name' header schema schema end
    broken 'table "t": 0 columns, wanted 1 to 1024' header '\x82\xa5table\xa1t\xa7columns\x90' end
    broken 'table "t": columns are missing or no array' header '\x81\xa5table\xa1t' end
    broken 'table "t": a column that is no map' header '\x82\xa5table\xa1t\xa7columns\x91\x01' end
    broken 'schema: table is missing, repeated or no string' header '\x82\xa5table\x01\xa7columns\x90' end
    broken 'table "": a name has 1 to 255 bytes of UTF-8' header '\x82\xa5table\xa0\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa2u8' end
    broken 'column "x": unknown type "u9"' header '\x82\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa2u9' end
    broken 'unknown type "f32[1048577]"' header '\x82\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1x\xa4type\xacf32[1048577]' end
    broken 'table "t": two columns "x"' header '\x82\xa5table\xa1t\xa7columns\x92\x82\xa4name\xa1x\xa4type\xa2u8\x82\xa4name\xa1x\xa4type\xa2u8' end
    broken 'schema: column name is no valid UTF-8' header '\x82\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1\x00\xa4type\xa2u8' end
    { printf '\x82\xa5table\xa1t\xa7columns\xdc\x04\x01'; for i in $(seq 1025); do printf '\x82\xa4name\xa4%04d\xa4type\xa2u8' "$i"; done; } > "$T/wide"
    broken '1025 columns, wanted 1 to 1024' header "$T/wide" end
    { cat header; for i in $(seq 4097); do printf '\x82\xa5table\xa4%04d\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa2u8' "$i"; done; } > "$T/many"
    broken 'more tables than a stream may have' "$T/many" end
}

@test "frames" {
    broken "a frame before its table's schema" header frame column end
    broken 'frame: rows is missing or no whole number' header schema '\x83\xa5frame\xa1t\xa4rows\x02\xa4rows\x02' column end
    broken "corrupt: wanted a column's bin" header schema frame '\xa1x' end
    broken "corrupt: a table's name is no string" header schema '\x82\xa5frame\x01\xa4rows\x02' column end
    broken 'corrupt: wanted a schema, frame or end record' header schema '\x81\xa1a\x01' end
    broken 'corrupt: wanted a header, schema, frame or end record' header schema frame column column end
    broken 'truncated: another stream begins before the end record' header schema frame column header schema frame column end
}

@test "offsets and texts" {
    texts() { printf '\xc4\x00\xc4\x0c%b' "$1"; }
    wrong() { texts "$2" > "$T/texts"; broken "$1" header schema_str frame "$T/texts" "$3" end; }
    wrong 'offsets that do not rise from 0' '\x01\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00' '\xc4\x00\xc4\x02ab'
    wrong 'offsets that do not rise from 0' '\x00\x00\x00\x00\x03\x00\x00\x00\x02\x00\x00\x00' '\xc4\x00\xc4\x02ab'
    wrong '2 bytes, wanted 3' '\x00\x00\x00\x00\x01\x00\x00\x00\x03\x00\x00\x00' '\xc4\x00\xc4\x02ab'
    wrong '2 bytes, wanted 4294967295' '\x00\x00\x00\x00\x01\x00\x00\x00\xff\xff\xff\xff' '\xc4\x00\xc4\x02ab'
    wrong 'invalid UTF-8 at byte 1' '\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00' '\xc4\x00\xc4\x02a\xe9'
    wrong 'invalid UTF-8 at byte 1' '\x00\x00\x00\x00\x01\x00\x00\x00\x02\x00\x00\x00' '\xc4\x00\xc4\x02\xc3\xa9'  # a character over two texts
    broken 'column "x": 8 bytes, wanted 12' header schema_str frame '\xc4\x00\xc4\x0812345678' column end
}

@test "frames without rows are read" {
    printf '\x82\xa5frame\xa1t\xa4rows\x00\xc4\x00\xc4\x00' > "$T/none"
    cat header schema "$T/none" frame column "$T/none" end > "$T/good.mp"
    run -0 show --head 9 "$T/good.mp"
    [ "${#lines[@]}" -eq 4 ]
    broken '1 bytes, wanted 0' header schema '\x82\xa5frame\xa1t\xa4rows\x00\xc4\x00\xc4\x01x' end
}

@test "ends" {
    broken 'truncated after 1 frames: no end record' header schema frame column
    broken 'end: table "t": 3 rows are claimed, 2 came' header schema frame column '\x82\xa3end\x81\xa1t\x03\xa8checksum\xc0'
    broken 'end: a table is missing in the record' header schema frame column '\x82\xa3end\x80\xa8checksum\xc0'
    broken 'end: table of an unknown name: 2 rows are claimed, 0 came' header schema frame column '\x82\xa3end\x82\xa1t\x02\xa1u\x02\xa8checksum\xc0'
    broken 'end: table "t": 2 rows are claimed, 0 came' header schema frame column '\x82\xa3end\x82\xa1t\x02\xa1t\x02\xa8checksum\xc0'
    broken 'end: no map of rows' header schema frame column '\x82\xa3end\x02\xa8checksum\xc0'
    broken 'end: checksum is missing or no whole number' header schema frame column '\x81\xa3end\x81\xa1t\x02'
    broken 'end: checksum is missing or no whole number' header schema frame column '\x82\xa3end\x81\xa1t\x02\xa8checksum\xff'
    broken 'the checksum does not fit the 1 frames before it' header schema frame column '\x82\xa3end\x81\xa1t\x02\xa8checksum\x07'
    broken 'corrupt: wanted a header, schema, frame or end record' header schema frame column end '\x00'
    broken 'truncated after 1 frames' header schema frame column end '\x83\xa8mill'
}

@test "streams that do not go together" {
    broken 'the streams that were concatenated have different configurations' header schema frame column end \
        '\x83\xa8millrace\x01\xa6config\xa1x\xa7history\x90' schema frame column end
    broken 'table "t": two schemas of one name' header schema frame column end header schema_str '\x82\xa3end\x81\xa1t\x00\xa8checksum\xc0'
    broken "a frame before its table's schema" header schema frame column end header frame column end
    broken 'end: table "t": 2 rows are claimed, 0 came' header schema frame column end header schema end
}

@test "a map is checked too" {
    run -0 rank -q --index in.rank --query a -k 1
    size=$(stat -c %s in.rank)
    for n in 0 1 50 200 $((size / 2)) $((size - 20)) $((size - 1)); do
        head -c "$n" in.rank > "$T/cut.mp"
        run -3 --separate-stderr rank --index "$T/cut.mp" --query a -k 1
        [ "$(wc -l <<< "$stderr")" -eq 1 ]
    done
    cat header schema frame column > "$T/no_sum.mp"
    printf '\x81\xa3end\x81\xa1t\x02' >> "$T/no_sum.mp"
    run -3 --separate-stderr vocab --from "$T/no_sum.mp" in.vocab
    complains 'end: checksum is missing or no whole number'
}

@test "a full disk ends with 1" {
    for stage in show $STAGES; do
        run -1 --separate-stderr bash -c "$stage -q in.$stage > /dev/full"
        complains "$stage: write <stdout>: No space left on device"
    done
}

@test "a closed stdout or stdin ends with 1" {
    for stage in show $STAGES; do
        run -1 --separate-stderr bash -c "$stage -q in.$stage >&-"
        complains "$stage: write <stdout>: Bad file descriptor"
        run -1 --separate-stderr bash -c "$stage -q <&-"
        complains "$stage: read <stdin>: Bad file descriptor"
    done
}

@test "a reader that went away ends with SIGPIPE, in silence" {
    awk 'BEGIN { print "{\"millrace\": 1}"; print "{\"table\": \"t\", \"columns\": {\"n\": \"u32\"}}"; print "{\"frame\": \"t\"}"
        for (i = 0; i < 300000; i++) print "[" i "]"; print "{\"end\": {}}" }' > "$T/lines"
    show --parse "$T/lines" > "$T/large.mp"
    run -0 --separate-stderr bash -c "show --parse '$T/lines' | head -c 9 > '$T/head'; exit \$((PIPESTATUS[0] - 141))"
    [ -z "$stderr" ]
    run -0 --separate-stderr bash -c "show --json '$T/large.mp' | head -1 > '$T/head'; exit \$((PIPESTATUS[0] - 141))"
    [ -z "$stderr" ]
}

@test "an upstream that is killed" {
    for stage in show $STAGES; do
        run -3 --separate-stderr bash -c "{ head -c \$((\$(stat -c %s in.$stage) / 2)) in.$stage; kill -KILL \$BASHPID; } 2> '$T/err' | $stage -q -o '$T/out'"
        complains "truncated after"
        absent "$T/out"
    done
}

@test "a terminal is refused for a stream, both ways" {
    command -v script > /dev/null || skip 'needs script'
    run -2 script -qec "show --parse '$BATS_TEST_DIRNAME/fixtures/small.jsonl'" /dev/null
    says 'a stream is not for a terminal'
    run -2 script -qec show /dev/null
    says '<stdin> is a terminal: wanted a stream from a file or a pipe'
    for stage in $STAGES; do
        [ "$stage" != evaluate ] || continue  # it prints text
        run -2 script -qec "$stage -q in.$stage" /dev/null
        says 'a stream is not for a terminal'
    done
}

@test "a terminal is told nothing that it would obey" {
    command -v script > /dev/null || skip 'needs script'
    printf '%s\n' '{"millrace": 1, "config": "\u001b[31m\nred\u009b"}' '{"table": "\u001b]0;x", "columns": {"\u0007": "str"}}' '{"frame": "\u001b]0;x"}' '["\u001bc"]' '{"end": {}}' > "$T/lines"
    show --parse "$T/lines" > "$T/evil.mp"
    for options in '' --json '--head 1' --config '--table x'; do
        run script -qec "show $options '$T/evil.mp'" /dev/null
        [[ "$output" != *$'\e'* && "$output" != *$'\a'* && "$output" != *$'\u009b'* ]]
    done
}

# A column of 900 MiB that would come, zeros from a pipe.
large_column() {
    cat header
    printf '\x82\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa2u8\x82\xa5frame\xa1t\xa4rows\xce\x38\x40\x00\x00\xc4\x00\xc6\x38\x40\x00\x00'
    head -c 943718400 /dev/zero
}

@test "little memory ends with 1 and a line" {
    case $BUILD in *address* | *thread*) skip 'sanitizers have no limit of memory' ;; esac
    run -1 --separate-stderr bash -c "$(declare -f large_column); large_column 2> /dev/null | show --memory 1M"
    complains 'out of memory: --memory allows 1 MiB'
}

@test "what is claimed but does not come takes no memory" {
    printf '\x82\xa5frame\xa1t\xa4rows\xce\x38\x40\x00\x00\xc4\x00\xc6\x38\x40\x00\x00' > "$T/claim"
    cat header schema "$T/claim" column > "$T/broken.mp"
    run -3 --separate-stderr show -v "$T/broken.mp"
    run -3 --separate-stderr show --memory 1M "$T/broken.mp"
    complains 'truncated after 1 frames'
}

@test "a header of many small strings is refused or fits" {
    { printf '\x83\xa8millrace\x01\xa6config\xa0\xa7history\x91\x83\xa5stage\xa0\xa7version\xa0\xa4args\xdd\x00\x30\x00\x00'; head -c 3145728 /dev/zero | tr '\0' '\240'; } > "$T/strings"
    cat "$T/strings" schema '-' < end > "$T/broken.mp"
    run --separate-stderr limited 20 show --memory 256M "$T/broken.mp"
    [ "$status" -eq 3 ]
    complains 'end: table "t": 2 rows are claimed, 0 came'
}

@test "many small records that mean nothing are read in linear time" {
    head -c 3000000 /dev/zero | tr '\0' '\1' > "$T/ones"
    { cat header; for _ in 1 2 3 4 5 6; do printf '\x83\xa5table\xa1t\xa7columns\x91\x82\xa4name\xa1x\xa4type\xa2u8\xa4junk\xdd\x00\x2d\xc6\xc0'; cat "$T/ones"; done; } > "$T/junk"
    run -3 --separate-stderr bash -c "dd if='$T/junk' bs=4096 status=none | (ulimit -t 20 && exec timeout 600 show)"
    complains 'two schemas of one name'
}

@test "no room for the spool ends with 1" {
    run -1 --separate-stderr env TMPDIR=/nonexistent rank --memory 0 -q -o "$T/out" in.rank
    complains 'rank: spool: create /nonexistent/'
    case $BUILD in *thread*) skip 'the thread sanitizer takes signals itself' ;; esac
    run -1 --separate-stderr bash -o pipefail -c "{ ulimit -f 0; rank --memory 0 -q in.rank 2>&1 > /dev/null; } | { cat >&2; }"
    complains 'rank: spool: write a temporary file in TMPDIR: File too large'
    [ ! -e "$T/out" ]
}

@test "an answer that is typed: a full disk and a closed stdout end with 1" {
    run -1 --separate-stderr bash -c "rank --index in.rank --query a > /dev/full"
    complains 'rank: write <stdout>: No space left on device'
    run -1 --separate-stderr bash -c "rank --index in.rank --query a >&-"
    complains 'rank: write <stdout>: Bad file descriptor'
}
