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
    waits_for 'listening on'
    URL=$(sed -n 's|.*listening on \(http://.*\)|\1|p' "$T/log")
}

# waits_for TEXT [N]: until the log has it, in N lines.
waits_for() {
    awaits has_said_or_ended "$@" && has_said "$@" || { cat "$T/log"; return 1; }
}
has_said() { [ "$(grep -cF "$1" "$T/log")" -ge "${2-1}" ]; }
has_said_or_ended() { has_said "$@" || ! kill -0 "$PID" 2> /dev/null; }

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
    answer = urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request)  # straight, whatever the environment says
except urllib.error.HTTPError as error:
    answer = error
print(answer.status if hasattr(answer, "status") else answer.code, answer.read().decode(), end="")
EOF
}

# in_turn PATH BODY ...: over one connection, so that each request is over before the next begins; without a body GET. Prints the last answer.
in_turn() {
    /usr/bin/python3 - "${URL#http://}" "$@" << 'EOF'
import http.client, sys
connection = http.client.HTTPConnection(sys.argv[1])
for path, body in zip(sys.argv[2::2], sys.argv[3::2]):
    connection.request("POST" if body else "GET", path, body or None)
    answer = connection.getresponse()
    text = answer.read().decode()
print(text, end="")
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
