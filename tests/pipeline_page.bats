# The page of serve, used by a person at a headless Chromium (tests/browser.py says what the steps mean): what they do, and what stands there
# then, in words. Lists are compared with what rank says. On real data: movietweetings-10k, with the year of each film as a column.
load helpers

setup_file() {
    export PYTHONDONTWRITEBYTECODE=1 C="$BATS_FILE_TMPDIR"
    CHROMIUM=$(command -v chromium || command -v chromium-browser || command -v google-chrome || true)
    export CHROMIUM
    [ -n "$CHROMIUM" ] && command -v python3 > /dev/null || return 0
    cd "$C"
    cp "$ROOT/data/movietweetings-10k/ratings.dat" .
    sed -E 's/^([^:]*)::(.*) \(([0-9]{4})\)::/\1::\2 (\3)::\3::/' "$ROOT/data/movietweetings-10k/movies.dat" > movies.dat
    cat > movies.ini << 'INI'
[table ratings]
path = ratings.dat
format = dat
columns = user_id, movie_id, rating:f32, timestamp:time
[table movies]
path = movies.dat
format = dat
columns = movie_id, movie_title, year:i64, genres:list(|)
key = movie_id
[data]
interactions = ratings
query = user_id
candidate = movie_id -> movies
label = rating
time = timestamp
[tower query]
inputs = user_id
[tower candidate]
inputs = movie_title
INI
    tokenize -c movies.ini | vocab | batch | train | embed | index -o movies.index
    tokenize -c movies.ini --set train.epochs=1 --set 'head rating.inputs=user_id, movie_title' --set 'head rating.layers=dense(8, relu), dense(1)' \
        --set 'task watch.kind=retrieval(query, candidate)' --set 'task rating.kind=regression(rating)' | vocab | batch | train | embed | index -o rated.index
    mkdir browser
    python3 "$ROOT/tests/browser.py" start "$C/browser" "$CHROMIUM" > browser.pid
    start_serve serve movies.index other=movies.index rated.index
    echo secret > token
    start_serve guarded --token-file token movies.index
}

# Starts a server: NAME.pid is its process, NAME.origin where it is.
start_serve() {
    serve --listen 127.0.0.1:0 --threads 2 "${@:2}" 2> "$1.log" 3>&- &
    echo $! > "$1.pid"
    awaits grep -q 'listening on' "$1.log"
    sed -n 's/.*listening on //p' "$1.log" > "$1.origin"
}

teardown_file() {
    for program in browser serve guarded; do
        [ ! -s "$BATS_FILE_TMPDIR/$program.pid" ] || kill "$(cat "$BATS_FILE_TMPDIR/$program.pid")" || true
    done
    # Chromium still writes into its profile while it ends.
    has_ended() { ! kill -0 "$(cat "$BATS_FILE_TMPDIR/browser.pid" 2> /dev/null)" 2> /dev/null; }
    awaits has_ended
}

setup() {
    [ -n "$CHROMIUM" ] || skip 'needs chromium'
    command -v python3 > /dev/null || skip 'needs python3'
}

# A person does these steps in a new window, at the server of this name.
person() {
    python3 "$ROOT/tests/browser.py" act "$C/browser" "$(cat "$C/${1-serve}.origin")"
}

# What rank says, a title a line.
titles() {
    rank -i "$C/${MODEL-movies}.index" "$@" --json 2> /dev/null | jq -r '.recommendations[].candidate.movie_title'
}

@test "a user is searched for by keyboard: what to recommend, as rank says it, with reasons and what they liked" {
    mapfile -t wanted < <(titles --query 2 -k 10 --exclude seen)
    liked=$(rank -i "$C/movies.index" --query 2 --history 1 --json | jq -r '.history[0].candidate.movie_title')
    [ "${#wanted[@]}" -eq 10 ]
    person << STEPS
open /
see The model “movies” knows
press Tab
focus Skip to the results
press Enter
focus heading
click User
see or more; the arrow keys choose.
type 2
press ArrowDown
check document.activeElement.getAttribute("aria-activedescendant") === "option-0"
check document.querySelector("[aria-selected=true]").textContent.startsWith("2 ")
press Enter
see Recommendations for 2
address /?model=movies&user=2
check document.title === "Recommendations for 2 – millrace"
check document.activeElement.id === "search" && document.getElementById("options").hidden
see 10 titles of
see found in
see because of
see What they liked
see $liked
$(for title in "${wanted[@]}"; do echo "see $title"; done)
check document.querySelectorAll("#list .title")[0].textContent === $(jq -n --arg title "${wanted[0]}" '$title')
check document.getElementById("status").textContent.startsWith("Recommendations for 2: 10 titles of")
STEPS
}

@test "the skip link leads to the results" {
    person << STEPS
size 1280 300
open /?user=2
press Tab
focus Skip to the results
press Enter
focus heading
check scrollY > 100
STEPS
}

@test "a title leads to what is similar, the back button and a link to where one was" {
    first=$(titles --query 2 -k 1 --exclude seen)
    mapfile -t wanted < <(titles --similar "$first" -k 5)
    person << STEPS
open /?user=2&k=5
see 5 titles of
click $first
see Similar to $first
focus heading
$(for title in "${wanted[@]}"; do echo "see $title"; done)
miss because of
click ← Back to recommendations for 2
see because of
back
see Similar to $first
back
see Recommendations for 2
address /?user=2&k=5
STEPS
}

@test "a history of titles is put together, and taken apart" {
    mapfile -t wanted < <(titles --likes 'Skyfall (2012)' --likes 'Argo (2012)' -k 3)
    person << STEPS
open /
click a history of titles
see Add titles that somebody likes
click Add a title
type skyfall
see Skyfall (2012)
press Enter
see Recommendations for 1 title
focus search
type no such title
see No title has “no such title” in it.
press Escape
type argo
see Argo (2012)
click Argo (2012) Drama, History, Thriller · year 2012
see Recommendations for 2 titles
see because of
$(for title in "${wanted[@]}"; do echo "see $title"; done)
click Remove Skyfall (2012)
see Recommendations for 1 title
focus search
click Remove Argo (2012)
see Add titles that somebody likes
STEPS
}

@test "conditions: typed, chosen, wrong ones with a caret, ones that nothing meets; and how many" {
    person << STEPS
open /?user=2&k=20
see 20 titles of
choose genres has: Film-Noir
address /?model=movies&user=2&k=20&filter=genres+has+Film-Noir
check [...document.querySelectorAll("#list .more")].every((e) => e.textContent.includes("Film-Noir"))
open /?user=2
click Only where
type year >= 2010 and genres hs Comedy
press Enter
see The condition is not understood
see At character 25: wanted has, since the column holds lists.
check document.querySelector("#filter-error pre").textContent.split("\n")[1].indexOf("^") === 24
check document.getElementById("filter").getAttribute("aria-invalid") === "true"
click Remove the condition
see Recommendations for 2
miss At character
click Only where
type year < 1960 or year > 2000
choose genres has: Film-Noir
check document.getElementById("filter").value === "(year < 1960 or year > 2000) and genres has Film-Noir"
open /?user=2
click Only where
type genres has Comedy and
click year
check document.getElementById("filter").value === "genres has Comedy and year >= "
see Recommendations for 2
type 3000
press Enter
see No title meets the condition.
click Remove the condition
see 10 titles of
click year
check document.getElementById("filter").value === "year >= "
type 3000
press Enter
see No title meets the condition.
click Remove the condition
see 10 titles of
focus heading
click How many
press End
press Backspace
press Backspace
type 0
press Enter
see How many: a whole number from 1 to 1,000.
press Backspace
type 3
press Enter
see 3 titles of
miss a whole number
address /?model=movies&user=2&k=3
STEPS
}

@test "somebody unknown gets what is popular, and is told so" {
    person << STEPS
open /
click User
type nobody-of-that-name
see No user is called so.
press Enter
see Nobody called “nobody-of-that-name” is known here: these are the most popular titles
see 10 titles of
miss because of
miss What they liked
STEPS
}

@test "leaving out what they took, and choosing the model" {
    took=$(rank -i "$C/movies.index" --query 2 --history 1 --json | jq -r '.history[0].candidate.movie_title')
    person << STEPS
open /?user=2
see Recommendations for 2
check ![...document.querySelectorAll("#list .title")].some((e) => e.textContent === $(jq -n --arg title "$took" '$title'))
click leave out what they took
address /?model=movies&user=2&seen=keep
choose Model: other
address /?model=other&user=2&seen=keep
see Recommendations for 2
open /?model=none&user=2
see The server has no model “none”; it has “movies”, “other”, “rated”.
click Go on with “movies”
see Recommendations for 2
STEPS
}

@test "a list that is more diverse, and one in the order of what a head predicts" {
    MODEL=rated
    mapfile -t searched < <(titles --query 2 -k 5 --exclude seen)
    mapfile -t predicted < <(titles --query 2 -k 5 --exclude seen --rerank rating)
    mapfile -t both < <(titles --query 2 -k 5 --exclude seen --rerank rating --mmr 0.7)
    similar=$(titles --similar "${both[0]}" -k 1 --mmr 0.7)
    [ "${searched[*]}" != "${predicted[*]}" ] && [ "${predicted[*]}" != "${both[*]}" ]
    in_order() { printf 'check [...document.querySelectorAll("#list .title")].map((e) => e.textContent).join("|") === %s\n' "$(IFS='|'; jq -n --arg all "$*" '$all')"; }
    person << STEPS
open /?model=movies&user=2&k=5
see 5 titles of
check document.querySelector(".order").hidden
choose Model: rated
see Order by
$(in_order "${searched[@]}")
choose Order by: rating
address /?model=rated&user=2&k=5&order=rating
$(in_order "${predicted[@]}")
click more diverse
address /?model=rated&user=2&k=5&diverse=yes&order=rating
$(in_order "${both[@]}")
contrast 4.5
size 360 740
check document.documentElement.scrollWidth === 360
click ${both[0]}
see Similar to ${both[0]}
see $similar
check document.getElementById("order").disabled && !document.getElementById("diverse").disabled
back
$(in_order "${both[@]}")
check document.getElementById("order").value === "rating" && document.getElementById("diverse").checked
choose Model: movies
address /?model=movies&user=2&k=5&diverse=yes
open /?model=rated&user=2&order=none
see The server says: rerank "none": the model has no such head
STEPS
}

@test "every state has words: looking, away, refused, no model" {
    person << STEPS
open /?user=2
answer /api/models/movies/recommend wait
click leave out what they took
check document.getElementById("figures").textContent === "Looking for the answer…"
answer /api/models/movies/recommend 500 {"error": "the disk is full"}
see The server says: the disk is full
answer /api/models/movies/recommend away
click Try again
see The server does not answer
answer /api/models/movies/recommend 502 a proxy's own words
click Try again
see the server answered with status 502
answer /api/models/movies/recommend itself
click Try again
see Recommendations for 2
focus heading
answer /api/models 200 {"models": []}
open /
see The server has no model yet.
see millrace serve movies.index
answer /api/models itself
click Look again
see The model “movies” knows
STEPS
}

@test "a server that asks for a token gets it from the person" {
    person guarded << STEPS
open /?user=2
see A token is needed
focus This server asks for a token
type guess
press Enter
see The token is refused
focus This server asks for a token
type secret
press Enter
see Recommendations for 2
miss This server asks for a token
focus heading
STEPS
}

@test "light and dark, on a phone and wide: contrasts of 4.5 and nothing beyond the edge" {
    person << STEPS
open /?user=2&filter=genres+hs+Comedy
contrast 4.5
open /?user=2
contrast 4.5
prefer dark
check getComputedStyle(document.body).backgroundColor === "rgb(20, 23, 26)"
contrast 4.5
size 360 740
check document.documentElement.scrollWidth === 360
check [...document.querySelectorAll("#search, #filter, #k, #model")].every((e) => e.getBoundingClientRect().right <= 360 && parseFloat(getComputedStyle(e).fontSize) >= 16)
click User
type 2
see or more; the arrow keys choose.
contrast 4.5
press Escape
open /?user=2&filter=genres+hs+Comedy
contrast 4.5
check document.documentElement.scrollWidth === 360
prefer still
check getComputedStyle(document.getElementById("answer")).transitionDuration === "0s"
STEPS
}

@test "texts of the server are texts, however long and whatever is in them" {
    long=$(printf 'x%.0s' {1..300})
    evil='<img src=x onerror=alert(1)>'
    person << STEPS
size 360 740
answer /api/models/movies/recommend 200 {"known": true, "fallback": null, "history": [{"key": "$long", "row": 0, "columns": {"movie_title": "$long"}, "label": null}], "history_count": 1, "recommendations": [{"key": "1", "row": 0, "columns": {"movie_title": "$evil", "genres": ["$long"], "year": null}, "score": -1.5, "why": []}, {"key": "$long", "row": 1, "columns": {"movie_title": ""}, "score": 2, "why": [{"key": "1", "row": 0, "columns": {"movie_title": "$evil"}, "similarity": 0.5}]}], "ms": 1}
open /?user=%3Cb%3E2
see Recommendations for <b>2
see $evil
see because of $evil
see What they took
see -1.500
check document.querySelector("img, b") === null
check document.documentElement.scrollWidth === 360
STEPS
}

# The head of the answer to a GET, without carriage returns.
head_of() {
    local address
    address=$(sed 's|http://||' "$C/serve.origin")
    exec 3<> "/dev/tcp/${address%:*}/${address#*:}"
    printf 'GET %s HTTP/1.1\r\nHost: here\r\nConnection: close\r\n%s\r\n' "$1" "${2-}" >&3
    tr -d '\r' <&3 | sed '/^$/q'
    exec 3>&-
}

@test "the files of the page: types, policy, and 304 for who has them" {
    run -0 head_of /
    says 'HTTP/1.1 200 OK'
    says 'Content-Type: text/html; charset=utf-8'
    says "Content-Security-Policy: default-src 'none'; script-src 'self'; style-src 'self';"
    says 'X-Content-Type-Options: nosniff'
    says 'Cache-Control: no-cache'
    tag=$(sed -n 's/^ETag: //p' <<< "$output")
    run -0 head_of / "If-None-Match: $tag"$'\r\n'
    says 'HTTP/1.1 304 Not Modified'
    says "ETag: $tag"
    run -0 head_of /app.js
    says 'Content-Type: text/javascript; charset=utf-8'
    run -0 head_of /page.c
    says 'HTTP/1.1 404 Not Found'
}
