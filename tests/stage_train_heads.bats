load helpers

# model LINES...: a table of ratings and a configuration with these lines behind the data, up to the batches, in $T/in.
model() {
    printf '%s\n' 'u,i,y,h' 'a,1,5,9' 'a,2,1,8' 'b,1,4,7' 'b,3,2,9' 'c,2,2,8' 'c,3,5,7' 'd,1,4,8' > "$T/r.csv"
    printf '%s\n' '[table r]' 'path = r.csv' 'columns = u, i, y:f32, h:f32' '[data]' 'interactions = r' 'query = u' 'candidate = i' 'label = y' \
        '[split]' 'method = none()' '[train]' 'batch = 4' 'epochs = 2' "$@" > "$T/r.ini"
    pipe "tokenize -c '$T/r.ini' | split | vocab | batch > '$T/in'"
}
rating=('[head rating]' 'inputs = u, i' 'layers = dense(8, relu), dense(1)' '[task rating]' 'kind = regression(rating)')

# refuse WORDS: train ends with 3 and one line with these words.
refuse() {
    run -3 --separate-stderr train -t 1 -o "$T/out" "$T/in"
    complains "$1"
    [ ! -e "$T/out" ]
}

# losses < STREAM
losses() {
    show --json --table metrics/train | sed -n 's/^\[.*, \([^]]*\)]$/\1/p'
}

@test "train: a head over features learns ratings; its layers are parameters of the stream" {
    model "${rating[@]}" 'loss = mse()' '[optimizer]' 'default = adagrad(lr=0.5)'
    train -t 1 "$T/in" > "$T/out"
    run -0 show "$T/out"
    says 'param/rating/0/kernel'
    says 'param/rating/1/bias'
    losses < "$T/out" > "$T/losses"
    awk 'NR == 1 { first = $1 } { last = $1 } END { exit !(NR == 4 && last < first) }' "$T/losses"
}

@test "train: a head over towers and heads, and a feature of the interactions" {
    model '[feature h]' 'encode = normalize()' '[tower query]' 'inputs = u, h' 'layers = dense(4, relu)' \
        '[head deep]' 'inputs = query, i' 'layers = dense(8, relu), dense(1)' '[head rating]' 'inputs = deep, u' 'layers = dense(1)' \
        '[task rating]' 'kind = regression(rating)' 'loss = huber(delta=2)'
    train -t 1 "$T/in" > "$T/one"
    train -t 2 "$T/in" > "$T/two"
    run -0 show "$T/one"
    says 'param/deep/1/kernel'
    show --json "$T/one" | sed 1d | grep -v '^{"end"' > "$T/one.txt"
    show --json "$T/two" | sed 1d | grep -v '^{"end"' | cmp - "$T/one.txt"
}

@test "train: ratings and retrieval together, on shared towers, by their weights" {
    model "${rating[@]}" 'weight = 0.5' '[task watch]' 'kind = retrieval(query, candidate)'
    pipe "train -t 1 '$T/in' | embed | index > '$T/i' && rank --index '$T/i' --query a -k 1"
    run -0 show "$T/i"
    says 'param/rating/0/kernel'
}

@test "train: the losses of several tasks are told apart" {
    model "${rating[@]}" 'weight = 0.5' '[task watch]' 'kind = retrieval(query, candidate)'
    run -0 --separate-stderr train -t 1 -v --log "$T/log" -o "$T/out" "$T/in"
    [[ $stderr == *' loss/rating='*' loss/watch='* ]]
    grep -q '"losses": {"rating": [0-9.]*, "watch": [0-9.]*}, "lr"' "$T/log"
    # Each step's add up to its loss.
    show --json --table metrics/tasks "$T/out" | sed -n 's/^\[\([0-9]*\), "[a-z]*", \(.*\)\]$/\1 \2/p' | awk '{ sum[$1] += $2 } END { for (s in sum) printf "%d %.6f\n", s, sum[s] }' |
        sort -n > "$T/sums"
    show --json --table metrics/train "$T/out" | sed -n 's/^\[[0-9]*, \([0-9]*\), [0-9]*, \(.*\)\]$/\1 \2/p' | awk '{ printf "%d %.6f\n", $1, $2 }' | cmp - "$T/sums"
}

@test "train: a classification wants labels from 0 to 1" {
    model '[head click]' 'inputs = u, i' 'layers = dense(1)' '[task click]' 'kind = classification(click)'
    refuse 'column "y": row 0: label '
    refuse 'but loss bce of task "click" wants 0 to 1'
}

@test "train: heads that do not fit are refused before any training" {
    model '[head rating]' 'inputs = u, i' 'layers = dense(2)' '[task rating]' 'kind = regression(rating)'
    refuse 'head "rating" gives 2 numbers, but task "rating" predicts one'
    model "${rating[@]}" 'loss = sofmax()'
    refuse 'unknown loss of labels "sofmax"'
}

@test "train: heads that do not fit are refused where the stream begins" {
    run -3 --separate-stderr model '[head a]' 'inputs = b' '[head b]' 'inputs = u' '[task t]' 'kind = regression(a)'
    [[ $stderr == *'head "a" reads head "b", which has to stand before it'* ]]
    run -3 --separate-stderr model '[task t]' 'kind = regression(nobody)'
    [[ $stderr == *'regression: wanted the name of a head, found "nobody"'* ]]
    run -3 --separate-stderr model '[head a]' 'inputs = zzz' '[task t]' 'kind = regression(a)'
    [[ $stderr == *'"zzz"'* ]]
    run -3 --separate-stderr model "${rating[@]}" 'label = stars'
    [[ $stderr == *'"stars"'* ]]
}

@test "heads that read heads more than once are computed as often, so there is a bound" {
    model "${rating[@]}"
    echo '[head h0]'$'\n''inputs = u, i' >> "$T/r.ini"
    for i in {1..40}; do printf '[head h%d]\ninputs = h%d, h%d\nlayers = dense(1)\n' "$i" $((i - 1)) $((i - 1)) >> "$T/r.ini"; done
    run -3 --separate-stderr limited 20 tokenize -c "$T/r.ini" --set 'task rating.kind=regression(h40)'
    complains 'head "h10" takes more than 1024 heads to compute, each counted as often as it is read'
}

@test "train: lists of a query's rows, against each other" {
    for loss in 'list_mle()' 'pairwise_hinge()' 'softmax()'; do
        model '[head order]' 'inputs = u, i' 'layers = dense(8, relu), dense(1)' '[task order]' 'kind = listwise(order)' "loss = $loss" \
            '[optimizer]' 'default = adagrad(lr=0.3)'
        pipe "tokenize -c '$T/r.ini' --set train.lists=2 --set train.list=2 --set train.epochs=20 | vocab | batch > '$T/in'" 2> "$T/err"
        grep -q '1 queries have one row, and so no list' "$T/err"
        train -t 1 "$T/in" | losses > "$T/losses"
        awk 'NR <= 10 { first += $1 } { kept[NR] = $1 } END { for (i = NR - 9; i <= NR; i++) last += kept[i]; exit !(last < first) }' "$T/losses"
    done
}

@test "train: lists of one are refused" {
    model '[head order]' 'inputs = u, i' 'layers = dense(1)' '[task order]' 'kind = listwise(order)'
    pipe "tokenize -c '$T/r.ini' --set train.batch=1 | vocab | batch > '$T/in'"
    refuse 'all lists of the batch have one row, but loss list_mle of task "order" compares the rows of a list'
}

@test "train: experts that two tasks share, and a wide part beside a deep one" {
    model '[feature u1]' 'encode = lookup(from=u)' 'embed = 1' '[feature i1]' 'encode = lookup(from=i)' 'embed = 1' \
        '[head experts]' 'inputs = u, i' 'layers = mmoe(experts=2, units=4, tasks=2)' \
        '[head first]' 'inputs = experts' 'layers = take(0, of=2), dense(1)' '[head second]' 'inputs = experts' 'layers = take(1, of=2), dense(1)' \
        '[head pairs]' 'inputs = u, i' 'layers = fm(32)' '[head both]' 'inputs = second, pairs, u1, i1' 'layers = mix(1, 1, 1, 1)' \
        '[task first]' 'kind = regression(first)' '[task second]' 'kind = regression(both)' 'weight = 0.5'
    pipe "train -t 1 '$T/in' | score > '$T/out'"
    show --json --table scores "$T/out" | grep -q '"score/first": "f32", "score/both": "f32"'
    run -0 show "$T/out"
    says 'param/experts/0/gates'
}

@test "train: views of candidates, contrasted beside a retrieval" {
    printf '%s\n' '1,red big car,x|y' '2,red small car,x' '3,blue big boat,z' '4,green boat,z|y' '5,blue house,w' > "$T/i.csv"
    printf '%s,%s\n' a 1 a 2 b 3 b 4 c 5 c 1 d 2 > "$T/r.csv"
    printf '%s\n' '[table r]' 'path = r.csv' 'header = no' 'columns = u, i' '[table items]' 'path = i.csv' 'header = no' 'columns = i, words, tags:list(|)' 'key = i' \
        '[data]' 'interactions = r' 'query = u' 'candidate = i -> items' '[split]' 'method = none()' '[feature words]' 'encode = text()' \
        '[feature tags]' 'encode = list()' '[tower candidate]' 'inputs = i, words, tags' 'layers = dense(32)' '[task watch]' \
        'kind = retrieval(query, candidate)' '[task views]' 'kind = contrastive(candidate)' 'loss = infonce(rows=5)' 'weight = 0.5' '[train]' 'epochs = 30' > "$T/r.ini"
    pipe "tokenize -c '$T/r.ini' | vocab | batch > '$T/in'"
    train -t 1 "$T/in" | losses > "$T/losses"
    awk 'NR <= 5 { first += $1 } { kept[NR] = $1 } END { for (i = NR - 4; i <= NR; i++) last += kept[i]; exit !(last < first) }' "$T/losses"
    for mask in random none; do
        train -t 2 --set "task views.loss=infonce(rows=5, mask=$mask)" "$T/in" | losses | cmp -s - "$T/losses" && false
    done
    run -3 --separate-stderr train --set 'task views.loss=infonce(mask=randm)' "$T/in"
    complains 'infonce: unknown mask "randm", did you mean random'
    run -3 --separate-stderr train --set 'task views.kind=contrastive(query)' "$T/in"
    complains 'tower "query" has one input: nothing of it can be masked'
    run -3 --separate-stderr train --set 'task views.kind=contrastive(nobody)' "$T/in"
    complains 'contrastive: wanted the name of a tower, found "nobody"'
}

@test "train: validation by a head's predictions, as evaluate judges them; less is better, and ends it early" {
    for u in a b c d e f g h; do for i in 1 2 3 4 5 6; do echo "$u,$i,$(( ($(printf %d "'$u") * i) % 5 ))"; done; done > "$T/r.csv"
    printf '%s\n' '[table r]' 'path = r.csv' 'header = no' 'columns = u, i, y:f32' '[data]' 'interactions = r' 'query = u' 'candidate = i' 'label = y' \
        '[split]' 'method = random(valid=0.3)' "${rating[@]}" '[train]' 'batch = 8' 'epochs = 30' 'validate = rmse(rating)' 'patience = 3' > "$T/r.ini"
    pipe "tokenize -c '$T/r.ini' | split | vocab | batch > '$T/in'"
    run -0 --separate-stderr train -t 1 -v -o "$T/out" "$T/in"
    [[ $stderr == *' rmse='* ]]
    show --json --table metrics/valid "$T/out" | sed -n 's/^\[.*"rmse", 0, \([0-9.]*\), \([0-9.]*\)\]$/\1 \2/p' > "$T/valid"
    [ "$(wc -l < "$T/valid")" -lt 30 ]
    # The result is the best of them, and evaluate says the same.
    best=$(sort -n "$T/valid" | head -1 | cut -d' ' -f1)
    score "$T/out" | evaluate --json | grep '"metric": "rmse"' | sed 's/.*"value": \([0-9.]*\),.*/\1/' | awk -v best="$best" '{ d = $1 - best; exit !(d < 1e-5 && d > -1e-5) }'
    run -3 --separate-stderr train --set 'train.validate=auc(rating)' "$T/in"
    complains 'auc is a metric of classifications, but task "rating" is a regression'
    run -3 --separate-stderr train --set 'train.validate=rmse(stars)' "$T/in"
    complains 'no task learns a head "stars"'
}
