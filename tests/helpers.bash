# Loaded by every bats file: the stages on the PATH, a pipe whose failures count, and messages that explain.
bats_require_minimum_version 1.5.0

: "${BUILD:=$BATS_TEST_DIRNAME/../build}"
ROOT=$(cd "$BATS_TEST_DIRNAME/.." && pwd)
SHARED=$ROOT/../shared
PATH=$BUILD:$PATH
T=$BATS_TEST_TMPDIR

# run pipe 'a | b': any stage that fails makes it fail; the last non-zero status is the result.
pipe() {
    bash -o pipefail -c "$1"
}

# Fails with what was found if $output (or $stderr) does not contain the text.
says() {
    [[ "$output" == *"$1"* ]] || { printf 'status %s\nstdout: %s\nstderr: %s\nwanted: %s\n' "$status" "$output" "${stderr-}" "$1"; return 1; }
}
complains() {
    [[ "${stderr-}" == *"$1"* ]] || { printf 'status %s\nstdout: %s\nstderr: %s\nwanted: %s\n' "$status" "$output" "${stderr-}" "$1"; return 1; }
    [ "$(printf '%s\n' "$stderr" | wc -l)" -eq 1 ] || { printf 'more than one line: %s\n' "$stderr"; return 1; }
}

# Neither the file nor a temporary one for it is there.
absent() {
    [ ! -e "$1" ] && ! compgen -G "$1.tmp*"
}

# awaits COMMAND...: until it is true; false after ten minutes, which are for what hangs, however busy the machine.
awaits() {
    local end=$((SECONDS + 600))
    until "$@"; do
        [ "$SECONDS" -lt "$end" ] || return 1
        sleep 0.05
    done
}

# limited SECONDS COMMAND...: with a limit to its processor time, which a busy machine does not use up; and for what hangs, ten minutes.
limited() {
    (ulimit -t "$1" && exec timeout 600 "${@:2}")
}

# Skips, visibly, where a file that is not part of the project is missing.
needs() {
    [ -e "$1" ] || skip "needs $1"
}
