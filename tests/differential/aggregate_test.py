#!/usr/bin/env python3
"""Every aggregate over random events beside the contract in exact arithmetic (aggregate_contract.py), as bits.

Usage: aggregate_test.py PROGRAM (aggregate_lines); LARDER_SEED replays one seed, LARDER_CASES sets how many cases.
A case is a line `call window_us top events ranges type...` (top -1: no category), a line for each event: time, then a word
for each input (- null, decimal integers, hexadecimal bits of floats, s and a text, comma between the elements of a
vector), and a line for each range: begin, end, moment. The program answers a word for each range, and ` tiles:` with
another when the state of two tiles gives something else.
"""

import json
import math
import os
import random
import struct
import subprocess
import sys
from fractions import Fraction

import aggregate_contract as contract

HALF_LIVES = {"3us": 3, "1m": 60_000_000, "1d": 86_400_000_000}
EDGES = [-5.0, 0.0, 2.5, 7.0, 1e300]


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def number(pick, mix):
    if mix == 0:
        return pick.randrange(-20, 20) / 2
    if mix == 1:
        return pick.randrange(-100000, 100000) / 100
    if mix == 2:
        return struct.unpack("<f", struct.pack("<f", pick.gauss(0, 100)))[0]
    if mix == 4 and pick.randrange(6) == 0:
        return pick.choice([math.nan, math.inf, -math.inf])
    if pick.random() < 0.5:
        return pick.choice([0.0, -0.0, 1.0, 1e16, -1e16, 5e-324, -5e-324, sys.float_info.max, -sys.float_info.max, 1e-300])
    return pick.choice([-1, 1]) * math.ldexp(pick.random(), pick.randrange(-1073, 1024))


def value_of(pick, kind, mix):
    if kind == "bool":
        return pick.random() < 0.6
    if kind in ("int64", "timestamp"):
        return pick.randrange(-(2**62), 2**62) if mix == 3 and pick.random() < 0.5 else pick.randrange(-9, 9)
    if kind == "string":
        return pick.choice(["", "a", "ab", "b", "SFO"])
    if kind == "list<float64>":
        return [number(pick, mix) for _ in range(3)]
    value = number(pick, mix)
    if kind == "float32":
        value = struct.unpack("<f", struct.pack("<f", max(min(value, 1e38), -1e38)))[0]
    return value


def word_of(value):
    if value is None:
        return "-"
    if isinstance(value, bool):
        return "1" if value else "0"
    if isinstance(value, float):
        return f"{bits_of(contract.NAN if math.isnan(value) else value):016x}"
    if isinstance(value, str):
        return "s" + value
    if isinstance(value, list):
        return "[" + ",".join(word_of(element) for element in value) + "]"
    return str(value)


def input_word(value):
    return word_of(value)[1:-1] if isinstance(value, list) else word_of(value)


NUMBERS = ["int64", "float64", "float32"]
ORDERED = NUMBERS + ["string", "bool", "timestamp"]
ANY = ORDERED + ["list<float64>"]


def of_one(function):
    return lambda c: function([row[0] for row in c["rows"]])


def of_pairs(function):
    return lambda c: function([tuple(row) for row in c["rows"]])


def integer_result(case):
    return case["types"][0] == "int64"


def limited(case):
    return int(case["call"].split("(")[1][:-1])


def share_of(case):
    return Fraction(case["call"].split("(")[1][:-1])


def half_life_of(case):
    return HALF_LIVES[case["call"].split("(")[1][:-1]]


def sorted_values(case, sign):
    values = [row[0] for row in case["rows"]]
    if not values:
        return None
    numbers = [value for value in values if not (isinstance(value, float) and math.isnan(value))]
    return sorted(numbers, key=contract.order_key, reverse=sign < 0)[: limited(case)]


def slice_of(case, begin, end):
    values = [row[0] for row in case["rows"]]
    return values[begin:end] if values else None


def place_of(case, index):
    values = [row[0] for row in case["rows"]]
    return values[index] if -len(values) <= index < len(values) else None


def rate_of(case):
    values = [row[0] for row in case["rows"]] if case["types"] else [1] * len(case["rows"])
    if case["types"] and not values:
        return None
    odd = contract.special(values)
    return contract.rounded(1_000_000 * contract.exact(values) / case["window_us"]) if odd is None else odd


def approximate_quantile(case):
    values = [row[0] for row in case["rows"]]
    if not values:
        return None
    if any(isinstance(value, float) and math.isnan(value) for value in values):
        return contract.NAN
    wanted = sorted(float(value) for value in values)[int(share_of(case) * (len(values) - 1))]
    return ("within", wanted, 1 / 256)


# name: (call, types of each input, what it gives for a case)
FUNCTIONS = {
    "count": ("count", [ANY], lambda c: len(c["rows"])),
    "count rows": ("count", [], lambda c: len(c["rows"])),
    "count_null": ("count_null", [ANY], lambda c: c["null_count"]),
    "sum": ("sum", [NUMBERS], lambda c: contract.total([row[0] for row in c["rows"]], integer_result(c))),
    "mean": ("mean", [NUMBERS], of_one(contract.mean)),
    "var_pop": ("var_pop", [NUMBERS], of_one(lambda v: contract.variance(v, 0))),
    "var_samp": ("var_samp", [NUMBERS], of_one(lambda v: contract.variance(v, 1))),
    "std_pop": ("std_pop", [NUMBERS], of_one(lambda v: contract.deviation(v, 0))),
    "std_samp": ("std_samp", [NUMBERS], of_one(lambda v: contract.deviation(v, 1))),
    "skew": ("skew", [NUMBERS], of_one(contract.skew)),
    "kurtosis": ("kurtosis", [NUMBERS], of_one(contract.kurtosis)),
    "min": ("min", [ORDERED], of_one(lambda v: contract.least(v, 1))),
    "max": ("max", [ORDERED], of_one(lambda v: contract.least(v, -1))),
    "min_by": ("min_by", [ANY, ORDERED], of_pairs(lambda p: contract.by(p, 1))),
    "max_by": ("max_by", [ANY, ORDERED], of_pairs(lambda p: contract.by(p, -1))),
    "first": ("first", [ANY], lambda c: place_of(c, 0)),
    "last": ("last", [ANY], lambda c: place_of(c, -1)),
    "delta": ("delta", [NUMBERS], lambda c: contract.delta([row[0] for row in c["rows"]], integer_result(c))),
    "time_since_first": ("time_since_first", [ANY], lambda c: c["now"] - c["times"][0] if c["times"] else None),
    "time_since_last": ("time_since_last", [], lambda c: c["now"] - c["times"][-1] if c["times"] else None),
    "covar": ("covar", [NUMBERS, NUMBERS], of_pairs(contract.covariance)),
    "corr": ("corr", [NUMBERS, NUMBERS], of_pairs(contract.correlation)),
    "slope": ("slope", [NUMBERS], lambda c: contract.slope([row[0] for row in c["rows"]], c["times"])),
    "ratio": ("ratio", [NUMBERS, NUMBERS], of_pairs(contract.ratio)),
    "rate": ("rate", [NUMBERS], rate_of),
    "rate of rows": ("rate", [], rate_of),
    "any": ("any", [["bool"]], of_one(lambda v: any(v) if v else None)),
    "all": ("all", [["bool"]], of_one(lambda v: all(v) if v else None)),
    "histogram": ("histogram(-5,0,2.5,7,1e300)", [NUMBERS], of_one(lambda v: contract.histogram(v, EDGES))),
    "approx_count_distinct": ("approx_count_distinct", [ORDERED],
                              of_one(lambda v: ("count within", len({contract.joined(x) for x in v})))),
    "approx_quantile": ("approx_quantile(0.7)", [NUMBERS], approximate_quantile),
    "ewma": ("ewma(1m)", [NUMBERS], lambda c: contract.ewma([row[0] for row in c["rows"]], c["times"], half_life_of(c))),
    "ewma short": ("ewma(3us)", [NUMBERS], lambda c: contract.ewma([r[0] for r in c["rows"]], c["times"], half_life_of(c))),
    "decayed_sum": ("decayed_sum(1d)", [NUMBERS],
                    lambda c: contract.decayed_sum([row[0] for row in c["rows"]], c["times"], half_life_of(c), c["now"])),
    "decayed_sum short": ("decayed_sum(3us)", [NUMBERS],
                          lambda c: contract.decayed_sum([r[0] for r in c["rows"]], c["times"], half_life_of(c), c["now"])),
    "vector_sum": ("vector_sum", [["list<float64>"]], of_one(lambda v: contract.places(v, lambda p: contract.total(p, False)))),
    "vector_mean": ("vector_mean", [["list<float64>"]], of_one(lambda v: contract.places(v, contract.mean))),
    "vector_max": ("vector_max", [["list<float64>"]], of_one(lambda v: contract.places(v, lambda p: contract.least(p, -1)))),
    "median": ("median", [NUMBERS], of_one(lambda v: contract.quantile(v, Fraction(1, 2)))),
    "quantile": ("quantile(0.9)", [NUMBERS], lambda c: contract.quantile([row[0] for row in c["rows"]], share_of(c))),
    "quantile third": ("quantile(0.333333333)", [NUMBERS], lambda c: contract.quantile([r[0] for r in c["rows"]], share_of(c))),
    "top_n": ("top_n(3)", [ORDERED], lambda c: sorted_values(c, -1)),
    "bottom_n": ("bottom_n(3)", [ORDERED], lambda c: sorted_values(c, 1)),
    "count_distinct": ("count_distinct", [ORDERED], of_one(lambda v: len({contract.joined(value) for value in v}))),
    "mode": ("mode", [ORDERED], of_one(contract.mode)),
    "entropy": ("entropy", [ORDERED], of_one(contract.entropy)),
    "drawdown": ("drawdown", [NUMBERS], of_one(contract.drawdown)),
    "first_n": ("first_n(2)", [ORDERED], lambda c: slice_of(c, 0, limited(c))),
    "last_n": ("last_n(2)", [ORDERED], lambda c: slice_of(c, -limited(c), None)),
    "nth": ("nth(2)", [ANY], lambda c: place_of(c, 1)),
    "nth from the end": ("nth(-2)", [ANY], lambda c: place_of(c, -2)),
    "lag": ("lag(1)", [ANY], lambda c: place_of(c, -2)),
    "collect_list": ("collect_list(1000)", [ORDERED], lambda c: slice_of(c, 0, None)),
}


def make_case(pick, name):
    call, inputs, _ = FUNCTIONS[name]
    mix = pick.randrange(5)
    types = [pick.choice(kinds) for kinds in inputs]
    count = pick.choice([1, 2, 3, 6, 12, pick.randrange(1, 50)])
    time = pick.choice([0, -7, 1_600_000_000_000_000])
    step = pick.choice([2, 40_000_000])
    null_share = pick.choice([0, 0, 0.2, 0.9])
    events = []
    for _ in range(count):
        time += pick.randrange(step) * pick.randrange(2)
        events.append((time, [None if pick.random() < null_share else value_of(pick, kind, mix) for kind in types]))
    bounds = sorted(pick.randrange(count + 1) for _ in range(2 * pick.randrange(1, 9)))
    begins, ends = sorted(pick.sample(bounds, len(bounds) // 2)), []
    ends = sorted(pick.randrange(count + 1) for _ in begins)
    ranges = []
    for begin, end in zip(begins, ends):
        now = (events[end - 1][0] if end else events[0][0]) + pick.randrange(3)
        ranges.append((min(begin, end), end, now))
    # Times in a map are written as ISO text, which is not compared here.
    by_category = pick.random() < 0.1 and name in ("sum", "count rows", "mean", "max", "median") and "timestamp" not in types
    if by_category:
        types = types + ["bool"]
        events = [(at, row + [pick.choice([None, True, False])]) for at, row in events]
    return {"name": name, "call": call, "types": types, "events": events, "ranges": ranges, "window_us": 3_600_000_000,
            "by_category": by_category}


def text_of(case):
    head = [case["call"], case["window_us"], 0 if case["by_category"] else -1, len(case["events"]), len(case["ranges"])]
    lines = [" ".join(str(word) for word in head + case["types"])]
    lines += [" ".join([str(time)] + [input_word(value) for value in row]) for time, row in case["events"]]
    return "\n".join(lines + [f"{begin} {end} {now}" for begin, end, now in case["ranges"]]) + "\n"


def expected(case, window, bounds):
    """Returns the result over these events."""
    types = case["types"][:-1] if case["by_category"] else case["types"]
    rows = [(time, row[: len(types)]) for time, row in window]
    counted = [(time, row) for time, row in rows if None not in row]
    view = {"call": case["call"], "types": types, "rows": [row for _, row in counted], "times": [time for time, _ in counted],
            "null_count": len(rows) - len(counted), "now": bounds[2], "window_us": case["window_us"]}
    return FUNCTIONS[case["name"]][2](view)


def json_word(value):
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
    return value


def expected_map(case, window, bounds):
    result = {}
    for category in (False, True):
        own = [event for event in window if event[1][-1] is category]
        if own:
            result["true" if category else "false"] = json_word(expected(case, own, bounds))
    return result if result or case["name"] == "count rows" else None


def as_type(case, value):
    """Reads a number of a map as the type that was written: the shortest text of a float32 is of a float32."""
    is_float32 = case["name"] == "max" and case["types"][0] == "float32" and isinstance(value, float)
    return struct.unpack("<f", struct.pack("<f", value))[0] if is_float32 else value


def fits(case, wanted, answer):
    if isinstance(wanted, tuple) and wanted[0] == "near":
        is_value = struct.unpack("<d", struct.pack("<Q", int(answer, 16)))[0]
        return is_value == wanted[1] or math.isclose(is_value, wanted[1], rel_tol=1e-14, abs_tol=5e-324)
    if isinstance(wanted, tuple) and wanted[0] == "within":
        is_value = struct.unpack("<d", struct.pack("<Q", int(answer, 16)))[0]
        return is_value == wanted[1] or math.isclose(is_value, wanted[1], rel_tol=wanted[2], abs_tol=1e-307)
    if isinstance(wanted, tuple):
        return abs(int(answer) - wanted[1]) <= max(0.065 * wanted[1], 0)
    if isinstance(wanted, dict):
        return answer.startswith("s{") and {key: as_type(case, value) for key, value in json.loads(answer[1:]).items()} == wanted
    return answer == word_of(wanted)


def check(case, answers):
    """Returns what is wrong, or None."""
    wanted = []
    try:
        for bounds in case["ranges"]:
            window = case["events"][bounds[0] : bounds[1]]
            wanted.append((expected_map if case["by_category"] else expected)(case, window, bounds))
    except contract.Overflow:
        return None if set(answers) == {"error"} else f"an overflow is no error: {answers}"
    for bounds, value, answer in zip(case["ranges"], wanted, answers):
        if not fits(case, value, answer):
            return f"events {bounds}: is {answer}, wanted {value} ({word_of(value) if not isinstance(value, (tuple, dict)) else ''})"
    return None


def main(program):
    seed = int(os.environ.get("LARDER_SEED", "20261121"))
    pick = random.Random(seed)
    names = list(FUNCTIONS)
    cases = [make_case(pick, names[i % len(names)]) for i in range(int(os.environ.get("LARDER_CASES", str(60 * len(names)))))]
    text = "".join(text_of(case) for case in cases)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True, timeout=500)
    answers = done.stdout.splitlines()
    compared = 0
    for case in cases:
        own, answers = answers[: len(case["ranges"])], answers[len(case["ranges"]) :]
        fault = check(case, own)
        if fault:
            print(f"LARDER_SEED={seed}: {case['name']}: {fault}\n{text_of(case)}")
            return 1
        compared += len(own)
    print(f"{len(cases)} cases of {len(names)} functions, {compared} results equal")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
