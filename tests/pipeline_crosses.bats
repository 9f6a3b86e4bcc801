# Feature crosses: what 16 numbers learn, and what they show.
load helpers

# error < OUTPUT: the error on rows held back.
error() {
    sed -n 's/^RMSE \([^ ]*\) over .*/\1/p'
}

@test "a crossing layer of 16 numbers learns a sum of products that a deep net of 166,401 does not" {
    run -0 --separate-stderr bash "$ROOT/pipelines/crosses.sh" 5000
    says 'learned: 16 numbers'
    says 'likely, step 0'
    cross=$(error <<< "$output")
    awk -v cross="$cross" 'BEGIN { exit !(cross < 0.001) }'
    run -0 --separate-stderr bash "$ROOT/pipelines/crosses.sh" 5000 'optimizer.default=adam(lr=linear(0.001))' \
        'head likely.layers=dense(512, relu), dense(256, relu), dense(128, relu), dense(1)'
    says 'learned: 166401 numbers'
    awk -v cross="$cross" -v deep="$(error <<< "$output")" 'BEGIN { exit !(deep > 0.001 && deep > 2 * cross) }'
}

@test "the stages are found beside the recipe, without a PATH that has them" {
    [ -x "$ROOT/build/score" ] || skip 'no build/'
    run -0 --separate-stderr env "PATH=/usr/bin:/bin" bash "$ROOT/pipelines/crosses.sh" 500
    says 'learned: 16 numbers'
}

@test "show --crosses: pairs of inputs by weight; --plot draws them" {
    printf '%s\n' 'u,i,x,y' a,p,1,2 b,p,2,1 a,q,3,5 b,q,0,1 > "$T/r.csv"
    printf '%s\n' '[table r]' 'path = r.csv' 'columns = u, i, x:f32, y:f32' '[data]' 'interactions = r' 'query = u' 'candidate = i' 'label = y' '[feature x]' \
        'encode = normalize()' '[feature i]' 'embed = 2' '[head y]' 'inputs = x, i' 'layers = cross(layers=2), dcn(1), dense(1)' '[task y]' 'kind = regression(y)' \
        '[split]' 'method = none()' > "$T/r.ini"
    tokenize -c "$T/r.ini" | vocab | batch | train -q | show --json > "$T/lines"
    # The first kernel: rows x, i, i.
    sed '/^{"frame": "param\/y\/0\/kernel_0"/,/^{/{s/^\[\[.*/&/}' "$T/lines" |
        awk '/^{"frame": "param\/y\/0\/kernel_0"/ { print; on = 1; next } on && /^\[/ { n++; print n == 1 ? "[[1, 0, 0]]" : n == 2 ? "[[3, 0, 2]]" : "[[4, 1, 0]]"; next }
            { on = 0; print }' | sed 's/^{"end".*/{"end": {}}/' | show --parse > "$T/model"
    run -0 show --crosses "$T/model"
    [[ ${lines[0]} == 'y, step 0' ]]
    [[ ${lines[2]} =~ ^\ *x\ +i\ +5$ ]]
    [[ ${lines[3]} =~ ^\ *i\ +i\ +2.23607$ ]]
    [[ ${lines[4]} =~ ^\ *x\ +x\ +1$ ]]
    [[ ${lines[5]} =~ ^\ *i\ +x\ +0$ ]]
    says 'y, step 1'
    run -2 --separate-stderr show --plot "$T/x.png" "$T/model"
    complains '--plot: only with --crosses'
    run -2 --separate-stderr show --crosses --plot "$T/x.gif" "$T/model"
    complains 'ends in .png or .svg'
    command -v gnuplot > /dev/null || skip 'needs gnuplot'
    run -0 show --crosses --plot "$T/x.svg" "$T/model"
    grep -q '<svg' "$T/x.svg"
}

@test "show --crosses: a model without crossing layers" {
    tokenize -c "$ROOT/pipelines/movies.ini" --set train.epochs=1 | split | vocab | batch | train -q > "$T/plain"
    run -3 --separate-stderr show --crosses "$T/plain"
    complains 'no tower or head begins with a crossing layer'
}
