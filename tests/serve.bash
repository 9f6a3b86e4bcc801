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

teardown() {
    [ -z "${PID-}" ] || kill "$PID" 2> /dev/null || true
}
