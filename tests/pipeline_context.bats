# Towers of all kinds of inputs, from text files to recommendations: what a query is asked with, what training does with it.
load helpers

# project [SED]: a project of three users and four films, in $T.
project() {
    cat > "$T/films.csv" <<'CSV'
film,name,genres,year
a,Up,Drama|Comedy,2009
b,Heat,Crime|Drama,1995
c,Alien,Horror,1979
d,Big,,1988
CSV
    cat > "$T/r.csv" <<'CSV'
user,film,hour
ann,a,8
ann,b,20
ann,c,20
bob,a,8
bob,d,9
bob,b,21
eve,c,20
eve,a,8
eve,d,20
CSV
    cat > "$T/r.test.csv" <<'CSV'
user,film,hour
ann,d,8
ann,c,8
ann,a,20
bob,c,20
CSV
    sed "${1-}" > "$T/p.ini" <<'INI'
[table r]
path = r.csv
columns = user, film, hour:f32
[table r.test]
path = r.test.csv
columns = user, film, hour:f32
[table films]
path = films.csv
columns = film, name, genres:list(|), year:f32
key = film
[data]
interactions = r
query = user
candidate = film -> films
[split]
method = none()
[feature part]
encode = bucketize((12), from=hour)
embed = 3
[feature hour]
encode = normalize()
[feature user]
embed = 4
[feature name]
embed = 4
[feature genres]
encode = list()
embed = 2
pool = sqrtn
[feature year]
encode = normalize()
[tower query]
inputs = user, part, hour
layers = dense(8, relu), dense(4)
[tower candidate]
inputs = name, genres, year
layers = dense(6, tanh), dense(4)
[train]
batch = 4
epochs = 3
INI
}

trained() {
    tokenize -c "$T/p.ini" | split | vocab | batch | train "$@"
}

rows() {
    show --json | awk -v name="\"$1\"" '/^{/ { on = index($0, "{\"frame\": " name) == 1; next } on'
}

setup() {
    project
}

@test "every kind of input becomes parameters of its shape" {
    trained > "$T/m"
    run -0 show "$T/m"
    for shape in 'param/embed/user +4 .*f32\[4\]' 'param/embed/part +2 .*f32\[3\]' 'param/embed/genres +5 .*f32\[2\]' 'param/query/0/kernel +8 .*f32\[8\]' \
        'param/query/0/bias +1 .*f32\[8\]' 'param/query/1/kernel +8 .*f32\[4\]' 'param/candidate/0/kernel +7 .*f32\[6\]' 'slot/candidate/1/bias +1 '; do
        grep -Eq "$shape" <<< "$output" || { echo "no $shape in $output"; false; }
    done
    [[ "$output" != *param/embed/hour* ]]
}

@test "the number of threads changes no byte" {
    diff <(trained -t 1 | show --json | grep -v history) <(trained -t 3 | show --json | grep -v history)
}

@test "every kind of layer and pooling, in one model: trained, ranked, and no byte changes with threads" {
    sed -i 's/^inputs = user.*/inputs = user, part, hour, taken, before/; s/^layers = dense(8, relu), dense(4)/layers = cross(), dcn(), dropout(0.2), layer_norm(), dense(8, gelu), dense(4), normalize()/
        s/^layers = dense(6, tanh), dense(4)/layers = cross(2, diag_scale=1), dense(8), dot_interaction(2, self_interaction=yes), dense(4), normalize()/
        s/^columns = user, film, hour:f32/&, at:i64/; s/^candidate = .*/&\ntime = at/' "$T/p.ini"
    cat >> "$T/p.ini" <<'INI'
[feature taken]
encode = sequence(n=3, of=name)
pool = gru(3)
[feature before]
encode = sequence(n=4, of=name)
pool = attention(blocks=2, heads=2, length=3, dropout=0.2)
INI
    for table in r r.test; do awk 'NR == 1 { print $0 ",at"; next } { print $0 "," NR }' "$T/$table.csv" > "$T/with" && mv "$T/with" "$T/$table.csv"; done
    trained > "$T/m"
    run -0 show "$T/m"
    for shape in 'param/query/0/kernel_0 +15 ' 'param/query/1/u_2 +15 ' 'param/query/3/gamma +1 ' 'param/candidate/0/v_0 +2 ' \
        'param/pool/taken/recurrent_kernel +3 ' 'param/pool/before/1/inner_kernel +4 ' 'param/embed/name +5 '; do
        grep -Eq "$shape" <<< "$output" || { echo "no $shape in $output"; false; }
    done
    diff <(trained -t 1 | show --json | grep -v history) <(trained -t 3 | show --json | grep -v history)
    embed "$T/m" | index | rank | evaluate > "$T/figures"
}

@test "a ranking for each moment that a query is asked about" {
    trained | embed | index > "$T/i"
    rank "$T/i" > "$T/r"
    [ "$(rows rankings < "$T/r" | cut -c1-2 | tr -d '\n')" = '[0[0[1' ]
    [ "$(rows r.test < "$T/r" | sed 's/.*, \([0-9]*\), [^,]*$/\1/' | tr -d '\n')" = 0012 ]
    run -0 evaluate -k 2 "$T/r"
    says 'r.test: 4 rows, 3 queries, 4 candidates'
    # The score of a row is that of its candidate in the list that answers it.
    run -0 pipe "show --json '$T/r' | python3 -c '
import json, sys
tables, name = {}, None
for line in sys.stdin:
    row = json.loads(line)
    if isinstance(row, dict):
        name = row.get(\"frame\")
        continue
    tables.setdefault(name, []).append(row)
for row in tables[\"r.test\"]:
    query, candidates, scores = tables[\"rankings\"][row[-2]]
    assert query == row[0] and scores[candidates.index(row[1])] == row[-1], row
'"
}

@test "rank --query: the latest moment, or the one of --with" {
    trained | embed | index > "$T/i"
    run -0 rank -i "$T/i" --query bob
    last=$output
    [ "$(rank -i "$T/i" --query bob --with hour=21)" = "$last" ]
    [ "$(rank -i "$T/i" --query bob --with hour=8)" != "$last" ]
    run -0 --separate-stderr rank -i "$T/i" --query nobody --with hour=8
    complains 'unknown query "nobody": recommended by the columns of --with'
    [ "$output" != "$(rank -qi "$T/i" --query nobody --with hour=21 2> "$T/said")" ]
    run -0 --separate-stderr rank -i "$T/i" --query nobody
    complains 'unknown query "nobody": recommended by popularity'
    run -2 --separate-stderr rank -i "$T/i" --query bob --with year=8
    complains '--with "year=8": wanted COLUMN=VALUE, with a column of the interactions that tower "query" reads, such as hour'
    run -2 --separate-stderr rank -i "$T/i" --query bob --with hour=
    complains '--with "hour=": wanted a value after the equals sign'
    run -2 --separate-stderr rank -i "$T/i" --with hour=8
    complains '--with: only with --query'
    run -3 --separate-stderr rank -i "$T/i" --query bob --with hour=soon
    complains 'feature "part": "soon", wanted a number'
}

@test "embed: a contextual tower has no vector for a row of its table" {
    trained > "$T/m"
    run -3 --separate-stderr embed --tower query "$T/m"
    complains 'tower "query" reads columns of the interactions'
}

# refuses MESSAGE SED: training stops before the first step.
refuses() {
    project "$2"
    run -3 --separate-stderr pipe "tokenize -c '$T/p.ini' | split | vocab | batch | train > /dev/null"
    [[ "$stderr" == *"$1"* ]] || { echo "$stderr"; false; }
}

@test "what does not fit is said with its place, before any training" {
    refuses 'feature "hour" of tower "candidate" comes from column "hour" of the interactions: a candidate has one vector' \
        's/inputs = name.*/inputs = name, hour/'
    refuses 'feature "nose" of tower "candidate" comes from column "nose", which is neither in [table films] nor in [table r]' \
        's/inputs = name.*/inputs = name, nose/'
    refuses 'p.ini:33: tower "query" has no inputs' 's/inputs = user.*/inputs =/'
    refuses 'the 17 inputs of tower "query" give 1114112 numbers side by side, wanted at most 1048576' \
        "s/inputs = user.*/inputs = user$(printf ', user%.0s' {1..16})/; s/^embed = 4/embed = 65536/; s/, pattern.*//"
    refuses 'tower "query": layer dot_interaction(1) makes 2147450880 numbers of 65536, wanted at most 1048576' \
        "s/inputs = user.*/inputs = user/; s/^embed = 4/embed = 65536/; s/dense(8, relu), dense(4)/dot_interaction(1), dense(8)/"
    refuses 'tower "query" gives 5 numbers and tower "candidate" 4: they cannot be compared' 's/dense(8, relu), dense(4)/dense(8, relu), dense(5)/'
    refuses 'unknown layer "dens", did you mean "dense"' 's/dense(8, relu)/dens(8)/'
    refuses 'unknown pooling "sqrt", did you mean "sqrtn"' 's/pool = sqrtn/pool = sqrt/'
    refuses 'unknown initialiser "glorot"' 's/dense(8, relu)/dense(8, init=glorot())/'
    refuses 'features "user" and "genres" share the table "t", but embed is 4 for one and 2 for the other' \
        's/^embed = [24]/&\ntable = t/'
    refuses 'features "name" and "genres" share the table "t", but the one has 5 ids and the other 6' \
        's/list()/list(oov=2)/; s/^embed = 2/embed = 4/; s/^embed = 4/&\ntable = t/; /^\[feature user\]/,/^embed/d'
}
