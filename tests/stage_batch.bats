load helpers

# stream N: N interactions as vocab writes them, row i having x = i, in frames of $FRAME (65536) rows; then tables r.test and other.
stream() {
    { printf '{"millrace": 1, "config": "%s", "history": []}\n' '[table r]\npath = r\nheader = yes\n[data]\ninteractions = r\nquery = u\ncandidate = i\n[train]\nbatch = 64\nepochs = 3\n'
      echo '{"table": "r", "columns": {"query": "u32", "candidate": "u32", "x": "i64", "note": "str*"}}'
      awk -v n="$1" -v frame="${FRAME-65536}" 'BEGIN { for (i = 0; i < n; i++) {
          if (i % frame == 0) print "{\"frame\": \"r\"}"
          printf "[%d, %d, %d, [\"%d\"]]\n", i % 7, i % 11, i, i } }'
      printf '%s\n' '{"table": "r.test", "columns": {"query": "u32", "candidate": "u32"}}' '{"frame": "r.test"}' '[1, 2]' '[3, 4]'
      echo '{"end": {}}'; } | show --parse
}

# rows < STREAM: epoch and x of the batches, a line for each row.
rows() {
    show --json --table batches | sed -n '/^\[/p' | tr -d '[]" ' | awk -F, '{ print $NF, $3 }'
}

# sizes < STREAM: rows of each batch.
sizes() {
    show --json --table batches | sed -n 's/^{"frame".*"rows": \([0-9]*\).*/\1/p'
}

@test "batch --help and --version answer on stdout" {
    run -0 --separate-stderr batch --help
    says 'usage: batch'
    [ -z "$stderr" ]
    run -0 batch --version
    says 'batch (millrace)'
}

@test "batch: wrong usage ends with 2" {
    run -2 --separate-stderr batch --shart 0/2
    complains 'did you mean --shard'
    for shard in 2/2 0/0 /2 1/ 1 a/b -1/2 0/2x 0x/2 '' 1/2/3; do
        run -2 --separate-stderr batch --shard "$shard"
        complains 'wanted I/N with 0 <= I < N'
    done
}

@test "batch: every epoch has each row once, in batches of the size asked for, the last one what is left" {
    stream 150 | batch > "$T/out"
    run -0 diff <(sizes < "$T/out") <(printf '%s\n' 64 64 22 64 64 22 64 64 22)
    run -0 diff <(rows < "$T/out" | sort -k1,1n -k2,2n) <(for e in 0 1 2; do seq 0 149 | sed "s/^/$e /"; done)
    rows < "$T/out" > "$T/order"
    for e in 0 1 2; do sed -n "s/^$e //p" "$T/order" > "$T/$e"; done
    run -1 cmp -s "$T/0" "$T/1"
    run -1 cmp -s "$T/1" "$T/2"
    run -1 sort -nc "$T/0"
}

@test "batch: rows stay whole, and everything is forwarded" {
    stream 150 > "$T/in"
    batch "$T/in" > "$T/out"
    run -0 diff <(show --json "$T/in" | sed '1d;$d') <(show --json "$T/out" | sed '1d;/"table": "batches"/,$d')
    show --json -t batches "$T/out" | sed -n '/^\[/p' | tr -d '[]" ' | awk -F, '$1 != $3 % 7 || $2 != $3 % 11 || $4 != $3 { exit 1 }'
}

@test "batch: the order is that of the keys in FORMAT.md" {
    needs /usr/bin/python3
    stream 100 | batch --set train.epochs=2 --set train.seed=7 | rows > "$T/order"
    run -0 diff "$T/order" <(python3 -c '
M = 2**64 - 1
def mix(x):
    x = (x + 0x9e3779b97f4a7c15) & M
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & M
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & M
    return x ^ x >> 31
for epoch in range(2):
    for row in sorted(range(100), key=lambda row: mix(mix(mix(7) ^ epoch) ^ row)):
        print(epoch, row)')
}

@test "batch: grouped, a batch has so many queries with all their rows, in the order of the queries' keys, in parts too" {
    needs /usr/bin/python3
    stream 150 | batch --set train.epochs=2 --set train.group=yes --set train.batch=3 > "$T/out"
    run -0 diff <(sizes < "$T/out" | paste -sd+ | bc) <(echo 300)
    [ "$(sizes < "$T/out" | wc -l)" -eq 6 ]
    run -0 diff <(rows < "$T/out") <(python3 -c '
M = 2**64 - 1
def mix(x):
    x = (x + 0x9e3779b97f4a7c15) & M
    x = ((x ^ x >> 30) * 0xbf58476d1ce4e5b9) & M
    x = ((x ^ x >> 27) * 0x94d049bb133111eb) & M
    return x ^ x >> 31
for epoch in range(2):
    for query in sorted(range(7), key=lambda query: mix(mix(mix(42) ^ epoch) ^ query)):
        for row in range(query, 150, 7): print(epoch, row)')
    show --json -t batches "$T/out" | awk -F'[][, ]+' '/frame/ { batch++ } /^\[/ { key = $(NF - 1) " " $2; if (!(key in of)) { of[key] = batch; n[batch]++ }
        if (of[key] != batch) exit 1 } END { for (b in n) if (n[b] > 3) exit 1 }'
    stream 30000 > "$T/in"
    batch --set train.group=yes --set train.batch=2 "$T/in" | rows > "$T/whole"
    batch --set train.group=yes --set train.batch=2 --memory 1M "$T/in" | rows > "$T/parts"
    run -0 cmp "$T/whole" "$T/parts"
}

@test "batch: grouped shards share out the queries; what grouping needs" {
    stream 150 > "$T/in"
    for i in 0 1; do batch --set train.group=yes --set train.batch=2 --shard $i/2 "$T/in" > "$T/$i"; done
    run -0 diff <(cat <(rows < "$T/0") <(rows < "$T/1") | sort -n -k1,1 -k2,2) <(for e in 0 1 2; do seq 0 149 | sed "s/^/$e /"; done)
    [ "$(show --json -t batches "$T/1" | sed -n '/^\[/p' | tr -d '[ ' | awk -F, '$1 % 2 == 0' | wc -l)" -eq 0 ]
    run -3 --separate-stderr batch --set train.group=yes --set train.shuffle=no "$T/in"
    complains 'group needs shuffle = yes'
    run -3 --separate-stderr batch -t other --set train.group=yes <(show --json "$T/in" | sed '$d' | cat - <(printf '%s\n' '{"table": "other", "columns": {"x": "i64"}}' '{"frame": "other"}' '[1]' '{"end": {}}') | show --parse)
    complains ': table "other": no column query of u32'
}

@test "batch: as they came, without shuffling" {
    FRAME=50 stream 150 | batch --set train.shuffle=no > "$T/out"
    run -0 diff <(rows < "$T/out") <(for e in 0 1 2; do seq 0 149 | sed "s/^/$e /"; done)
    run -0 diff <(sizes < "$T/out") <(printf '%s\n' 64 64 22 64 64 22 64 64 22)
}

@test "batch: the same seed gives the same bytes, another seed another order" {
    stream 500 > "$T/in"
    batch < "$T/in" > "$T/a"
    batch < "$T/in" | cmp - "$T/a"
    batch --set train.seed=43 < "$T/in" | rows > "$T/other"
    run -1 cmp -s "$T/other" <(rows < "$T/a")
    run -0 diff <(sort "$T/other") <(rows < "$T/a" | sort)
}

@test "batch: the order is the same in memory and by parts, however rows are framed" {
    stream 3000 > "$T/in"
    batch < "$T/in" | show --json -t batches | sed 1d > "$T/a"
    for memory in 1K 10K 100K 1M; do
        batch --memory $memory < "$T/in" | show --json -t batches | sed 1d | cmp - "$T/a"
        batch --memory $memory --set train.shuffle=no < "$T/in" | rows | diff -q - <(for e in 0 1 2; do seq 0 2999 | sed "s/^/$e /"; done)
    done
    FRAME=7 stream 3000 > "$T/regrouped"
    batch < "$T/regrouped" | show --json -t batches | sed 1d | cmp - "$T/a"
    batch --memory 10K < "$T/regrouped" | show --json -t batches | sed 1d | cmp - "$T/a"
}

@test "batch --shard: the shards are the rows, each in the order of the whole" {
    FRAME=50 stream 500 > "$T/in"
    batch < "$T/in" | rows > "$T/all"
    for i in 0 1 2; do
        batch --shard $i/3 < "$T/in" | rows > "$T/$i"
        diff "$T/$i" <(awk -v i=$i '$2 % 3 == i' "$T/all")
        batch --shard $i/3 --memory 1K < "$T/in" | rows | cmp - "$T/$i"
    done
}

@test "batch --table: another table" {
    stream 3 | batch --table r.test --set train.epochs=1 --set train.shuffle=no > "$T/out"
    run -0 diff <(show --json -t batches "$T/out" | grep '^\[') <(printf '%s\n' '[1, 2, 0]' '[3, 4, 0]')
}

@test "batch: no epochs, no batches" {
    stream 3 | batch --set train.epochs=0 > "$T/out"
    run -0 show "$T/out"
    says 'batches'
    [ -z "$(rows < "$T/out")" ]
}

@test "batch: batches larger than the table are the table" {
    stream 3 | batch --set train.batch=16777216 --set train.epochs=2 > "$T/out"
    run -0 diff <(sizes < "$T/out") <(printf '%s\n' 3 3)
}

@test "batch: nothing to deal out ends with 3, and no file appears" {
    stream 0 > "$T/in"
    run -3 --separate-stderr batch -o "$T/out" "$T/in"
    complains 'table "r": no rows to be dealt out'
    [ ! -e "$T/out" ]
    stream 1 > "$T/one"
    run -3 --separate-stderr batch --shard 1/2 "$T/one"
    complains 'in this shard'
    run -3 --separate-stderr batch --table rr "$T/one"
    complains 'no table "rr"'
    complains 'its tables are "r", "r.test"'
}

@test "batch: what is in the way ends with 3" {
    stream 3 | batch > "$T/twice"
    run -3 --separate-stderr batch "$T/twice"
    complains 'there are batches already'
    stream 3 | show --json | sed 's/"x": "i64"/"epoch": "i64"/' | show --parse > "$T/in"
    run -3 --separate-stderr batch "$T/in"
    complains 'the column epoch needs another name'
    printf '%s\n' '{"millrace": 1, "config": "", "history": []}' '{"end": {}}' | show --parse > "$T/bare"
    run -3 --separate-stderr batch "$T/bare"
    complains 'no configuration'
    run -3 --separate-stderr batch --set train.batch=0 "$T/twice"
    complains 'batch is "0"'
}

@test "batch: a truncated stream ends with 3, and no file appears" {
    stream 9 | head -c -1 > "$T/cut"
    run -3 --separate-stderr batch -o "$T/out" "$T/cut"
    complains 'truncated'
    [ ! -e "$T/out" ]
}

@test "batch -v closes with one line" {
    stream 150 > "$T/in"
    run -0 --separate-stderr batch -v -o "$T/out" "$T/in"
    complains 'batch: rows=450 batches=9 seconds='
}

@test "batch: [train] lists deals out lists of a query's rows, numbered" {
    printf '%s\n' 'u,i' a,1 a,2 a,3 b,1 b,2 c,1 > "$T/r.csv"
    tokenize --query u --candidate i "$T/r.csv" | vocab > "$T/in"
    batch --set train.lists=2 --set train.list=2 --set train.batch=2 --set train.epochs=1 "$T/in" > "$T/out" 2> "$T/err"
    grep -q '1 queries have one row, and so no list' "$T/err"
    # Two lists of two of a's three rows, and b's two rows once; two lists a batch.
    show --json --table batches "$T/out" | sed -n 's/^\[\([0-9]*\), [0-9]*, \([0-9]*\), 0\]$/\1 \2/p' > "$T/rows"
    [ "$(wc -l < "$T/rows")" -eq 6 ]
    [ "$(grep -c '^0' "$T/rows")" -eq 4 ]
    [ "$(cut -d' ' -f2 "$T/rows" | tr -d '\n')" = 001100 ]
    batch --set train.lists=2 --set train.list=2 --set train.batch=2 --set train.epochs=1 "$T/in" 2> /dev/null | cmp - "$T/out"
}

@test "batch: lists of one only are refused, and lists of rows that are grouped" {
    printf '%s\n' 'u,i' a,1 b,2 > "$T/r.csv"
    tokenize --query u --candidate i "$T/r.csv" | vocab > "$T/in"
    run -3 --separate-stderr batch --set train.lists=2 "$T/in"
    complains 'every query has one row, so there are lists of one only, and nothing to compare'
    run -3 --separate-stderr batch --set train.lists=2 --set train.group=yes "$T/in"
    complains 'lists and group: choose one'
}
