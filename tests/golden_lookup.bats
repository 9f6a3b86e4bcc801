# The whole stage against Keras' StringLookup: the cases of tests/golden/lookup.json (see its `source` and `note`), compared exactly.
# The unit tests compare the functions; here the terms come in and the ids go out as columns of a stream.
load helpers

@test "vocab numbers and encodes terms as StringLookup does" {
    needs /usr/bin/python3
    cat > "$T/case.py" << 'END'
import json, subprocess, sys
config = "[table r]\npath=r\nheader=yes\n[table t]\npath=t\nheader=yes\nkey=id\n[data]\ninteractions=r\nquery=u\ncandidate=id -> t\n" \
         "[tower candidate]\ninputs=term\n[feature term]\nencode=lookup(%s)\n"
run = 0
for case in json.load(open(sys.argv[1]))["cases"]:
    if not case["name"].startswith("string_lookup_adapt") or "ids" not in case["outputs"]:
        continue
    inputs, wanted = case["inputs"], case["outputs"]
    options, terms, query = inputs["config"], inputs["adapt_on"], inputs["query"]
    call = "min_count=1, oov=%d, max=%d, mask=%s" % (options.get("num_oov_indices", 1), options.get("max_tokens", 0),
                                                     "no" if options.get("mask_token") is None else "yes")
    # Every adapted term is an item with one interaction; every term of the query one without.
    lines = [{"millrace": 1, "config": config % call, "history": []}, {"table": "t", "columns": {"id": "i64", "term": "str"}}, {"frame": "t"}]
    lines += [[i, term] for i, term in enumerate(terms + query)]
    lines += [{"table": "r", "columns": {"u": "str", "id": "i64"}}, {"frame": "r"}] + [["u", i] for i in range(len(terms))] + [{"end": {}}]
    text = "\n".join(map(json.dumps, lines))
    stream = subprocess.run(["show", "--parse"], input=text.encode(), stdout=subprocess.PIPE, check=True).stdout
    out = subprocess.run("vocab | show --json", shell=True, input=stream, stdout=subprocess.PIPE, check=True).stdout.decode()
    tables, table = {}, None
    for line in map(json.loads, out.splitlines()):
        if isinstance(line, list):
            tables.setdefault(table, []).append(line)
        else:
            table = line.get("frame", table)
    first = sum(not term or term == "[UNK]" for term in wanted["vocabulary"][: wanted["vocabulary"].index("b")])
    assert [term for term, _ in tables["vocab/term"]] == wanted["vocabulary"][first:], case["name"]
    assert [row[-1] for row in tables["t"][len(terms):]] == wanted["ids"], case["name"]
    run += 1
print(run, "cases")
END
    run -0 python3 "$T/case.py" "$ROOT/tests/golden/lookup.json"
    says '8 cases'
}
