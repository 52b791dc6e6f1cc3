"""A stdio server that misbehaves in one way, named by its first argument. Plain Python: what it sends is what is read.

In every mode it answers the handshake and the list of tools unless the mode is about that. Tools: ``echo`` answers its
text, ``environment`` its variables, ``pid`` its process id, ``note`` appends its text to a file and answers when a
second file exists, ``fail`` answers the given failure the given number of times, ``crash`` ends the process,
``rpc_error`` answers its arguments as a JSON-RPC error. Every line read is kept in the file ``RUDE_HEARD``.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

MODE = sys.argv[1] if len(sys.argv) > 1 else "polite"
MB = 1024 * 1024
HELD: list = []
HELD_BEFORE: list = []
TOOLS = ("echo", "environment", "pid", "note", "fail", "crash", "rpc_error")
OUTPUT = {
    "type": "object",
    "additionalProperties": False,
    "properties": {"n": {"type": "integer"}},
    "required": ["n"],
}
KIND = "https://json-schema.org/draft/2020-12/schema"
ENDLESS = {
    "endless_schema": {"pattern": "^(a+)+$"},
    "endless_part_of_schema": {"$schema": KIND, "pattern": "^(a+)+$"},
    "square_schema": {"type": [value for number in range(15_000) for value in (number, str(number))]},
    "wide_schema": {"items": {"allOf": [{"type": "string"}] * 500}},
}


def write(data: bytes) -> None:
    sys.stdout.buffer.write(data)
    sys.stdout.buffer.flush()


def send(message: dict, end: bytes = b"\n") -> None:
    write(json.dumps({"jsonrpc": "2.0", **message}).encode() + end)


def text_result(text: str, **more: object) -> dict:
    return {"content": [{"type": "text", "text": text}], **more}


def answer(request: dict, text: str, **more: object) -> None:
    send({"id": request["id"], "result": text_result(text, **more)})


def forever() -> None:
    while True:
        time.sleep(60)


def leave_grandchild() -> None:
    subprocess.Popen(["sleep", "600"])


def handshake(request: dict) -> None:
    if MODE == "silent":
        forever()
    if MODE == "silent_when_back" and Path(os.environ["RUDE_HEARD"]).read_bytes().count(b'"initialize"') > 1:
        forever()
    if MODE == "refuses_handshake":
        send({"id": request["id"], "error": {"code": -32603, "message": "no luck today"}})
        return
    if MODE == "speaks_html":
        write(b"<html><body>Not found</body></html>\n")
        return
    if MODE == "broken_handshake":
        write(b'{"jsonrpc":"2.0","id":' + str(request["id"]).encode() + b',"result":{"protocolVersion":"2025-\n')
        return
    capabilities = {"tools": {}, "resources": {}}
    result = {
        "protocolVersion": "2025-11-25",
        "capabilities": capabilities,
        "serverInfo": {"name": "rude", "version": "1"},
    }
    send({"id": request["id"], "result": result}, b"\r\n" if MODE == "crlf" else b"\n")


def list_tools(request: dict) -> None:
    if MODE == "learns_slowly" and "late" in TOOLS:
        time.sleep(0.5)
    tools = [{"name": name, "inputSchema": {"type": "object"}} for name in TOOLS]
    if MODE in ("breaks_schema", "forgets_structure"):
        tools[0]["outputSchema"] = OUTPUT
    if MODE in ENDLESS:
        tools[0]["outputSchema"] = {"type": "object", "properties": {"n": ENDLESS[MODE]}, "required": ["n"]}
    cursor = request.get("params", {}).get("cursor")
    result: dict = {"tools": tools}
    if MODE == "repeats_cursor":
        result["nextCursor"] = "again"
    if MODE == "two_pages":
        result = {"tools": tools[3:]} if cursor == "2" else {"tools": tools[:3], "nextCursor": "2"}
    send({"id": request["id"], "result": result})
    if MODE == "crash_loop":
        print("Error: the disk is full of bees", file=sys.stderr, flush=True)
        os._exit(7)
    if MODE == "reads_no_more":
        forever()


def note(request: dict, arguments: dict) -> None:
    """Append the text to ``path``; answer when ``until`` exists."""
    with Path(arguments["path"]).open("a", encoding="utf-8") as file:
        file.write(f"{arguments.get('text', '')}\n")
    time.sleep(arguments.get("pause", 0))
    while arguments.get("until") and not Path(arguments["until"]).exists():
        time.sleep(0.005)
    with Path(arguments["path"]).open("a", encoding="utf-8") as file:
        file.write(f"end {arguments.get('text', '')}\n")
    answer(request, "noted")


def fail(request: dict, arguments: dict) -> None:
    path = Path(arguments["path"])
    count = len(path.read_text(encoding="utf-8")) if path.exists() else 0
    path.write_text("x" * (count + 1), encoding="utf-8")
    if count < arguments["times"]:
        answer(request, arguments["text"], isError=True)
    else:
        answer(request, "at last")


def serve_tool(request: dict, name: str, arguments: dict) -> None:
    if name == "environment":
        answer(request, json.dumps(dict(os.environ)))
    elif name == "pid":
        answer(request, str(os.getpid()))
    elif name == "note":
        note(request, arguments)
    elif name == "fail":
        fail(request, arguments)
    elif name == "crash":
        os._exit(arguments.get("code", 1))
    elif name == "rpc_error":
        send({"id": request["id"], "error": arguments})
    else:
        misbehave(request, arguments.get("text", ""))


def misbehave(request: dict, text: str) -> None:
    """Answer ``echo`` in the way of the mode."""
    number = str(request["id"]).encode()
    wrong = globals().get(f"mode_{MODE}")
    if wrong is not None:
        wrong(request, text, number)
    else:
        answer(request, text)


def mode_banner(request: dict, text: str, number: bytes) -> None:
    write(b'Server listening\n\n{not json}\n[debug] {"a": 1}\n')
    answer(request, text)
    write(b"done\n")


def mode_bad_utf8(request: dict, text: str, number: bytes) -> None:
    write(b"\xff\xfe garbage\n")
    write(b'{"jsonrpc":"2.0","id":' + number + b',"result":{"content":[{"type":"text","text":"a\xffb"}]}}\n')


def mode_crlf(request: dict, text: str, number: bytes) -> None:
    send({"id": request["id"], "result": text_result(text)}, b"\r\n")


def mode_odd_ids(request: dict, text: str, number: bytes) -> None:
    send({"id": 987654, "result": text_result("not yours")})
    send({"id": "what", "result": text_result("not yours")})
    answer(request, text)
    answer(request, "a second time")
    send({"id": str(request["id"]), "result": text_result("a third time")})


def mode_string_ids(request: dict, text: str, number: bytes) -> None:
    send({"id": str(request["id"]), "result": text_result(text)})


def mode_dies_in_call(request: dict, text: str, number: bytes) -> None:
    print("Segmentation of faults", file=sys.stderr, flush=True)
    os._exit(9)


def mode_hangs_in_call(request: dict, text: str, number: bytes) -> None:
    """Never answers this one, but the next."""


def mode_closes_stdout(request: dict, text: str, number: bytes) -> None:
    os.close(1)
    forever()


def mode_grandchild_dies(request: dict, text: str, number: bytes) -> None:
    leave_grandchild()
    os._exit(4)


def mode_line_1(request: dict, text: str, number: bytes) -> None:
    answer(request, text.ljust(MB))


def mode_line_8(request: dict, text: str, number: bytes) -> None:
    answer(request, text.ljust(8 * MB))


def mode_line_40(request: dict, text: str, number: bytes) -> None:
    answer(request, "x" * (40 * MB))


def mode_long_line_id_last(request: dict, text: str, number: bytes) -> None:
    write(b'{"result":{"content":[{"type":"text","text":"' + b"x" * (9 * MB) + b'"}]},"jsonrpc":"2.0","id":' + number)
    write(b"}\n")


def mode_long_line_without_id(request: dict, text: str, number: bytes) -> None:
    """Its id stands between two long texts, where nobody looks."""
    long = b'"' + b"x" * (4 * MB + MB // 2) + b'"'
    write(b'{"jsonrpc":"2.0","before":' + long + b',"id":' + number + b',"result":{"content":[]},"behind":' + long)
    write(b"}\n")


def mode_long_for_one(request: dict, text: str, number: bytes) -> None:
    """The answer to ``big`` comes once another call waits as well, and does not tell whose it is."""
    HELD.append((request, text))
    if len(HELD) < 2 and not HELD_BEFORE:
        return
    HELD_BEFORE.append(True)
    for held, words in sorted(HELD, key=lambda pair: pair[1] != "big"):
        if words == "big":
            mode_long_line_without_id(held, words, str(held["id"]).encode())
        else:
            answer(held, words)
    HELD.clear()


def mode_chatters_at_length(request: dict, text: str, number: bytes) -> None:
    write(b"w" * (9 * MB) + b"\n")
    send({"method": "notifications/message", "params": {"level": "info", "data": "x" * (9 * MB)}})
    answer(request, text)


def mode_endless_line(request: dict, text: str, number: bytes) -> None:
    write(b'{"jsonrpc":"2.0","id":' + number + b',"result":"')
    while True:
        write(b"x" * 65536)


def mode_deep(request: dict, text: str, number: bytes) -> None:
    write(b'{"jsonrpc":"2.0","id":' + number + b',"result":' + b'{"a":' * 100_000 + b"1" + b"}" * 100_001 + b"\n")


def mode_nan(request: dict, text: str, number: bytes) -> None:
    write(
        b'{"jsonrpc":"2.0","id":'
        + number
        + b',"result":{"content":[{"type":"text","text":"nan"}],"structuredContent":{"n":NaN}}}\n'
    )


def mode_odd_numbers(request: dict, text: str, number: bytes) -> None:
    answer(request, text, structuredContent={"large": 10**20, "endless": float("inf")})


def mode_stderr_flood(request: dict, text: str, number: bytes) -> None:
    for _ in range(4):
        sys.stderr.write(("e" * 1023 + "\n") * 1024)
    sys.stderr.write("the last line\n")
    sys.stderr.flush()
    answer(request, text)


def mode_drip(request: dict, text: str, number: bytes) -> None:
    data = json.dumps({"jsonrpc": "2.0", "id": request["id"], "result": text_result(text)}).encode()
    for index in range(len(data)):
        write(data[index : index + 1])
        if index % (len(data) // 100 + 1) == 0:
            time.sleep(0.001)
    write(b"\n")


def mode_endless_drip(request: dict, text: str, number: bytes) -> None:
    while True:
        write(b" ")
        time.sleep(0.01)


def mode_wrong_shape(request: dict, text: str, number: bytes) -> None:
    send({"id": request["id"], "result": {"content": "not a list"}})


def mode_no_result(request: dict, text: str, number: bytes) -> None:
    send({"id": request["id"], "result": "a string"})


def mode_no_jsonrpc(request: dict, text: str, number: bytes) -> None:
    write(b'{"id":' + number + b',"result":{}}\n')


def mode_broken_json(request: dict, text: str, number: bytes) -> None:
    write(b'{"jsonrpc":"2.0","id":' + number + b',"result":{"content":[\n')


def mode_broken_json_id_last(request: dict, text: str, number: bytes) -> None:
    write(b'{"result":{"content":[{"text":"a "quote" here"}]},"jsonrpc":"2.0","id":' + number + b"}\n")


def mode_null_id(request: dict, text: str, number: bytes) -> None:
    write(b'{"jsonrpc":"2.0","id":null,"error":{"code":-32700,"message":"Parse error"}}\n')


def mode_glued(request: dict, text: str, number: bytes) -> None:
    write(b"loading... 50% ")
    answer(request, text)


def mode_no_newline(request: dict, text: str, number: bytes) -> None:
    send({"id": request["id"], "result": text_result(text)}, b"")
    os._exit(0)


def mode_breaks_schema(request: dict, text: str, number: bytes) -> None:
    answer(request, text, structuredContent={"n": "not a number"})


def mode_endless_schema(request: dict, text: str, number: bytes) -> None:
    """Whether this fits takes 2 to the power of the letters to find out: here a second, with more for ever."""
    answer(request, text, structuredContent={"n": "a" * 24 + "!"})


mode_endless_part_of_schema = mode_endless_schema


def mode_square_schema(request: dict, text: str, number: bytes) -> None:
    """Whether no two of the words for its type are the same takes minutes to find out."""
    answer(request, text, structuredContent={"n": "7"})


def mode_wide_schema(request: dict, text: str, number: bytes) -> None:
    """A long answer under a long schema."""
    answer(request, text, structuredContent={"n": ["a"] * 20_000})


def mode_forgets_structure(request: dict, text: str, number: bytes) -> None:
    answer(request, text)


def mode_chatty(request: dict, text: str, number: bytes) -> None:
    for index in range(2000):
        send({"method": "notifications/message", "params": {"level": "info", "data": f"line {index}"}})
    answer(request, text)


def mode_much_and_exit(request: dict, text: str, number: bytes) -> None:
    for _ in range(60):
        send({"method": "notifications/message", "params": {"level": "info", "data": "x" * 100_000}})
    answer(request, text)
    os._exit(0)


def mode_learns_a_tool(request: dict, text: str, number: bytes) -> None:
    global TOOLS  # noqa: PLW0603
    TOOLS = (*TOOLS, "late")
    send({"method": "notifications/tools/list_changed"})
    answer(request, text)


def mode_learns_slowly(request: dict, text: str, number: bytes) -> None:
    if "late" in TOOLS:
        forever()
    mode_learns_a_tool(request, text, number)


def start() -> None:
    if MODE == "exit_at_start":
        print("Error: cannot find module 'left-pad'\n    at Object.<anonymous>", file=sys.stderr, flush=True)
        os._exit(3)
    if MODE == "no_key":
        print("Fatal: JULES_API_KEY environment variable is required", file=sys.stderr, flush=True)
        os._exit(1)
    if MODE == "ignores_sigterm":
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
    if MODE == "grandchild":
        leave_grandchild()
    if MODE == "grandchild_ignores_sigterm":
        subprocess.Popen(
            [sys.executable, "-c", "import signal,time; signal.signal(15, signal.SIG_IGN); time.sleep(600)"]
        )
    if MODE == "old_node":
        print("TypeError: webidl.util.markAsUncloneable is not a function", file=sys.stderr, flush=True)
        os._exit(1)
    if MODE == "key_is_fine":
        print("Using API key from the environment\nError: port 9 is taken", file=sys.stderr, flush=True)
        os._exit(1)
    if MODE == "banner":
        write(b"\x1b[32mWelcome to the server!\x1b[0m\nversion 3\n")
    if MODE == "talks_to_stderr":
        secret = os.environ.get("SOME_API_KEY", "")
        sys.stderr.write(f"\x1b[31mred\x1b[0m key={secret} \x1b]52;c;AAAA\x07\n")
        sys.stderr.flush()


def main() -> None:
    start()
    for line in sys.stdin.buffer:
        if "RUDE_HEARD" in os.environ:
            with Path(os.environ["RUDE_HEARD"]).open("ab") as heard:
                heard.write(line)
        request = json.loads(line)
        method = request.get("method")
        if method == "initialize":
            handshake(request)
        elif method == "tools/list":
            list_tools(request)
        elif method == "tools/call":
            serve_tool(request, request["params"]["name"], request["params"].get("arguments") or {})
        elif method == "resources/list":
            send({"id": request["id"], "result": {"resources": [{"uri": "rude://one", "name": "one"}]}})
        elif method == "resources/read" and request["params"]["uri"] == "rude://one":
            contents = [{"uri": "rude://one", "text": "the only one"}]
            send({"id": request["id"], "result": {"contents": contents}})
        elif "id" in request and method is not None:
            send({"id": request["id"], "error": {"code": -32600, "message": "Unknown resource: nope"}})
    if MODE in ("ignores_eof", "ignores_sigterm"):
        forever()


if __name__ == "__main__":
    main()
