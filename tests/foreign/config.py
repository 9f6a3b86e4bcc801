"""The configuration in a stream's header, and the numbers of FORMAT.md's section 7."""
import configparser
import re

import numpy as np


def sections(text):
    """Sections by name, each its keys and values; keys before the first section are in "top"."""
    ini = configparser.ConfigParser(delimiters="=", comment_prefixes=(";", "#"), inline_comment_prefixes=(" ;",), interpolation=None)
    ini.optionxform = str
    ini.read_string("[top]\n" + text)
    return {name: {key: value.replace("\n", " ").strip() for key, value in ini[name].items()} for name in ini.sections()}


def listed(text):
    """The parts between commas that are not in parentheses."""
    return [part.strip() for part in re.findall(r"(?:[^,()]|\([^)]*\))+", text)]


def call(text):
    """"name(a, key=value)" as name, [a], {key: value}."""
    name, _, inside = text.strip().partition("(")
    parts = [part.partition("=") for part in listed(inside.rstrip()[:-1])]
    return name.strip(), [key for key, equals, _ in parts if not equals], {key.strip(): value.strip() for key, equals, value in parts if equals}


def side(config, key):
    """"user_id -> users" in [data]: column and table. Without an arrow the table is made from the keys."""
    column, arrow, table = config["data"][key].partition("->")
    return column.strip(), table.strip() if arrow else {"query": "queries", "candidate": "candidates"}[key]


def towers(config):
    """The side of each feature: that of the tower it is an input of."""
    return {tower: listed(config[f"tower {tower}"]["inputs"]) for tower in ("query", "candidate")}


def mix(x):
    x = np.asarray(x, np.uint64)
    with np.errstate(over="ignore"):
        x = x + np.uint64(0x9E3779B97F4A7C15)
        x = (x ^ x >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        x = (x ^ x >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
    return x ^ x >> np.uint64(31)


def fnv(data):
    h = 0xCBF29CE484222325
    for byte in data:
        h = (h ^ byte) * 0x100000001B3 & 0xFFFFFFFFFFFFFFFF
    return h


def unit(seed, a, b):
    """Random numbers in [0, 1) for the places (a, b) under a seed."""
    bits = mix(mix(mix(seed) ^ np.asarray(a, np.uint64)) ^ np.asarray(b, np.uint64))
    return (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
