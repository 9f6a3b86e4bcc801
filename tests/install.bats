# `make install` and the driver: what a packager and a newcomer meet first.
load helpers

# make for the build that is being tested, as if called from a fresh shell.
remake() {
    env -u MAKEFLAGS -u MAKEOVERRIDES -u MFLAGS -u MAKELEVEL make -C "$ROOT" --no-print-directory BUILD="${BUILD#"$ROOT"/}" "$@"
}

files() {
    (cd "$1" && find . ! -type d | sort)
}

@test "a second make does nothing" {
    run -0 remake
    says "Nothing to be done"
    [ "${#lines[@]}" -eq 1 ]
}

@test "make help lists every target with its purpose" {
    run -0 remake help
    for target in all deps pipeline test bench install uninstall clean help; do
        [[ "$output" =~ (^|$'\n')$target\ +[a-z] ]] || { echo "no $target in: $output"; return 1; }
    done
}

@test "make install: the stages in libexec, the driver on the PATH, the manuals; the driver finds its stages" {
    run -0 remake install PREFIX="$T/x"
    [ "$(find "$T/x/bin" -type f)" = "$T/x/bin/millrace" ]
    for source in "$ROOT"/stages/*.c; do
        stage=$(basename "$source" .c)
        [ -x "$T/x/libexec/millrace/$stage" ]
        [ -s "$T/x/share/man/man1/millrace-$stage.1" ]
        run -0 "$T/x/bin/millrace" "$stage" --help
        says "usage: $stage "
    done
    [ -s "$T/x/share/man/man1/millrace.1" ]
}

@test "the driver is found through a link, and from any folder" {
    remake install PREFIX="$T/x"
    ln -s x/bin/millrace "$T/link"
    cd /
    run -0 "$T/link" show --version
    says "show (millrace) "
}

@test "DESTDIR stages an install whose paths are PREFIX's" {
    remake install PREFIX="$T/x"
    run -0 remake install DESTDIR="$T/stage" PREFIX=/opt/millrace
    [ "$(files "$T/x")" = "$(files "$T/stage/opt/millrace")" ]
    [ "$(files "$T/stage")" = "$(files "$T/stage/opt/millrace" | sed 's|^\.|./opt/millrace|')" ]
    mv "$T/stage/opt/millrace" "$T/moved"
    run -0 "$T/moved/bin/millrace" show --version
}

@test "make uninstall leaves nothing of its own, and what is not its own" {
    # A path with a space, half of which leads to somebody else.
    mkdir -p "$T/x/bin" "$T/x y/bin" && touch "$T/x/bin/other" "$T/x y/bin/other"
    remake install PREFIX="$T/x y"
    run -0 "$T/x y/bin/millrace" show --version
    run -0 remake uninstall PREFIX="$T/x y"
    [ "$(files "$T/x y")" = ./bin/other ] && [ "$(files "$T/x")" = ./bin/other ]
}

@test "millrace --help lists every stage with the purpose that the stage itself states" {
    run -0 "$BUILD/millrace" --help
    help=$output
    for source in "$ROOT"/stages/*.c; do
        stage=$(basename "$source" .c)
        purpose=$("$BUILD/$stage" --help | sed -n "1s/^$stage: //p")
        [ -n "$purpose" ]
        [[ "$help" =~ \ \ $stage\ +"$purpose" ]] || { echo "no $stage in: $help"; return 1; }
    done
    run -0 "$BUILD/millrace"
    [ "$output" = "$help" ]
}

@test "millrace --version" {
    run -0 "$BUILD/millrace" --version
    [[ "$output" =~ ^millrace\ [0-9.]+$ ]]
}

@test "the driver hands on arguments and the exit code of the stage" {
    run -2 --separate-stderr "$BUILD/millrace" show --no-such-option
    complains "show: "
    run -3 --separate-stderr "$BUILD/millrace" show - < /dev/null
    complains "show: "
}

@test "an unknown stage: exit 2, with the nearest name if there is one" {
    run -2 --separate-stderr "$BUILD/millrace" shwo
    complains 'millrace: no stage "shwo", did you mean show'
    run -2 --separate-stderr "$BUILD/millrace" xyzzy
    complains "millrace: no stage \"xyzzy\"; try 'millrace --help'"
    run -2 --separate-stderr "$BUILD/millrace" ../show
    complains "no stage"
}

@test "the driver's manual is well-formed" {
    command -v mandoc > /dev/null || skip "needs mandoc"
    run -0 mandoc -T lint -W warning "$ROOT/pipelines/millrace.1"
}
