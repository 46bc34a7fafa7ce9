#!/usr/bin/env python3
"""The generator's two forms give the same bits; shares are what was asked for; any row can be made alone.
Usage: generate_test.py PROGRAM (pit_generate)."""

import os
import subprocess
import sys
import tempfile
import unittest

import numpy
import pyarrow.compute
import pyarrow.parquet

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from generated_rows import GeneratedRows  # noqa: E402

PROGRAM = None
SHAPE = {"rows": 20_000, "keys": 500, "seed": 7, "late": 50, "ties": 10, "nulls": 10, "features": 3}


def written(shape):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "rows.parquet")
        subprocess.run([PROGRAM, path, *[f"{name}={value}" for name, value in shape.items()]], check=True)
        return pyarrow.parquet.read_table(path)


class Generated(unittest.TestCase):
    def check(self, **changes):
        shape = SHAPE | changes
        table = written(shape)
        made = GeneratedRows(shape).table(0, shape["rows"])
        self.assertEqual(table.column_names, made.column_names)
        for name in table.column_names:
            self.assertEqual(table[name].type, made[name].type, name)
            self.assertTrue(table[name].combine_chunks().equals(made[name].combine_chunks()), f"{name} differs: {shape}")
        return table

    def test_same_bits(self):
        for distribution in ("uniform", "zipf", "hot"):
            for in_order in (0, 1):
                self.check(distribution=distribution, sorted=in_order)
        self.check(type="float64", prefix="v1_")
        self.check(left=1, late=0, ties=0)
        self.check(seed=2**40 + 3, rows=3, keys=1)

    def test_a_row_alone(self):
        rows = GeneratedRows(SHAPE)
        whole = rows.table(0, SHAPE["rows"])
        for row in (0, 1, 999, 19_999):
            self.assertTrue(rows.table(row, 1).equals(whole.slice(row, 1).combine_chunks()))

    def test_shares(self):
        table = self.check(distribution="hot", rows=100_000, keys=1000)
        rows = table.num_rows
        keys = table["id"].to_numpy(zero_copy_only=False)
        self.assertAlmostEqual(numpy.mean(keys == 0), 0.1 + 0.9 / 1000, delta=0.005)
        self.assertAlmostEqual(table["f1"].null_count / rows, 11 / 1024, delta=0.002)
        self.assertAlmostEqual((table["id"].null_count + table["seen"].null_count) / rows, 0.001, delta=0.0005)
        lateness = pyarrow.compute.subtract(table["known"], table["seen"]).cast("int64").to_numpy(zero_copy_only=False)
        self.assertGreater(numpy.mean(lateness > 60_000_000), 0.045)

    def test_ties(self):
        table = self.check(rows=100_000, keys=1000, nulls=0, late=0)
        pairs = table.select(["id", "seen"]).group_by(["id", "seen"]).aggregate([])
        self.assertAlmostEqual(1 - pairs.num_rows / table.num_rows, 0.01, delta=0.002)
        triples = table.select(["id", "seen", "known"]).group_by(["id", "seen", "known"]).aggregate([])
        self.assertAlmostEqual(1 - triples.num_rows / table.num_rows, 0.001, delta=0.0006)

    def test_zipf(self):
        keys = self.check(distribution="zipf", rows=100_000, keys=1000, nulls=0)["id"].to_numpy()
        first, second = numpy.mean(keys == 0), numpy.mean(keys == 1)
        self.assertAlmostEqual(first, 1 / 7.485, delta=0.01)  # the 1,000th harmonic number
        self.assertAlmostEqual(first / second, 2, delta=0.2)

    def test_sorted_by_arrival(self):
        table = self.check(sorted=1, late=0, ties=0, nulls=0)
        self.assertTrue(numpy.all(numpy.diff(table["seen"].cast("int64").to_numpy()) >= 0))


if __name__ == "__main__":
    PROGRAM = sys.argv.pop(1)
    unittest.main()
