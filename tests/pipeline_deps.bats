# pipelines/deps, without touching the system: apt-get, sudo and the package tests are stand-ins on the PATH.
load helpers

setup() {
    mkdir "$T/bin"
    for tool in sh env sed touch cat; do ln -s "$(command -v $tool)" "$T/bin/$tool"; done
    for tool in cc make bats jq parallel mandoc python3; do stand_in $tool 'exit 0'; done
    stand_in pkg-config "case \$2 in jansson|inih) [ -e '$T/installed' ] ;; esac"
    stand_in id 'echo 0'
}

stand_in() {
    rm -f "$T/bin/$1"
    printf '#!/bin/sh\n%s\n' "$2" > "$T/bin/$1"
    chmod +x "$T/bin/$1"
}

deps() {
    PATH="$T/bin" CC=cc sh "$ROOT/pipelines/deps" "$@"
}

@test "nothing is missing: one line, and no apt-get" {
    touch "$T/installed"
    stand_in apt-get "echo called >> '$T/log'"
    run -0 --separate-stderr deps
    [ "$output" = 'deps: nothing is missing' ]
    [ -z "$stderr" ]
    [ ! -e "$T/log" ]
    run -0 deps --check
    [ -z "$output" ]
}

@test "what is missing is installed, and only that, without update" {
    stand_in apt-get "echo \"\$DEBIAN_FRONTEND \$*\" >> '$T/log'; touch '$T/installed'"
    run -0 deps
    [ "$(cat "$T/log")" = 'noninteractive install -y --no-install-recommends libinih-dev libjansson-dev' ]
}

@test "the list of packages is fetched when installing failed" {
    stand_in apt-get "echo \"\$1\" >> '$T/log'; case \$1 in update) touch '$T/fetched' ;; install) [ -e '$T/fetched' ] && touch '$T/installed' ;; esac"
    run -0 deps
    [ "$(tr '\n' ' ' < "$T/log")" = 'install update install ' ]
}

@test "failing to install is an error" {
    stand_in apt-get 'exit 100'
    run -100 deps
    stand_in apt-get 'exit 0'
    run -1 deps
    says 'installed, but not working: libinih-dev libjansson-dev'
}

@test "sudo where not root" {
    stand_in id 'echo 1000'
    stand_in apt-get 'exit 1'
    run -1 deps
    says 'neither root nor sudo: run as root: env DEBIAN_FRONTEND=noninteractive apt-get install'
    stand_in sudo "echo \"\$*\" >> '$T/log'; touch '$T/installed'"
    run -0 deps
    [ "$(cat "$T/log")" = 'env DEBIAN_FRONTEND=noninteractive apt-get install -y --no-install-recommends libinih-dev libjansson-dev' ]
}

@test "another system: the names for dnf, pacman and brew" {
    run -1 deps
    says 'dnf install inih-devel jansson-devel'
    says 'pacman -S libinih jansson'
    says 'brew install inih jansson'
}

@test "--check names what building needs, and make stops before compiling" {
    run -1 --separate-stderr deps --check
    complains "missing: libinih-dev libjansson-dev (as Debian calls them); 'make deps' installs or names them"
    rm "$T/bin/bats"
    touch "$T/installed"
    run -0 deps --check
}
