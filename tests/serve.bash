# For tests of serve: an index, a server, and a client.

# indexed [SED ARGUMENTS]: the fixture, changed, with an index.
indexed() {
    sed "$@" "$BATS_TEST_DIRNAME/fixtures/embedded.lines" | show --parse | index
}

# start [OPTION ...]: serves on a free port; $URL and $PID.
start() {
    : > "$T/log"
    serve --listen 127.0.0.1:0 --threads 2 "$@" 2> "$T/log" 3>&- &
    PID=$!
    for _ in {1..400}; do
        URL=$(sed -n 's|.*listening on \(http://.*\)|\1|p' "$T/log")
        [ -z "$URL" ] || return 0
        kill -0 "$PID" || break
        sleep 0.05
    done
    cat "$T/log"
    return 1
}

# waits_for TEXT: until the log has it.
waits_for() {
    for _ in {1..400}; do
        ! grep -qF "$1" "$T/log" || return 0
        sleep 0.05
    done
    cat "$T/log"
    return 1
}

# ends: by SIGTERM, with 0.
ends() {
    kill -TERM "$PID"
    wait "$PID" || { local status=$?; echo "ended with $status"; cat "$T/log"; return 1; }
    PID=
}

# ask PATH [BODY]: the status and the body of the answer.
ask() {
    /usr/bin/python3 - "$URL$1" "${@:2}" << 'EOF'
import os, sys, urllib.request, urllib.error
request = urllib.request.Request(sys.argv[1], sys.argv[2].encode() if len(sys.argv) > 2 else None)
if os.environ.get("TOKEN"):
    request.add_header("Authorization", os.environ["TOKEN"])
try:
    answer = urllib.request.urlopen(request, timeout=20)
except urllib.error.HTTPError as error:
    answer = error
print(answer.status if hasattr(answer, "status") else answer.code, answer.read().decode(), end="")
EOF
}

# gives WANTED PATH [BODY]
gives() {
    run ask "${@:2}"
    [ "$output" = "$1" ] || { printf 'found  %s\nwanted %s\n' "$output" "$1"; return 1; }
}

# A server that ends with another code than 0, as with a sanitizer's finding, fails the test.
teardown() {
    [ -z "${PID-}" ] || ! kill -0 "$PID" 2> /dev/null || ends
}
