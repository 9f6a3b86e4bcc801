# Asks over a few connections until a file is there, and counts the answers.
#
#     reload.py PORT MODEL CONNECTIONS STOP          prints: asked answered lost, and the different answers
import http.client
import os
import sys
import threading

port, model, n, stop = int(sys.argv[1]), sys.argv[2], int(sys.argv[3]), sys.argv[4]
asked, answered, answers, lock = 0, 0, set(), threading.Lock()


def client():
    global asked, answered
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    while not os.path.exists(stop):
        with lock:
            asked += 1
        try:
            connection.request("POST", f"/v1/models/{model}:predict", '{"instances": ["ann"], "k": 1}')
            response = connection.getresponse()
            body = response.read().decode().strip()
            with lock:
                answered += response.status == 200
                answers.add(f"{response.status} {body}")
        except (OSError, http.client.HTTPException) as error:
            with lock:
                answers.add(f"lost: {error}")
            connection.close()


threads = [threading.Thread(target=client) for _ in range(n)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
print(asked > 100, asked - answered)
print("\n".join(sorted(answers)))
