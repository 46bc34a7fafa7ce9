#!/usr/bin/env python3
"""Sums, means and variances against Python's fractions, as bits. Usage: exact_sum_test.py PROGRAM (exact_sum_lines);
LARDER_SEED replays one seed, LARDER_CASES sets how many lines there are."""

import fractions
import math
import os
import random
import struct
import subprocess
import sys


def bits_of(value):
    return struct.unpack("<Q", struct.pack("<d", value))[0]


def rounded(value):
    """Rounds a fraction once: Python divides whole numbers so, to even. An exact zero is +0.0."""
    try:
        return value.numerator / value.denominator
    except OverflowError:
        return math.inf if value > 0 else -math.inf


def value_of(pick):
    kind = pick.randrange(8)
    if kind == 0:
        return pick.choice([0.0, -0.0, 1.0, -1.0, 1e16, -1e16, 5e-324, -5e-324, sys.float_info.max, -sys.float_info.max])
    if kind == 1:
        return pick.choice([-1, 1]) * math.ldexp(pick.random(), pick.randrange(-1074, -1000))
    if kind == 2:
        return pick.choice([-1, 1]) * math.ldexp(pick.random(), pick.randrange(900, 1024))
    if kind == 3:
        return float(pick.randrange(-1000, 1000))
    if kind == 4:
        return struct.unpack("<f", struct.pack("<f", pick.gauss(0, 100)))[0]
    if kind == 5:
        return round(pick.gauss(1e9, 1), 2)
    return math.ldexp(pick.gauss(0, 1), pick.randrange(-200, 200))


def line_of(pick):
    values = [value_of(pick) for _ in range(pick.choice([1, 2, 3, 10, pick.randrange(1, 60)]))]
    if pick.random() < 0.3:
        values += [-value for value in values[: pick.randrange(len(values) + 1)]]
    return values


def expected(values):
    exact = [fractions.Fraction(value) for value in values]
    n, total = len(exact), sum(exact)
    spread = n * sum(value * value for value in exact) - total * total
    return [rounded(total), rounded(total / n), rounded(spread / (n * n)), rounded(spread / (n * max(n - 1, 1)))]


def main(program):
    seed = int(os.environ.get("LARDER_SEED", "20261121"))
    pick = random.Random(seed)
    lines = [line_of(pick) for _ in range(int(os.environ.get("LARDER_CASES", "3000")))]
    text = "".join(" ".join(f"{bits_of(value):x}" for value in values) + "\n" for values in lines)
    done = subprocess.run([program], input=text, capture_output=True, text=True, check=True, timeout=300)
    answers = done.stdout.splitlines()
    if len(answers) != len(lines):
        print(f"{len(answers)} answers to {len(lines)} lines")
        return 1
    for number, (values, answer) in enumerate(zip(lines, answers)):
        wanted = [f"{bits_of(value):016x}" for value in expected(values)]
        if answer.split() != wanted:
            print(f"LARDER_SEED={seed}, line {number + 1}: {values}\n  is     {answer}\n  wanted {' '.join(wanted)}")
            return 1
    print(f"{len(lines)} lines, {4 * len(lines)} results equal as bits")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
