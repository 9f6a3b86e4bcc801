"""Streams of millrace, written from common/stream/FORMAT.md alone: `header, tables = read()` and `write(header, tables)`.

A table is its columns by name: numbers are an array, vectors the rows of a matrix, str and lists a Python list. A stream is read whole.
"""
import os
import sys

import msgpack
import numpy as np

try:
    import xxhash
except ImportError:
    xxhash = None  # Debian's python3 alone has none: checksums are then neither checked nor written

NUMBERS = {"u8": "<u1", "i32": "<i4", "u32": "<u4", "i64": "<i8", "u64": "<u8", "f32": "<f4", "f64": "<f8", "bf16": "<u2"}


def wanted(truth, message):
    if not truth:
        print(f"{os.path.basename(sys.argv[0])}: {message}", file=sys.stderr)
        sys.exit(3)


class Table:
    def __init__(self, types, columns=None):
        self.types, self.frames = dict(types), []  # frames: rows of each frame, for `batches`
        self.columns = columns or {name: [] if ragged(kind) else numbers(kind, b"", 0) for name, kind in self.types.items()}

    def __len__(self):
        return len(next(iter(self.columns.values())))

    def __getitem__(self, name):
        wanted(name in self.columns, f"no column {name}, but {', '.join(self.columns)}")
        return self.columns[name]

    def add(self, name, kind, values):
        self.types[name], self.columns[name] = kind, values

    def select(self, rows):
        take = lambda column: column[rows] if isinstance(column, np.ndarray) else [column[row] for row in rows]
        return Table(self.types, {name: take(column) for name, column in self.columns.items()})


def ragged(kind):
    return kind.endswith("*") or kind == "str"


def numbers(kind, data, rows):
    number, _, width = kind.partition("[")
    values = np.frombuffer(data, NUMBERS[number])
    shape = (rows, int(width[:-1])) if width else (rows,)
    wanted(values.size == np.prod(shape), f"{values.size} numbers for {rows} rows of {kind}")
    return values.reshape(shape)


def decode(kind, rows, part):
    """One column, its parts taken by part()."""
    if not ragged(kind):
        return numbers(kind, part(), rows)
    offsets = np.frombuffer(part(), "<u4").tolist()
    wanted(len(offsets) == rows + 1 and offsets[0] == 0 and offsets == sorted(offsets), f"bad offsets for {rows} rows of {kind}")
    values = part() if kind == "str" else decode(kind[:-1], offsets[-1], part)
    wanted(len(values) == offsets[-1], f"{len(values)} values, but the offsets say {offsets[-1]}")
    cells = [values[a:b] for a, b in zip(offsets, offsets[1:])]
    return [cell.decode() for cell in cells] if kind == "str" else cells


def encode(kind, values):
    """The data of a column's parts."""
    if not ragged(kind):
        yield np.ascontiguousarray(values, NUMBERS[kind.partition("[")[0]]).tobytes()
        return
    cells = [value.encode() for value in values] if kind == "str" else values
    yield np.cumsum([0] + [len(cell) for cell in cells]).astype("<u4").tobytes()
    if kind == "str":
        yield b"".join(cells)
    else:
        yield from encode(kind[:-1], [value for cell in cells for value in cell])


def join(chunks):
    return np.concatenate(chunks) if isinstance(chunks[0], np.ndarray) else sum(chunks, [])


def read(file=sys.stdin.buffer):
    data = file.read()
    objects, header, tables = msgpack.Unpacker(max_buffer_size=0, raw=False), None, {}
    objects.feed(data)
    try:
        while header is None or objects.tell() < len(data):  # one stream after another
            start, rows = objects.tell(), {}
            head = objects.unpack()
            wanted(isinstance(head, dict) and head.get("millrace") == 1, "no stream of millrace, version 1")
            header = header or head
            wanted(head["config"] == header["config"], "two configurations in one input")
            while True:
                at = objects.tell()
                record = objects.unpack()
                if "end" in record:
                    break
                if "table" in record:
                    name, types = record["table"], {column["name"]: column["type"] for column in record["columns"]}
                    wanted(tables.setdefault(name, Table(types)).types == types, f"two schemas of {name}")
                    rows.setdefault(name, 0)
                else:
                    wanted(record["frame"] in rows, f"a frame of {record['frame']} before its schema")
                    table = tables[record["frame"]]
                    part = lambda: (objects.unpack(), objects.unpack())[1]  # the filler, the data
                    for name, kind in table.types.items():
                        column = decode(kind, record["rows"], part)
                        table.columns[name] = join([table.columns[name], column]) if len(table) else column
                    table.frames.append(record["rows"])
                    rows[record["frame"]] += record["rows"]
            wanted(record["end"] == rows, f"rows are {rows}, but the end record says {record['end']}")
            wanted(not xxhash or record["checksum"] in (None, xxhash.xxh3_64_intdigest(data[start:at])), "wrong checksum")
    except msgpack.OutOfData:
        wanted(False, f"truncated after {len(data)} bytes: no end record")
    return header, tables


def write(header, tables, file=sys.stdout.buffer):
    stage = {"stage": os.path.basename(sys.argv[0]), "args": sys.argv[1:], "version": "python"}
    records = [{**header, "history": header["history"] + [stage]}]
    for name, table in tables.items():
        records.append({"table": name, "columns": [{"name": column, "type": kind} for column, kind in table.types.items()]})
        frames = table.frames if sum(table.frames) == len(table) else [65536] * (len(table) // 65536) + [len(table) % 65536]
        for start, rows in zip(np.cumsum([0] + frames), frames):
            records.append({"frame": name, "rows": rows})
            for column, kind in table.types.items():
                for part in encode(kind, table[column][start : start + rows]):
                    records += [b"", part]
    data = b"".join(map(msgpack.packb, records))
    end = {"end": {name: len(table) for name, table in tables.items()}, "checksum": xxhash and xxhash.xxh3_64_intdigest(data)}
    file.write(data + msgpack.packb(end))
