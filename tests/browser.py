# A person at a headless Chromium, in lines: what they do, and what they should see. Python's standard library alone.
#
#     browser.py start FOLDER CHROMIUM         starts this Chromium with its profile in FOLDER, prints its process id
#     browser.py act FOLDER ORIGIN < STEPS     a new, empty window; runs the steps there, says which failed and what stood on the page
#
# Steps, one a line; every wait ends after 15 seconds:
#
#     open /?user=42         load a page of ORIGIN, wait until it has answered
#     size 360 800           width and height of the window
#     prefer dark            prefers-color-scheme; `prefer still` is prefers-reduced-motion
#     type TEXT              as keys, into what has the focus
#     press Enter            one key: a name of KEYS, or a character
#     click TEXT             the first visible link, button, label or option with just this text, or this label
#     choose LABEL: OPTION   of a select
#     see TEXT               TEXT stands on the page, or comes to stand there
#     miss TEXT              it does not, or goes away
#     focus TEXT             what has the focus has this text, label or id
#     address TEXT           the address after ORIGIN
#     back                   to the page before
#     answer PATH STATUS J   from now on the server seems to answer requests for PATH with this JSON; `answer PATH away`: not at all;
#                            `answer PATH wait`: only after `answer PATH itself`, which hands requests to the server again
#     check EXPRESSION       JavaScript that is, or becomes, true
#     contrast 4.5           every text that is seen has at least that against its ground
#     shot FILE              a picture
import base64, json, os, socket, struct, subprocess, sys, time, urllib.parse, urllib.request

WAIT_S = 15
KEYS = {"Enter": 13, "Tab": 9, "Escape": 27, "ArrowDown": 40, "ArrowUp": 38, "Backspace": 8, "End": 35, "Space": 32, "Shift+Tab": 9}

# What a person can point at by its words. The page has these before its own scripts run.
EYES = r"""
globalThis.eyes = {
  squeeze: (text) => (text || "").replace(/\s+/g, " ").trim(),
  seen: (e) => e.checkVisibility({visibilityProperty: true}) && e.getClientRects().length > 0,
  label: (e) => eyes.squeeze(e.getAttribute("aria-label") || (e.labels && e.labels[0] && e.labels[0].innerText) || e.innerText),
  find: (text) => [...document.querySelectorAll("a, button, label, summary, [role=option], input, select")]
    .find((e) => eyes.seen(e) && (eyes.label(e) === text || eyes.squeeze(e.innerText) === text)),
  text: () => eyes.squeeze(document.body.innerText),
  // The lowest contrast of a text that is seen with the ground it stands on (WCAG 2: 4.5 is AA), and its text.
  contrast: () => {
    const parts = (colour) => colour.match(/[\d.]+/g).map(Number);
    const light = ([r, g, b]) => [r, g, b].map((c) => (c /= 255) <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4)
      .reduce((sum, c, i) => sum + c * [0.2126, 0.7152, 0.0722][i], 0);
    const ground = (e) => { for (; e; e = e.parentElement) { const c = parts(getComputedStyle(e).backgroundColor); if (c[3] !== 0) return c; } return [255, 255, 255]; };
    let worst = [21, ""];
    for (const e of document.querySelectorAll("body *")) {
      const text = [...e.childNodes].some((n) => n.nodeType === 3 && n.data.trim()) || e.matches("input, select");
      if (!text || !eyes.seen(e) || e.getClientRects()[0].width <= 1 || e.disabled || e.closest("label")?.control?.disabled || e.closest("noscript, option, .hidden")) continue;
      const [a, b] = [light(parts(getComputedStyle(e).color)), light(ground(e))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < worst[0]) worst = [ratio, eyes.label(e) || e.id];
    }
    return worst;
  },
  settled: () => document.readyState === "complete" && !document.querySelector("[aria-busy=true]"),
};
"""


class Failed(Exception):
    pass


class Chromium:
    """The DevTools protocol over a WebSocket (RFC 6455)."""

    def __init__(self, port, path):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
        self.stream = self.socket.makefile("rb")
        key = base64.b64encode(os.urandom(16)).decode()
        self.socket.sendall(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
                            f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode())
        while self.stream.readline() not in (b"\r\n", b""):
            pass
        self.calls, self.session, self.on_event = 0, None, lambda method, params: None

    def send(self, data):
        mask, n = os.urandom(4), len(data)
        size = bytes([0x80 | n]) if n < 126 else b"\xfe" + struct.pack(">H", n) if n < 65536 else b"\xff" + struct.pack(">Q", n)
        self.socket.sendall(b"\x81" + size + mask + bytes(b ^ mask[i % 4] for i, b in enumerate(data)))

    def receive(self):
        whole = b""
        while True:
            first, n = self.stream.read(2)
            n &= 0x7f
            if n > 125:
                n = struct.unpack(*((">H", self.stream.read(2)) if n == 126 else (">Q", self.stream.read(8))))[0]
            whole += self.stream.read(n)
            if first & 0x80:
                return json.loads(whole)

    def post(self, method, **params):
        self.calls += 1
        message = {"id": self.calls, "method": method, "params": params}
        if self.session:
            message["sessionId"] = self.session
        self.send(json.dumps(message).encode())
        return self.calls

    def __call__(self, method, **params):
        number = self.post(method, **params)
        while True:
            message = self.receive()
            if message.get("id") == number:
                if "error" in message:
                    raise Failed(f"{method}: {message['error']['message']}")
                return message["result"]
            if "method" in message:
                self.on_event(message["method"], message["params"])


class Window:
    def __init__(self, chromium, origin):
        self.call, self.origin, self.answers, self.waiting, self.faults, self.media = chromium, origin, {}, [], [], {}
        self.context = chromium("Target.createBrowserContext")["browserContextId"]
        target = chromium("Target.createTarget", url="about:blank", browserContextId=self.context)["targetId"]
        chromium.session = chromium("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
        chromium.on_event = self.on_event
        for domain in ("Page", "Runtime", "Log"):
            chromium(f"{domain}.enable")
        chromium("Page.addScriptToEvaluateOnNewDocument", source=EYES)
        self.size("1280 900")

    def close(self):
        self.call.session = None
        self.call("Target.disposeBrowserContext", browserContextId=self.context)

    def on_event(self, method, params):
        if method == "Runtime.exceptionThrown":
            self.faults.append(params["exceptionDetails"].get("exception", {}).get("description", "an exception"))
        elif method == "Log.entryAdded" and params["entry"]["source"] == "security":
            self.faults.append(params["entry"]["text"])
        elif method == "Fetch.requestPaused":
            self.serve(params)

    def serve(self, paused):
        path = urllib.parse.urlsplit(paused["request"]["url"]).path
        answer = self.answers.get(path, "itself")
        if answer == "wait":
            self.waiting.append(paused)
        elif answer == "away":
            self.call.post("Fetch.failRequest", requestId=paused["requestId"], errorReason="ConnectionRefused")
        elif answer == "itself":
            self.call.post("Fetch.continueRequest", requestId=paused["requestId"])
        else:
            status, body = answer.split(" ", 1)
            self.call.post("Fetch.fulfillRequest", requestId=paused["requestId"], responseCode=int(status),
                           responseHeaders=[{"name": "Content-Type", "value": "application/json"}], body=base64.b64encode(body.encode()).decode())

    def js(self, expression):
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True, userGesture=True)
        if "exceptionDetails" in found:
            raise Failed(found["exceptionDetails"].get("exception", {}).get("description", expression))
        return found["result"].get("value")

    def wait(self, expression, what):
        end = time.monotonic() + WAIT_S
        while not self.js(expression):
            if time.monotonic() > end:
                raise Failed(what)
            time.sleep(0.02)

    def open(self, path):
        self.call("Page.navigate", url=self.origin + path)
        self.wait("globalThis.eyes !== undefined && location.href !== 'about:blank' && eyes.settled()", "the page does not settle")

    def size(self, text):
        width, height = map(int, text.split())
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=width < 600)

    def prefer(self, what):
        self.media.update({"prefers-color-scheme": "dark"} if what == "dark" else {"prefers-reduced-motion": "reduce"})
        self.call("Emulation.setEmulatedMedia", features=[{"name": name, "value": value} for name, value in self.media.items()])

    def type(self, text):
        for character in text:
            self.call("Input.dispatchKeyEvent", type="char", text=character)

    def press(self, name):
        key = {"key": name.replace("Shift+", "").replace("Space", " "), "windowsVirtualKeyCode": KEYS[name], "modifiers": 8 if name.startswith("Shift+") else 0}
        text = {"Enter": {"text": "\r"}, "Space": {"text": " "}}.get(name, {})
        self.call("Input.dispatchKeyEvent", type="keyDown", **key, **text)
        self.call("Input.dispatchKeyEvent", type="keyUp", **key)

    def click(self, text):
        self.wait(f"eyes.find({json.dumps(text)}) !== undefined", f"nothing to click is called {text}")
        x, y = self.js(f"(() => {{ const e = eyes.find({json.dumps(text)}); e.scrollIntoView({{block: 'center', behavior: 'instant'}});"
                       "const r = e.getClientRects()[0]; return [r.x + r.width / 2, r.y + r.height / 2]; })()")
        for kind in ("mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def choose(self, text):
        label, option = text.split(": ", 1)
        self.js(f"(() => {{ const found = eyes.find({json.dumps(label)}), e = found.control || found; e.value = {json.dumps(option)};"
                "e.dispatchEvent(new Event('change', {bubbles: true})); })()")

    def see(self, text):
        self.wait(f"eyes.settled() && eyes.text().includes({json.dumps(text)}) || eyes.text().includes({json.dumps(text)})", f"not seen: {text}")

    def miss(self, text):
        self.wait(f"eyes.settled() && !eyes.text().includes({json.dumps(text)})", f"still seen: {text}")

    def focus(self, text):
        text = json.dumps(text)
        self.wait(f"eyes.label(document.activeElement) === {text} || document.activeElement.id === {text}", f"the focus is not on {text}")

    def address(self, text):
        self.wait(f"location.href === {json.dumps(self.origin + text)}", f"the address is not {text}")

    def back(self, _):
        self.js("history.back()")

    def answer(self, text):
        path, answer = text.split(" ", 1)
        if not self.answers:
            self.call("Fetch.enable", patterns=[{"urlPattern": "*/api/*"}])
        self.answers[path] = answer
        held, self.waiting = self.waiting, []
        for paused in held:
            self.serve(paused)

    def check(self, expression):
        self.wait(expression, f"not true: {expression}")

    def contrast(self, least):
        ratio, text = self.js("eyes.contrast()")
        if ratio < float(least) or ratio == 21:
            raise Failed(f"a contrast of {ratio:.2f}: {text}")

    def shot(self, path):
        with open(path, "wb") as file:
            file.write(base64.b64decode(self.call("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def act(self, step):
        name, _, rest = step.partition(" ")
        getattr(self, name)(rest)
        if self.faults:
            raise Failed("\n".join(self.faults))


def devtools(folder):
    end = time.monotonic() + WAIT_S
    while time.monotonic() < end:
        try:
            port, path = open(os.path.join(folder, "DevToolsActivePort")).read().split()
            return int(port), path
        except (OSError, ValueError):
            time.sleep(0.05)
    sys.exit("chromium did not start")


def start(folder, program):
    flags = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-extensions", "--disable-background-networking",
             "--disable-component-update", "--hide-scrollbars", "--mute-audio", "--remote-debugging-port=0", f"--user-data-dir={folder}", "about:blank"]
    with open(os.path.join(folder, "log"), "wb") as log:
        process = subprocess.Popen([program, *flags], stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
    print(process.pid)


def act(folder, origin):
    window = Window(Chromium(*devtools(folder)), origin)
    failed = None
    for step in (line.strip() for line in sys.stdin):
        if not step:
            continue
        try:
            window.act(step)
        except Failed as error:
            failed = f"{step}\n{error}\nthe page at {window.js('location.href')} says: {window.js('globalThis.eyes ? eyes.text() : 0')}"
            break
    window.close()
    sys.exit(failed)


(start if sys.argv[1] == "start" else act)(*sys.argv[2:4])
