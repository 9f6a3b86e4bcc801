# serve: clients that mean ill or know no better get a clear error, and nobody else notices.
load helpers
load serve

setup() {
    indexed -e '' > "$T/m.index"
}

# hostile NAME ...: what the server said to tests/hostile.py.
hostile() {
    run -0 timeout 600 /usr/bin/python3 "$BATS_TEST_DIRNAME/hostile.py" "${URL##*:}" m "$@"
}

# said STATUS ...: the statuses of the answers, in order; then the server is as before and ends with 0.
said() {
    [ "$(sed -n 's/^\([0-9]\{3\}\|closed\) .*/\1/p' <<< "$output" | tr '\n' ' ')" = "$* " ] || { printf 'wanted %s, but\n%s\n' "$*" "$output"; return 1; }
    well
}

well() {
    hostile pipelined
    [ "$output" = 51 ]
    ends
    [ "$(wc -l < "$T/log")" -eq 1 ] || { cat "$T/log"; return 1; }
}

@test "half a request, half a head" {
    start --timeout 1 "$T/m.index"
    hostile half head
    [ "$output" = $'408 {"error": "the request took too long to come"}\n408 {"error": "the request took too long to come"}' ]
    said 408 408
}

@test "a slow sender" {
    start --timeout 1 "$T/m.index"
    hostile slow
    says 'cut off'
    said 408
}

@test "a body or a head over the limit" {
    start "$T/m.index"
    hostile body heads
    says 'the body is longer than the server takes'
    said 413 413 413 431 414
}

@test "a head not much over the limit is told so in JSON" {
    start "$T/m.index"
    hostile longer
    says '431 {"error": "the headers are longer than the server takes"}'
    says '414 {"error": "the address is longer than the server takes"}'
    [ "$(grep -c '{"error"' <<< "$output")" -eq 4 ]
    said 431 431 414 414 200 200
}

@test "there is room for so many bodies" {
    start --memory 1200K "$T/m.index"
    hostile instances
    says 'there is no room for the body'
    said 503 503 200
}

@test "deep JSON, deep filters" {
    start "$T/m.index"
    hostile deep
    says 'maximum parsing depth reached'
    says 'too deep'
    said 400 400 400 200
}

@test "huge numbers and NaN" {
    start "$T/m.index"
    hostile numbers
    says 'real number overflow'
    says 'too big integer'
    says "invalid token near 'NaN'"
    said 400 400 400 400 400 400 400 400 400 400 400
}

@test "wrong types" {
    start "$T/m.index"
    hostile types
    said 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400 400
}

@test "unknown fields" {
    start "$T/m.index"
    hostile unknown
    says 'unknown member \"path\"'
    said 400 400 400
}

@test "text that is not UTF-8" {
    start "$T/m.index"
    hostile utf8
    says 'unable to decode byte 0xff'
    said 400 400 400 400 400
}

@test "100,000 instances" {
    start "$T/m.index"
    hostile instances
    says '100000 instances, wanted at most 1024 in a request'
    said 400 400 200
}

@test "wrong methods, and what is no HTTP" {
    start --timeout 1 "$T/m.index"
    hostile methods
    said 405 405 405 405 405 405 405 closed 408
}

@test "paths that lead out: no request can read a file" {
    start "$T/m.index"
    hostile paths
    [[ "$output" != *root:* ]]
    said 404 404 404 404 200 404 404 404 404
}

@test "clients that go away while they are answered" {
    start "$T/m.index"
    hostile leave
    says left
    well
}

@test "a thousand idle connections" {
    start --timeout 3600 "$T/m.index"
    hostile idle
    said 200 200
}

@test "more requests than the queue holds: 429, and the others are answered" {
    start --queue 2 --batch 1 "$T/m.index"
    hostile flood
    [[ "$output" == "300 ['200', '429']" ]] || { echo "$output"; false; }
    well
}
