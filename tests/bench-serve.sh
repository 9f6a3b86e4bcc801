#!/usr/bin/env bash
# make bench-serve: how many answers a second serve gives over loopback, and how long each takes, asked by wrk beside it on the same machine: the films shipped here, and
# 1,000,000 candidates of 64 numbers. SECONDS_EACH seconds a line; the machine's load stands with them, since it decides.
set -euo pipefail
cd "$(dirname "$0")/.."
: "${BUILD:=$PWD/build}" "${SECONDS_EACH:=5}" "${CONNECTIONS:=1 16 64 256}" "${ROWS:=1000000}"
PATH=$BUILD:$PATH
command -v wrk > /dev/null || { echo 'bench-serve: needs wrk (Debian: apt-get install wrk)' >&2; exit 1; }
work=$(mktemp -d)
trap 'kill $server 2> /dev/null || true; rm -rf "$work"' EXIT
server=

# Every request asks for another of the queries whose keys are in the file.
cat > "$work/ask.lua" << 'EOF'
local keys, n, good = {}, 0, {["Content-Type"] = "application/json"}
for key in io.lines(os.getenv("KEYS")) do keys[#keys + 1] = key end
request = function()
    n = n + 7919
    return wrk.format("POST", nil, good, '{"instances": ["' .. keys[n % #keys + 1] .. '"], "k": 10}')
end
EOF

# measure NAME INDEX TABLE
measure() {
    serve --listen 127.0.0.1:0 "m=$2" 2> "$work/err" &
    server=$!
    until grep -q 'listening on' "$work/err"; do sleep 0.1; done
    url=$(sed -n 's/.*listening on //p' "$work/err")
    for connections in $CONNECTIONS; do
        KEYS=$3 wrk -t1 -c"$connections" -d"${SECONDS_EACH}s" --timeout 60s --latency -s "$work/ask.lua" "$url/v1/models/m:predict" > "$work/out"
        awk -v name="$1" -v c="$connections" -v load="$(cut -d' ' -f1 /proc/loadavg)" -v rss="$(awk '/VmRSS/ { print int($2 / 1024) }' "/proc/$server/status")" '
            $1 == "50%" { p50 = $2 } $1 == "99%" { p99 = $2 } /Requests\/sec/ { rate = $2 } /Non-2xx/ { bad = $NF } /Socket errors/ { bad = bad " " $0 }
            END { printf "%-12s %12d %10.0f %10s %10s %8d %6s%s\n", name, c, rate, p50, p99, rss, load, bad != "" ? "  not answered: " bad : "" }' "$work/out"
    done
    kill "$server"
    wait "$server"
    server=
}

keys_of() {
    show --json --table "$2" "$1" | sed -n 's/^\["\([^"]*\)".*/\1/p' | awk 'NR <= 10000'
}

echo "$(nproc) cores of $(sed -n 's/^model name.*: //p' /proc/cpuinfo | head -n 1), wrk on the same ones"
printf '%-12s %12s %10s %10s %10s %8s %6s\n' candidates connections answers/s p50 p99 'RSS MiB' load
tokenize -c pipelines/movies.ini | split | vocab | batch | train -q | embed | index -o "$work/movies.index"
keys_of "$work/movies.index" queries > "$work/keys"
measure films "$work/movies.index" "$work/keys"

# A catalogue of a thousand films a kind, each taken by four of the 200 who like the kind, trained: how long a search takes depends on what was learned.
awk -v n="$ROWS" 'BEGIN {
    srand(1)
    print "user,item"
    for (i = 0; i < n; i++)
        for (t = 0; t < 4; t++) {
            r = rand()
            printf "u%d,i%d\n", (int(i / 1000) * 37 + int(r * r * 200) * 61) % 40000, i
        }
}' > "$work/pairs.csv"
tokenize --query user --candidate item --set 'feature user.embed=64' --set 'feature item.embed=64' "$work/pairs.csv" | vocab | batch | train -q | embed |
    index ${INDEX_OPTIONS-} -o "$work/million.index"
keys_of "$work/million.index" queries > "$work/keys"
measure "$ROWS" "$work/million.index" "$work/keys"
