# Clients that mean ill or know no better, one a word on the command line; what the server said, on stdout. Python's standard library alone.
#
#     hostile.py PORT MODEL half slow head ...
import json
import resource
import socket
import sys
import threading
import time

port, model = int(sys.argv[1]), sys.argv[2]
predict = f"/v1/models/{model}:predict"


def connect():
    return socket.create_connection(("127.0.0.1", port))


def read(s):
    """All that comes until the other end closes; nothing more, if it does so rudely."""
    data = b""
    try:
        while chunk := s.recv(65536):
            data += chunk
    except ConnectionError:
        pass
    return data


def post(body, path=predict, method="POST", more=""):
    if isinstance(body, str):
        body = body.encode()
    return f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}Content-Length: {len(body)}\r\n\r\n".encode() + body


def ask(request):
    with connect() as s:
        try:
            s.sendall(request)
        except ConnectionError:
            pass
        return read(s)


def show(answer):
    head, _, body = answer.partition(b"\r\n\r\n")
    print(head.split(b" ")[1].decode() if b" " in head else "closed", body[:200].decode(errors="replace").strip())


def half():
    s = connect()
    s.sendall(post('{"instances": ["ann"]}')[:-5])
    show(read(s))


def head():
    s = connect()
    s.sendall(b"POST " + predict.encode() + b" HTTP/1.1\r\nHost: ")
    show(read(s))


def slow():
    """A byte now and then, for a minute."""
    s = connect()
    whole, sent = post('{"instances": ["ann"]}' + " " * 1000), 0
    try:
        for byte in whole:
            s.send(bytes([byte]))
            sent += 1
            time.sleep(0.05)
    except ConnectionError:
        pass
    show(read(s))
    print("cut off" if sent < len(whole) else "heard out")


def body():
    show(ask(f"POST {predict} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n".encode()))
    show(ask(post("x" * 3_000_000)))
    chunk = b"ffff\r\n" + b" " * 0xffff + b"\r\n"
    show(ask(f"POST {predict} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n".encode() + chunk * 100 + b"0\r\n\r\n"))


def heads():
    show(ask(f"GET /healthz HTTP/1.1\r\nHost: x\r\nX: {'x' * 100000}\r\n\r\n".encode()))
    show(ask(f"GET /{'x' * 100000} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))


def longer():
    """Not much above the limit of 32K, by headers, by the path, by parameters; then just below it."""
    show(ask(f"GET /healthz HTTP/1.1\r\nHost: x\r\nX: {'x' * 40000}\r\n\r\n".encode()))
    show(ask(post('{"instances": ["ann"]}', more="".join(f"X-{i}: {'x' * 1000}\r\n" for i in range(40)))))
    show(ask(f"GET /{'x' * 40000} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
    show(ask(f"GET /api/models/{model}/search?side=query&q={'x' * 40000} HTTP/1.1\r\nHost: x\r\n\r\n".encode()))
    show(ask(post('{"instances": ["ann"], "k": 1}', more=f"X: {'x' * 32000}\r\n")))
    show(ask(f"GET /api/models/{model}/search?side=query&q={'x' * 32000} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()))


def deep():
    show(ask(post('{"instances": ' + "[" * 100000 + "]" * 100000 + "}")))
    show(ask(post('{"instances": [' + '{"u":' * 100000)))
    show(ask(post(json.dumps({"instances": ["ann"], "filter": "(" * 4000}))))
    show(ask(post(json.dumps({"instances": ["ann"], "filter": "not " * 1000 + "title = x"}))))


def numbers():
    for value in ("1e999", "-1e999", "NaN", "Infinity", "123456789012345678901234567890", "0.1", "-3", "1e3"):
        show(ask(post('{"instances": ["ann"], "k": ' + value + "}")))
    show(ask(post('{"instances": [12345678901234567890123]}')))
    show(ask(post('{"instances": ["ann"], "mmr": NaN}')))
    show(ask(post('{"instances": ["ann"], "mmr": 2}')))


def types():
    for value in ("null", "true", "7.5", '"x"', "{}", "[[]]", '[{"u": []}]', '[{"u": {}}]', "[{}]", '[{"likes": "c"}]', '[{"likes": []}]', '[{"similar_to": 1.5}]'):
        show(ask(post('{"instances": ' + value + "}")))
    for rule in ('"k": "3"', '"only": "c"', '"only": [1.5]', '"exclude": {}', '"filter": 3', '"exclude_seen": 1', '"rerank": []', '"signature_name": 3'):
        show(ask(post('{"instances": ["ann"], ' + rule + "}")))


def unknown():
    show(ask(post('{"instances": ["ann"], "kk": 3}')))
    show(ask(post('{"instances": [{"u": "ann", "path": "/etc/passwd"}]}')))
    show(ask(post('{"instances": ["ann"], "instances": ["bob"]}')))


def utf8():
    show(ask(post(b'{"instances": ["\xff\xfe"]}')))
    show(ask(post(b'{"instances": ["\xed\xa0\x80"]}')))
    show(ask(post(b'{"instances": ["a\\u0000b"]}')))
    show(ask(post(b'{"instances": ["\\ud800"]}')))
    show(ask(b"GET /api/models/" + model.encode() + b"/search?side=query&q=%ff HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n"))


def instances():
    show(ask(post(json.dumps({"instances": ["ann"] * 100000}))))
    show(ask(post(json.dumps({"inputs": {"u": ["ann"] * 100000}}))))
    show(ask(post(json.dumps({"instances": ["ann"] * 1024, "k": 10000}))))


def methods():
    for method in ("PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "FROB"):
        show(ask(post("", method=method)))
    show(ask(b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"))
    show(ask(b"\0" * 1000 + b"\r\n\r\n"))


def paths():
    for path in ("/../../../etc/passwd", "/%2e%2e/%2e%2e/etc/passwd", "/v1/models/../../etc/passwd", "/v1/models/%2e%2e%2fetc%2fpasswd", "/v1/models/m%00:predict",
                 "//etc/passwd", "/app.js/../../x", "/api/models/m/versions/99999999999999999999/info", "/v1/models/" + "x" * 5000):
        show(ask(f"GET {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".encode()))


def leave():
    """Many who ask for much and go away before they are told."""
    request = post(json.dumps({"instances": ["ann"] * 1000, "k": 5}))
    for i in range(200):
        s = connect()
        s.sendall(request[: len(request) - (i % 3)])
        if i % 2:
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        s.close()
    print("left")


def idle():
    """A thousand connections that say nothing, while another asks; then one of them asks."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    silent = [connect() for _ in range(1000)]
    show(ask(post('{"instances": ["ann"], "k": 1}')))
    silent[0].sendall(post('{"instances": ["ann"], "k": 1}'))
    show(read(silent[0]))


def pipelined():
    request = post('{"instances": ["ann"], "k": 1}').replace(b"Connection: close\r\n", b"")
    s = connect()
    s.sendall(request * 50 + post('{"instances": ["ann"], "k": 1}'))
    print(read(s).count(b'{"predictions": [{"output_1": [3], "output_2": ["c"]}]}'))


def flood():
    """More at once than the queue holds: each is answered, some that there are too many."""
    counts = {}
    lock = threading.Lock()
    request = post(json.dumps({"instances": ["ann"] * 1000, "k": 5}))

    def one():
        for _ in range(10):
            answer = ask(request)[9:12].decode()
            with lock:
                counts[answer] = counts.get(answer, 0) + 1

    threads = [threading.Thread(target=one) for _ in range(30)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    print(sum(counts.values()), sorted(counts))


for name in sys.argv[3:]:
    globals()[name]()
