# What STYLE says of the source as a whole: includes point downwards, the inner floors are pure, functions fit on a screen.
load helpers

# The floors that a file of a floor may include.
below() {
    case $1 in
    base) echo base ;;
    stream | math | text) echo "base $1" ;;
    config) echo base stream math text config ;;
    model | metric | index) echo "base stream math text config $1" ;;
    training | evaluation) echo base stream math text config model metric index "$1" ;;
    recommend) echo base stream math text config model metric index training recommend ;;
    serve) echo base stream math text config model metric index training recommend serve ;;
    stages) echo base stream math text config model metric index training evaluation recommend serve ;;
    esac
}

@test "includes point downwards" {
    cd "$ROOT"
    for file in common/*/*.[ch] stages/*.c; do
        floor=${file#common/}
        floor=${floor%%/*}
        allowed=" $(below "$floor") "
        [ "$allowed" != '  ' ] || { echo "$file: a floor that nobody knows"; false; }
        for included in $(sed -n 's/^#include "\(.*\)"/\1/p' "$file"); do
            [[ $included == common/*/* ]] || { echo "$file: $included is no path from the root"; false; }
            target=${included#common/}
            [[ $allowed == *" ${target%%/*} "* ]] || { echo "$file includes $included, which is not below"; false; }
            [ -e "$included" ] || { echo "$file: $included does not exist"; false; }
        done
    done
}

@test "math and metric never print, exit or do I/O" {
    cd "$ROOT"
    run -1 grep -nE '\b(die|warn|tell|exit|_exit|abort|f?printf|v?fprintf|f?puts|f?putc|putchar|perror|fopen|fread|fwrite|open|read|write|getenv|mmap)\(' common/math/*.c common/metric/*.c
}

@test "only math calls BLAS, only stream knows msgpack" {
    cd "$ROOT"
    run -1 bash -c "grep -ln 'cblas' common/*/*.[ch] stages/*.c | grep -v '^common/math/'"
    run -1 bash -c "grep -ln 'msgpack.h' common/*/*.[ch] stages/*.c | grep -v '^common/stream/'"
}

@test "functions have at most 70 lines, stages at most 300, any file at most 400" {
    cd "$ROOT"
    run -0 awk 'FNR == 1 { start = 0 } /^{/ { start = FNR } /^}/ && start { if (FNR - start - 1 > 70) print FILENAME ":" start ": " FNR - start - 1 " lines"; start = 0 }' \
        common/*/*.c stages/*.c tests/*.c
    [ -z "$output" ]
    run -0 bash -c "wc -l stages/*.c | awk '\$1 > 300 && \$2 != \"total\"'"
    [ -z "$output" ]
    run -0 bash -c "wc -l common/*/*.[ch] tests/*.[ch] | awk '\$1 > 400 && \$2 != \"total\"'"
    [ -z "$output" ]
}

@test "lines have at most 150 columns" {
    cd "$ROOT"
    LC_ALL=C.UTF-8 run -1 grep -nE '.{151}' common/*/*.[ch] stages/*.c tests/unit.h
}

@test "the top level has what belongs there, and nothing else" {
    cd "$ROOT"
    git rev-parse --git-dir > /dev/null 2>&1 || skip "needs git"
    run -0 bash -c "git ls-files | cut -d/ -f1 | LC_ALL=C sort -u | tr '\n' ' '"
    [ "$output" = '.ci .gitignore LICENSE Makefile README.md common data pipelines stages tests ' ]
}

@test "nothing is left to do, and no path of a machine stands in the source" {
    cd "$ROOT"
    run -1 grep -rnE 'TODO|FIXME' --include='*.[ch1]' --include='*.bats' --exclude=layers.bats common stages tests pipelines
    run -1 grep -rnE '(^|[^.[:alnum:]])/(work|home|root|Users)/' --include='*.[ch1]' --include='*.bats' --include='*.sh' --include='*.md' --exclude=layers.bats common stages tests pipelines
}
