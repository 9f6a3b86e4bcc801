# Loaded by what measures how well a model recommends: the fixed split of MovieLens 100K, and figures as lines.

# fixed_split FROM TO: divides u.data of folder FROM into TO/train and TO/test, as the figures of the real library were made: row i,
# from 0, is test if i times 2654435761, modulo 2^32, is a multiple of 5.
fixed_split() {
    mkdir -p "$2"
    awk -v test="$2/test" -v train="$2/train" '{ print > ((NR - 1) * 2654435761 % 4294967296 % 5 == 0 ? test : train) }' "$1/u.data"
}

# ordered FROM TO: u.data of folder FROM in TO, with the place in the order of (time, row) as time. Many ratings of a user are of the same
# second, and files for training and test would order these otherwise than the one file that the library was given.
ordered() {
    mkdir -p "$2"
    awk -F'\t' -v OFS='\t' '{ print $4, NR, $1, $2, $3 }' "$1/u.data" | sort -n -k1,1 -k2,2 |
        awk -F'\t' -v OFS='\t' '{ print $2, $3, $4, $5, 8e8 + NR }' | sort -n -k1,1 | cut -f2- > "$2/u.data"
}

# without_first FOLDER: moves the first rating of every user, which follows nothing, out of FOLDER/train and FOLDER/test into FOLDER/valid:
# it is neither learned nor asked for, but stands in the histories. Times are distinct.
without_first() {
    local part
    awk -F'\t' '!($1 in t) || $4 < t[$1] { t[$1] = $4; row[$1] = $0 } END { for (user in row) print row[user] }' "$1/train" "$1/test" > "$1/valid"
    for part in train test; do
        awk 'NR == FNR { first[$0]; next } !($0 in first)' "$1/valid" "$1/$part" > "$1/part"
        mv "$1/part" "$1/$part"
    done
}

# padded FOLDER: gives the rows of FOLDER/train, FOLDER/test and FOLDER/valid a column of the ten films that the user took before, filled up
# with "0", and shuffles FOLDER/train once.
padded() {
    local part
    for part in train test valid; do
        awk -v part=$part -v OFS='\t' '{ print $4, part, $0 }' "$1/$part"
    done | sort -n -k1,1 | awk -F'\t' -v OFS='\t' -v folder="$1" '
        BEGIN { srand(1) }
        {
            n = split(list[$3], film, "|"); text = ""
            for (i = n > 10 ? n - 9 : 1; i <= n; i++) text = text film[i] "|"
            for (i = n; i < 10; i++) text = text "0|"
            list[$3] = list[$3] (n > 0 ? "|" : "") $4
            if ($2 == "valid") next
            print rand(), $3, $4, $5, $6, text > (folder "/" $2 ".new")
        }'
    for part in train test; do
        sort -g "$1/$part.new" | cut -f2- > "$1/$part"
        rm "$1/$part.new"
    done
}

# on_split MOVIELENS SPLIT: the arguments of tokenize that put a configuration of MovieLens on such a split, one a line.
on_split() {
    printf '%s\n' --set "table ratings.path=$2/train" --set "table movies.path=$1/u.item" --set 'split.method=none()' \
        --set "table ratings.test.path=$2/test" --set 'table ratings.test.format=tsv' \
        --set 'table ratings.test.columns=user_id, movie_id, rating:f32, timestamp:time'
}

# library_lists FILE LISTS [SEED]: the lists of five rows that the library draws from rows, so many of every user, in place of FILE; with SEED shuffled.
library_lists() {
    /usr/bin/python3 "$(dirname "${BASH_SOURCE[0]}")/tfrs_lists.py" "$@" > "$1.lists"
    mv "$1.lists" "$1"
}

# predictions OPTION...: a figure of a head a line: metric value
predictions() {
    evaluate --json "$@" | sed -n 's/.*"metric": "\([^"]*\)", "k": 0, "value": \([^,]*\),.*/\1 \2/p'
}

# between FILE METRIC LOW HIGH: as `predictions` print it.
between() {
    awk -v m="$2" -v low="$3" -v high="$4" '$1 == m { found = 1; if ($2 < low || $2 > high) { print $0 ": wanted " low " to " high; bad = 1 } }
        END { exit bad || !found }' "$1"
}

# figures OPTION...: one figure a line: metric k seen value popularity
figures() {
    evaluate --json "$@" | sed 's/[{}",]//g; s/: / /g' |
        awk '{ for (i = 1; i < NF; i += 2) v[$i] = $(i + 1); print v["metric"], v["k"], v["seen"], v["value"], v["popularity"] }'
}

# within FILE METRIC K SEEN LOW HIGH
within() {
    awk -v m="$2" -v k="$3" -v s="$4" -v low="$5" -v high="$6" '$1 == m && $2 == k && $3 == s { found = 1; if ($4 < low || $4 > high) { print $0 ": wanted " low " to " high; bad = 1 } }
        END { exit bad || !found }' "$1"
}

# beats FILE METRIC K SEEN FACTOR: the value is at least so many times popularity's
beats() {
    awk -v m="$2" -v k="$3" -v s="$4" -v f="$5" '$1 == m && $2 == k && $3 == s { found = 1; if ($4 < f * $5) { print $0 ": wanted " f " times popularity"; bad = 1 } }
        END { exit bad || !found }' "$1"
}

# by_count CANDIDATES TABLE < RANKINGS: the shares of TABLE's rows whose candidate is in the list that answers them, for candidates that training rows have 0 times, 1 to 5, 6 to 50, more
# often, and for all.
by_count() {
    show --json | awk -v candidates="$1" -v table="$2" '
        /^\{"table"/ { split($0, word, "\""); name = word[4]; n = split($0, part, /"columns": \{/); n = split(part[2], column, ", "); for (i = 1; i <= n; i++) { gsub(/"/, "", column[i]); sub(/:.*/, "", column[i]); at[name, column[i]] = i }; columns[name] = n }
        /^\{"frame"/ { split($0, word, "\""); name = word[4]; next }
        /^\[/ && name == candidates { line = $0; gsub(/"([^"\\]|\\.)*"/, "", line); gsub(/\[[^][]*\]/, "", line); sub(/^\[/, "", line); split(line, field, ", *"); count[rows++] = field[at[name, "count"]] + 0 }
        /^\[/ && name == "rankings" { line = $0; sub(/^\[[0-9]*, \[/, "", line); sub(/\].*/, "", line); list[lists++] = ", " line "," }
        /^\[/ && name == table { line = $0; sub(/^\[/, "", line); n = split(line, field, ", *"); film[events] = field[at[name, "candidate"]] + 0; answer[events++] = field[at[name, "ranking"]] + 0 }
        END {
            for (e = 0; e < events; e++) {
                c = count[film[e]]; group = c == 0 ? 1 : c <= 5 ? 2 : c <= 50 ? 3 : 4
                hit = index(list[answer[e]], ", " film[e] ",") > 0
                n_in[group]++; hits[group] += hit; n_in[5]++; hits[5] += hit
            }
            for (g = 1; g <= 5; g++) printf "%.6f ", (n_in[g] > 0 ? hits[g] / n_in[g] : 0)
            print ""
        }'
}
