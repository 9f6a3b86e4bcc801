# The documents say what the programs do.
load helpers

stages() { (cd "$ROOT/stages" && basename -s .c -a ./*.c); }

# The options in a stage's --help, as mdoc writes them: "-output", "o".
options_of() {
    "$1" --help | sed -n '/^options:/,/^[a-z]*:$/p' | sed -n 's/^ *\(-\([A-Za-z]\), \)\{0,1\}--\([a-z0-9-]*\).*/\2 -\3/p' | tr ' ' '\n' | grep . | sort -u
}

@test "every stage has a man page with every section" {
    for stage in $(stages); do
        page=$ROOT/stages/$stage.1
        [ -e "$page" ] || { echo "no $stage.1"; false; }
        for section in NAME SYNOPSIS DESCRIPTION OPTIONS INPUT OUTPUT 'EXIT STATUS' EXAMPLES 'SEE ALSO'; do
            grep -q "^\.Sh $section\$" "$page" || { echo "$stage.1: no section $section"; false; }
        done
    done
}

@test "every option of --help stands in the man page" {
    for stage in $(stages); do
        options=$(options_of "$stage")
        [[ $options == *-memory* && $options == *-version* ]]
        for option in $options; do
            grep -qE "(^\.It|^\.Op|,) .*\bFl $option( |\$)|^\.It Fl $option( |\$)" "$ROOT/stages/$stage.1" || { echo "$stage.1: no option -$option"; false; }
        done
    done
}

@test "every option of a man page stands in --help" {
    for stage in $(stages); do
        options=" $(options_of "$stage" | tr '\n' ' ')"
        for option in $(sed -n '/^\.Sh OPTIONS/,/^\.Sh INPUT/p' "$ROOT/stages/$stage.1" | grep '^\.It Fl' | grep -oE 'Fl [^ ]+' | cut -c 4-); do
            [[ $options == *" $option "* ]] || { echo "$stage.1: -$option is no option of $stage"; false; }
        done
    done
}

@test "man pages are well-formed" {
    command -v mandoc > /dev/null || skip 'needs mandoc'
    run -0 mandoc -Tlint -Wwarning "$ROOT"/stages/*.1
    [ -z "$output" ]
}

@test "every --help has a purpose, a synopsis, an example, and pages to see" {
    for stage in $(stages); do
        run -0 --separate-stderr "$stage" --help
        [[ ${lines[0]} == "$stage: "* && ${lines[1]} == "usage: $stage "* ]]
        says 'example:'
        says 'see also: '
        [ -z "$stderr" ]
        while read -r other; do
            [ -e "$ROOT/stages/$other.1" ] || { echo "$stage: see also $other, which is not there"; false; }
        done < <(sed -n 's/^see also: //p' <<< "$output" | tr -s ', ' '\n')
    done
}

@test "the functions in the examples of headers exist" {
    cd "$ROOT"
    sed '/^[[:space:]]*\/\//d' common/*/*.[ch] | grep -oE '\b[a-z]+_[a-z0-9_]+\b' | sort -u > "$T/known"
    run -1 bash -c 'grep -hE "^//     " common/*/*.h | grep -oE "\b[a-z]+_[a-z0-9_]+\(" | tr -d "(" | sort -u | grep -vxFf "$1"' - "$T/known"
    [ -z "$output" ]
}

@test "the files that comments name exist" {
    cd "$ROOT"
    # NAME stands for any kind. A path is from the file's own folder, from common or from the root; a name alone may be on any floor.
    for file in common/*/*.[ch] stages/*.c tests/*.[ch]; do
        for name in $(grep -o '//.*' "$file" | grep -v '://' | grep -oE '[A-Za-z0-9_./-]+\.[ch]\b'); do
            for path in "${file%/*}" common . 'common/*'; do
                ! compgen -G "$path/${name//NAME/*}" > /dev/null || continue 2
            done
            echo "$file: there is no $name"
            false
        done
    done
}

# The folder that examples are typed in: $T with the project's data and a CSV of one's own.
project() {
    cd "$T"
    ln -s "$ROOT/pipelines" "$ROOT/data" .
    printf '%s\n' user,item,rating alice,Alien,5 alice,Ran,4 bob,Alien,3 bob,Brazil,5 eve,Brazil,4 > ratings.csv
}

@test "the example of every --help works" {
    project
    tokenize -c pipelines/movies.ini --set train.epochs=1 > data.mp
    split data.mp | tee split.mp | vocab | tee encoded.mp | batch | train -q | tee trained.mp | embed | index > movies.index
    tokenize -c pipelines/movies.ini --set 'head rating.inputs=query, candidate' --set 'head rating.layers=dense(1)' \
        --set 'task rating.kind=regression(rating)' --set train.epochs=1 | split | vocab | batch | train -q > rated.mp
    for stage in $(stages); do
        example=$("$stage" --help | sed -n '/^example:/{n;s/^  //p}')
        [ -n "$example" ]
        bash -o pipefail -c "$example" > example.out 2> example.err || { echo "$stage: $example"; cat example.err; false; }
    done
}

@test "the commands of the README work" {
    project
    sed -n 's/^    \(\(tokenize\|rank\|show\) [^ ].*\)/\1/p' "$ROOT/README.md" > commands
    [ "$(wc -l < commands)" -eq 13 ]
    run -0 bash -e -o pipefail commands
    says 'accuracy'
    says 'alice'
    says '| vocab   # '
}

@test "the README's lines for items and ratings work in a configuration" {
    project
    printf '%s\n' item,year,genres Alien,1979,Horror Ran,1985,'Drama|War' Brazil,1985,'Comedy|Drama' > items.csv
    tokenize --query user --candidate item --label rating ratings.csv | show --config | sed 's/^candidate = item$/& -> items/' > my.ini
    sed -n '/^    \[table items\]/,/^[^ ]/s/^    //p' "$ROOT/README.md" >> my.ini
    grep -q '^kind = regression(stars)' my.ini
    # The sentence below them.
    sed '/^\[tower candidate\]/,/^$/{s/^inputs = item$/&, genres/; s/^layers = $/&dense(32)/}' my.ini > genres.ini
    printf '%s\n' '[feature genres]' 'encode = list()' >> genres.ini
    run -0 pipe 'tokenize -c genres.ini | vocab | batch | train -q | show'
    says 'param/embed/genres'
    tokenize -c my.ini | vocab | batch | train -q | tee trained.mp | embed | index -o my.index
    run -0 rank --index my.index --query eve --rerank stars --filter 'year >= 1980 and genres has Drama' --csv
    [ "${lines[0]}" = 'query,rank,item,score,genres,year' ]
    [ "${#lines[@]}" -eq 3 ]
    run -0 pipe 'score trained.mp | evaluate'
    says 'rmse'
}

@test "the manual's way to add new films to an index works" {
    cd "$T"
    sed -n '/^tokenize -c movies.ini/,/^\.Ed/{/^\.Ed/!p}' "$ROOT/stages/index.1" > commands
    [ "$(wc -l < commands)" -eq 3 ]
    printf '%s\n' '1::Old (1979)::Drama' '2::Gone (1980)::War' '3::Kept (1981)::War' > old.dat
    printf '%s\n' '4::New (1999)::War' > new.dat
    printf '%s\n' 1::1::5::0 1::2::4::1 2::2::3::2 2::3::5::3 > ratings.dat
    echo 2 > gone.txt
    sed 's|^path = .*ratings.dat|path = ratings.dat|; s|^path = .*movies.dat|path = old.dat|' "$ROOT/pipelines/movies.ini" > movies.ini
    tokenize -c movies.ini | vocab | batch | train -q | embed | index -o movies.index
    run -0 --separate-stderr bash -e -o pipefail commands
    complains 'no row for the candidate of 4 interactions'
    run -0 rank --index movies.index --query 1 --csv
    says ',4,'
    [ "${#lines[@]}" -eq 4 ]
    [[ $output != *Gone* ]]
}

@test "the driver and make help list what there is" {
    run -0 millrace --help
    for stage in $(stages); do says "$stage"; done
    cd "$ROOT"
    run -0 make -s help
    for target in $(sed -n 's/^\([a-z-]*\):.*## .*/\1/p' Makefile); do says "$target"; done
    for target in $(grep -ohE '(`|^    )make [a-z -]+' README.md pipelines/FIGURES.md | sed 's/.*make //; s/  .*//'); do
        grep -q "^$target:.*## " Makefile || { echo "the documents say make $target"; false; }
    done
}
