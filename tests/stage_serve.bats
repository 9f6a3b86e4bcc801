# serve: what it answers to whom, what it refuses, and how it ends.
load helpers
load serve

setup() {
    indexed -e '' > "$T/m.index"
}

@test "--help and --version" {
    run -0 --separate-stderr serve --help
    says 'usage: serve [--listen HOST:PORT]'
    [[ $output != *--output* && $output != *spool* ]]
    [ -z "$stderr" ]
    run -0 serve --version
    says 'serve (millrace) '
}

@test "usage errors" {
    run -2 --separate-stderr serve
    complains "no index: wanted FILE, NAME=FILE or --watch DIR; try 'serve --help'"
    run -2 --separate-stderr serve --listen here "$T/m.index"
    complains "--listen \"here\": wanted HOST:PORT, such as 127.0.0.1:8501; try 'serve --help'"
    run -2 --separate-stderr serve --batsch 3 "$T/m.index"
    complains 'did you mean --batch'
    run -2 --separate-stderr serve --port 8080 "$T/m.index"
    complains 'unknown option "--port", did you mean --listen'
    run -2 --separate-stderr serve -o "$T/out" "$T/m.index"
    complains 'unknown option "-o"'
    run -2 --separate-stderr serve "=$T/m.index"
    complains "wanted FILE or NAME=FILE; try 'serve --help'"
    run -2 --separate-stderr serve "$T/m.index" "m=$T/m.index"
    complains "two files are called \"m\": name them NAME=FILE; try 'serve --help'"
}

@test "--check" {
    run -0 --separate-stderr serve --check "$T/m.index" "x=$T/m.index"
    [ -z "$output$stderr" ]
    head -c 1000 "$T/m.index" > "$T/cut.index"
    run -3 --separate-stderr serve --check "$T/cut.index"
    complains 'truncated'
    run -1 --separate-stderr serve --check "$T/none"
    complains 'No such file'
    show --parse < "$BATS_TEST_DIRNAME/fixtures/embedded.lines" > "$T/no.index"
    run -3 --separate-stderr serve --check "$T/no.index"
    complains "pipe the vectors through 'index' first"
}

@test "predict: instances and inputs, with the names of a saved TFRS index" {
    start "$T/m.index"
    gives '200 {"predictions": [{"output_1": [3, 2], "output_2": ["c", "a"]}]}' /v1/models/m:predict '{"instances": ["ann"], "k": 2}'
    gives '200 {"predictions": [{"output_1": [3], "output_2": ["c"]}, {"output_1": [1, 0], "output_2": ["e", "a"]}]}' /v1/models/m/versions/1:predict \
        '{"signature_name": "serving_default", "instances": [{"u": "ann", "k": 1}, {"u": "bob", "k": 2}]}'
    gives '200 {"outputs": {"output_1": [[3], [1]], "output_2": [["c"], ["e"]]}}' /v1/models/m:predict '{"inputs": ["ann", "bob"], "k": 1}'
    gives '200 {"outputs": {"output_1": [[3], [1, 0]], "output_2": [["c"], ["e", "a"]]}}' /v1/models/m:predict '{"inputs": {"u": ["ann", "bob"], "k": [1, 2]}}'
    gives '200 {"predictions": []}' /v1/models/m:predict '{"instances": []}'
}

@test "predict: the answers are rank's" {
    start "$T/m.index"
    for query in ann bob eve; do
        run -0 rank --index "$T/m.index" --query "$query" -k 5 --json
        wanted=$(jq -c '[.recommendations[] | [.candidate.i, .score]]' <<< "$output")
        run ask /v1/models/m:predict "{\"instances\": [\"$query\"]}"
        [ "$(jq -c '.predictions[0] | [.output_2, .output_1] | transpose' <<< "${output#200 }")" = "$wanted" ]
    done
}

@test "rules: exclude_seen, exclude, only, filter, mmr" {
    start "$T/m.index"
    keys() { ask /v1/models/m:predict "{\"instances\": [\"ann\"], $1}" | sed 's/.*"output_2": //'; }
    [ "$(keys '"exclude_seen": true')" = '["a", "d", "e"]}]}' ]
    [ "$(keys '"exclude": ["c", "nobody"]')" = '["a", "d", "b", "e"]}]}' ]
    [ "$(keys '"only": ["e", "b"]')" = '["b", "e"]}]}' ]
    [ "$(keys "\"filter\": \"title = 'Beta'\"")" = '["b"]}]}' ]
    [ "$(keys '"only": []')" = '[]}]}' ]
    [ "$(keys '"mmr": 0.3, "k": 3')" = "$(rank --index "$T/m.index" --query ann -k 3 --mmr 0.3 --json | jq '[.recommendations[].candidate.i]' | tr -d '\n' | sed 's/  */ /g; s/\[ /[/; s/," */, "/g')}]}" ]
}

@test "an unknown query gets what is popular, and is told so" {
    start "$T/m.index"
    gives '200 {"predictions": [{"output_1": [1, 1], "output_2": ["a", "b"]}, {"output_1": [3, 2], "output_2": ["c", "a"]}], "fallback": ["popularity", null]}' \
        /v1/models/m:predict '{"instances": ["nobody", "ann"], "k": 2}'
    ends
    # As rank does; and not what was taken out of the index.
    index --delete <(echo a) "$T/m.index" > "$T/less.index"
    start "$T/less.index"
    run -0 --separate-stderr rank --index "$T/less.index" --query nobody --json
    wanted=$(jq -c '[[.recommendations[].score], [.recommendations[].candidate.i]]' <<< "$output")
    run ask /v1/models/less:predict '{"instances": ["nobody"]}'
    [ "$(jq -c '.predictions[0] | [.output_1, .output_2]' <<< "${output#200 }")" = "$wanted" ]
    [ "$wanted" = '[[1,1,0,0],["b","c","d","e"]]' ]
}

@test "similar_to and likes, by key or title, as rank does" {
    start "$T/m.index"
    run -0 rank --index "$T/m.index" --similar c -k 3 --json
    wanted=$(jq -c '[.recommendations[].candidate.i]' <<< "$output")
    run ask /v1/models/m:predict '{"instances": [{"similar_to": "Gamma", "k": 3}]}'
    [ "$(jq -c '.predictions[0].output_2' <<< "${output#200 }")" = "$wanted" ]
    run -0 rank --index "$T/m.index" --likes a --likes c -k 3 --json
    wanted=$(jq -c '[.recommendations[].candidate.i]' <<< "$output")
    run ask /v1/models/m:predict '{"instances": [{"likes": ["Alpha", "c"], "k": 3}]}'
    [ "$(jq -c '.predictions[0].output_2' <<< "${output#200 }")" = "$wanted" ]
}

@test "status, metadata and health" {
    start "$T/m.index" "other=$T/m.index"
    gives '200 {"model_version_status": [{"version": "1", "state": "AVAILABLE", "status": {"error_code": "OK", "error_message": ""}}]}' /v1/models/other
    run ask /v1/models/m/metadata
    [ "$(jq -c '.metadata.signature_def.signature_def.serving_default.outputs | keys' <<< "${output#200 }")" = '["output_1","output_2"]' ]
    gives '200 ok' /healthz
}

@test "the Open Inference Protocol, version 2" {
    start "$T/m.index"
    gives '200 {"live": true}' /v2/health/live
    gives '200 {"ready": true}' /v2/health/ready
    gives '200 {"name": "m", "ready": true}' /v2/models/m/versions/1/ready
    run ask /v2
    says '"name": "millrace"'
    gives '200 {"name": "m", "versions": ["1"], "platform": "millrace_index", "inputs": [{"name": "u", "datatype": "BYTES", "shape": [-1]}], "outputs": [{"name": "output_1", "datatype": "FP32", "shape": [-1, -1]}, {"name": "output_2", "datatype": "BYTES", "shape": [-1, -1]}]}' \
        /v2/models/m
    gives '200 {"model_name": "m", "model_version": "1", "id": "x", "outputs": [{"name": "output_1", "datatype": "FP32", "shape": [2, 2], "data": [3, 2, 1, 0]}, {"name": "output_2", "datatype": "BYTES", "shape": [2, 2], "data": ["c", "a", "a", ""]}, {"name": "fallback", "datatype": "BYTES", "shape": [2], "data": ["", "popularity"]}]}' \
        /v2/models/m/infer '{"id": "x", "inputs": [{"name": "u", "shape": [2], "datatype": "BYTES", "data": ["ann", "nobody"]}, {"name": "k", "shape": [2, 1], "datatype": "INT32", "data": [2, 1]}]}'
    gives '200 {"model_name": "m", "model_version": "1", "outputs": [{"name": "output_2", "datatype": "BYTES", "shape": [1, 1], "data": ["c"]}]}' \
        /v2/models/m/infer '{"inputs": [{"name": "u", "shape": [1], "datatype": "BYTES", "data": ["ann"]}], "parameters": {"k": 1}, "outputs": [{"name": "output_2"}]}'
    wrong() { gives "400 {\"error\": \"$1\"}" /v2/models/m/infer "$2"; }
    wrong 'wanted an object of JSON with a list of inputs' '{}'
    wrong 'wanted an object of JSON with a list of inputs' '[1]'
    wrong 'input \"u\": wanted the shape [1], for as much data' '{"inputs": [{"name": "u", "shape": [2], "datatype": "BYTES", "data": ["ann"]}]}'
    wrong 'input \"u\": value 0 is none of the type \"FP32\"' '{"inputs": [{"name": "u", "shape": [1], "datatype": "FP32", "data": ["ann"]}]}'
    wrong 'inputs: wanted tensors with name, shape, datatype and data' '{"inputs": [7]}'
    wrong 'outputs: wanted output_1, output_2 or fallback' '{"inputs": [{"name": "u", "shape": [1], "datatype": "BYTES", "data": ["ann"]}], "outputs": [{"name": "z"}]}'
    wrong 'unknown parameter \"z\"' '{"inputs": [{"name": "u", "shape": [1], "datatype": "BYTES", "data": ["ann"]}], "parameters": {"z": 1}}'
}

@test "--token-file: only for those who have it, but for health" {
    echo s3cret > "$T/token"
    start --token-file "$T/token" "$T/m.index"
    gives '200 ok' /healthz
    gives '401 {"error": "wanted a token: Authorization: Bearer TOKEN"}' /v1/models/m:predict '{"instances": ["ann"], "k": 1}'
    for wrong in 's3cret' 'Bearer s3cre' 'Bearer s3crets' 'Bearer ' 'Basic s3cret'; do
        TOKEN=$wrong gives '401 {"error": "wanted a token: Authorization: Bearer TOKEN"}' /metrics
    done
    TOKEN='Bearer s3cret' gives '200 {"predictions": [{"output_1": [3], "output_2": ["c"]}]}' /v1/models/m:predict '{"instances": ["ann"], "k": 1}'
    run -1 --separate-stderr serve --token-file "$T/none" "$T/m.index"
    complains 'No such file'
    : > "$T/token"
    run -3 --separate-stderr serve --token-file "$T/token" "$T/m.index"
    complains 'no token: its first line is empty'
}

@test "--log: a line of JSON a request; SIGHUP opens it again" {
    start --log "$T/access" "$T/m.index"
    in_turn /v1/models/m:predict '{"instances": ["ann"], "k": 1}' '/no%0a"thing' '' /healthz '' > "$T/answer"
    mv "$T/access" "$T/access.1"
    kill -HUP "$PID"
    awaits [ -e "$T/access" ]
    ask /v2 > "$T/answer"
    ends
    [ "$(jq -c '[.method, .path, .status, .bytes > 50, .ms >= 0, (.time | length)]' "$T/access.1" | head -n 2)" = \
        $'["POST","/v1/models/m:predict",200,true,true,24]\n["GET","/no\\n\\"thing",404,false,true,24]' ] || { cat "$T/access.1"; false; }
    [ "$(jq -c .path "$T/access" | tail -n 1)" = '"/v2"' ]
    run -1 --separate-stderr serve --log "$T/no/file" "$T/m.index"
    complains 'No such file'
}

@test "/metrics counts what happened" {
    start "$T/m.index"
    run in_turn /v1/models/m:predict '{"instances": ["ann", "nobody"]}' /v1/models/m:predict '{' /metrics ''
    for line in 'millrace_requests_total{route="predict",status="2xx"} 1' 'millrace_requests_total{route="predict",status="4xx"} 1' \
        'millrace_request_seconds_count{route="predict"} 2' 'millrace_questions_total 2' 'millrace_fallbacks_total{by="popularity"} 1' \
        'millrace_batch_requests_count 1' 'millrace_queue_waiting 0' 'millrace_index_rows{model="m",version="1"} 5' 'millrace_model_version{model="m",version="1"} 1'; do
        says "$line"
    done
}

@test "the page's questions" {
    start "$T/m.index"
    gives '200 {"models": [{"name": "m", "version": 1, "candidates": 5, "queries": 3}]}' /api/models
    run ask /api/models/m/info
    [ "$(jq -c '[.query, .candidate, .title, .label, .counts.interactions, .columns[2]]' <<< "${output#200 }")" = \
        '["u","i","title","rating",3,{"name":"tags","type":"list","operators":["has"],"values":["x","y"]}]' ] || { echo "$output"; false; }
    gives '200 {"results": [{"key": "ann", "row": 0, "count": 2}]}' '/api/models/m/search?side=query&q=NN'
    run ask '/api/models/m/search?side=candidate&q=al&n=1'
    [ "$(jq -c '[.results[] | [.key, .columns.title, .count]]' <<< "${output#200 }")" = '[["a","Alpha",1]]' ]
    run ask /api/models/m/recommend '{"query": "ann", "k": 2, "exclude_seen": true, "history": 1}'
    [ "$(jq -c '[.known, .fallback, [.history[].key], .history_count, [.recommendations[] | [.key, .score, (.why | length)]]]' <<< "${output#200 }")" = \
        '[true,null,["b"],2,[["a",2,1],["d",2,1]]]' ] || { echo "$output"; false; }
}

@test "what is wrong is said to who sent it" {
    start "$T/m.index"
    wrong() { gives "$1 {\"error\": \"$2\"}" "${@:3}"; }
    wrong 404 'there is nothing at this path' /nothing
    wrong 404 'Servable not found for request: Latest(x)' /v1/models/x:predict '{}'
    wrong 404 'Servable not found for request: Specific(m7)' /v1/models/m/versions/7
    wrong 405 'the method is not allowed there' /v1/models/m:predict
    wrong 400 "Missing 'inputs' or 'instances' key" /v1/models/m:predict '{}'
    wrong 400 'the body is no JSON: byte 2: string or '\''}'\'' expected near '\''x'\''' /v1/models/m:predict '{x'
    wrong 400 'unknown member \"likez\", did you mean \"likes\"' /v1/models/m:predict '{"instances": [{"likez": 1}]}'
    wrong 400 'k: wanted a whole number from 1 to 10000' /v1/models/m:predict '{"instances": ["ann"], "k": 0}'
    wrong 400 'similar_to: \"zz\" is the key of no candidate, nor another text that only one has' /v1/models/m:predict '{"instances": [{"similar_to": "zz"}]}'
    wrong 400 'rerank \"h\": the model has no heads' /v1/models/m:predict '{"instances": ["ann"], "rerank": "h"}'
    wrong 400 'query: wanted a key, a text or a whole number' /v1/models/m:predict '{"instances": [null]}'
    run ask /v1/models/m:predict '{"instances": ["ann"], "filter": "title > 3"}'
    [[ $output == '400 {"error": "filter: column 7:'* ]]
}

@test "SIGHUP: a new file takes the place of the old one, a bad one does not" {
    start "$T/m.index"
    gives '200 {"predictions": [{"output_1": [3], "output_2": ["c"]}]}' /v1/models/m:predict '{"instances": ["ann"], "k": 1}'
    indexed -e 's/^\[\[2, 1\]\]/[[5, 0]]/' > "$T/new"
    mv "$T/new" "$T/m.index"
    kill -HUP "$PID"
    waits_for 'model m version 1: loaded'
    gives '200 {"predictions": [{"output_1": [5], "output_2": ["a"]}]}' /v1/models/m:predict '{"instances": ["ann"], "k": 1}'
    head -c 2000 "$T/m.index" > "$T/new"
    mv "$T/new" "$T/m.index"
    kill -HUP "$PID"
    waits_for "model m version 1: refused $T/m.index: "
    gives '200 {"predictions": [{"output_1": [5], "output_2": ["a"]}]}' /v1/models/m:predict '{"instances": ["ann"], "k": 1}'
    rm "$T/m.index"
    kill -HUP "$PID"
    waits_for 'No such file'
    gives '200 {"predictions": [{"output_1": [5], "output_2": ["a"]}]}' /v1/models/m:predict '{"instances": ["ann"], "k": 1}'
}

@test "twenty reloads under load: no answer is lost, and each is of the old file or the new one" {
    cp "$T/m.index" "$T/old"
    indexed -e 's/^\[\[2, 1\]\]/[[5, 0]]/' > "$T/new"
    start "$T/m.index"
    /usr/bin/python3 "$BATS_TEST_DIRNAME/reload.py" "${URL##*:}" m 8 "$T/stop" > "$T/counts" 3>&- &
    local client=$! i=0 rss
    for i in {1..20}; do
        [ $((i % 2)) -eq 0 ] && cp "$T/old" "$T/next" || cp "$T/new" "$T/next"
        mv "$T/next" "$T/m.index"
        kill -HUP "$PID"
        waits_for loaded "$i"
        [ "$i" -ne 5 ] || rss=$(awk '/^VmRSS/ { print $2 }' "/proc/$PID/status")
    done
    # What was replaced is given back: a configuration that stayed was 1 MiB a reload. Sanitizers keep what is freed.
    [[ $BUILD == */build/* ]] || [ "$(awk '/^VmRSS/ { print $2 }' "/proc/$PID/status")" -lt $((rss + 4096)) ]
    touch "$T/stop"
    wait "$client"
    [ "$(grep -c 'loaded' "$T/log")" -eq 20 ] || { cat "$T/log"; false; }
    run -0 cat "$T/counts"
    [ "$output" = $'True 0\n200 {"predictions": [{"output_1": [3], "output_2": ["c"]}]}\n200 {"predictions": [{"output_1": [5], "output_2": ["a"]}]}' ] || { echo "$output"; false; }
    ends
}

@test "--watch: the newest version of each model, also when it comes later; a bad one is refused" {
    run -1 --separate-stderr serve --watch "$T/none"
    complains 'No such file'
    mkdir -p "$T/models/a"
    start --watch "$T/models"
    gives '503 no model is loaded' /healthz
    cp "$T/m.index" "$T/models/a/3.index"
    cp "$T/m.index" "$T/models/b.index"
    waits_for 'model a version 3: loaded'
    waits_for 'model b version 1: loaded'
    gives '200 {"models": [{"name": "a", "version": 3, "candidates": 5, "queries": 3}, {"name": "b", "version": 1, "candidates": 5, "queries": 3}]}' /api/models
    head -c 3000 "$T/m.index" > "$T/models/a/4.index"
    waits_for 'model a version 4: refused'
    gives '200 ok' /healthz
    run ask /v1/models/a
    says '"version": "3"'
    cp "$T/m.index" "$T/models/a/10.index"
    waits_for 'model a version 10: loaded'
    run ask /v1/models/a
    says '"version": "10"'
    run ask /v1/models/a/versions/3
    says '404 '
    [ "$(grep -c refused "$T/log")" -eq 1 ]
}

@test "SIGTERM ends it with 0; a taken port is said" {
    start "$T/m.index"
    run -1 --separate-stderr serve --listen "${URL#http://}" "$T/m.index"
    complains 'Address already in use'
    ends
}
