"""The tables of the point-in-time tasks in numpy: the same bits as generated_rows.cc, for any range of rows. Arguments
are those of pit_generate (generate.cc)."""

import numpy
import pyarrow

BEGIN_US = 1_735_689_600_000_000
DAY_US = 86_400_000_000
SPAN_US = 30 * DAY_US
MINUTE_US = 60_000_000
GOLDEN = 0x9E3779B97F4A7C15
KEY, TIME, LATE, KNOWN, TIE, NULL, FEATURES = range(7)
INSTANT = pyarrow.timestamp("us", "UTC")


def mix(x):
    x = (x ^ (x >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
    return x ^ (x >> numpy.uint64(31))


class GeneratedRows:
    """Gives columns by row numbers (arrays of uint64)."""

    def __init__(self, shape):
        self.shape = {"rows": 0, "keys": 1, "seed": 0, "late": 0, "ties": 0, "nulls": 0, "sorted": 0, "left": 0, "features": 0,
                      "distribution": "uniform", "type": "float32", "prefix": "f"} | shape
        weights = numpy.uint64(1 << 40) // numpy.arange(1, self.shape["keys"] + 1, dtype=numpy.uint64)
        self.zipf_ends = numpy.cumsum(weights, dtype=numpy.uint64)

    def number(self, name):
        return numpy.uint64(self.shape[name])

    def hash(self, stream, row):
        seed = numpy.array([(self.shape["seed"] * (1 << 16) + stream) % (1 << 64)], dtype=numpy.uint64)
        return mix(mix(seed) + (row + numpy.uint64(1)) * numpy.uint64(GOLDEN))

    def key_of(self, row):
        hashed = self.hash(KEY, row)
        if self.shape["distribution"] == "zipf":
            return numpy.searchsorted(self.zipf_ends, hashed % self.zipf_ends[-1], side="right").astype(numpy.int64)
        if self.shape["distribution"] == "hot":
            others = hashed // numpy.uint64(10) % self.number("keys")
            return numpy.where(hashed % numpy.uint64(10) == 0, numpy.uint64(0), others).astype(numpy.int64)
        return (hashed % self.number("keys")).astype(numpy.int64)

    def arrival_us(self, row):
        hashed = self.hash(TIME, row)
        if not self.shape["sorted"]:
            return BEGIN_US + (hashed % numpy.uint64(SPAN_US)).astype(numpy.int64)
        step_us = numpy.uint64(SPAN_US // self.shape["rows"])
        return BEGIN_US + (row * step_us + hashed % step_us).astype(numpy.int64)

    def seen_us_of(self, row):
        hashed = self.hash(LATE, row)
        late_us = hashed // numpy.uint64(1000) % numpy.uint64(2 * DAY_US)
        return self.arrival_us(row) - numpy.where(hashed % numpy.uint64(1000) < self.number("late"), late_us, numpy.uint64(0)).astype(numpy.int64)

    def known_us_of(self, row):
        return self.arrival_us(row) + (self.hash(KNOWN, row) % numpy.uint64(MINUTE_US)).astype(numpy.int64)

    def is_tie(self, row):
        return (row > 0) & (self.hash(TIE, row) % numpy.uint64(1000) < self.number("ties"))

    def repeated(self, row):
        within = numpy.maximum(numpy.minimum(row, numpy.uint64(1000)), numpy.uint64(1))
        back = numpy.uint64(1) + self.hash(TIE, row) // numpy.uint64(1000) % within
        return numpy.where(self.is_tie(row), row - numpy.minimum(back, row), row)

    def is_null(self, row, which):
        hashed = self.hash(NULL, row)
        return (hashed % numpy.uint64(10_000) < self.number("nulls")) & (hashed // numpy.uint64(10_000) % numpy.uint64(2) == which)

    def known_us(self, row):
        repeats = self.is_tie(row) & ((self.hash(TIE, row) >> numpy.uint64(40)) % numpy.uint64(10) == 0)
        return self.known_us_of(numpy.where(repeats, self.repeated(row), row))

    def feature(self, index, row):
        hashed = self.hash(FEATURES + index, row)
        null = (hashed & numpy.uint64(1023)) * numpy.uint64(1000) < self.number("nulls") * numpy.uint64(1024)
        if self.shape["type"] == "float64":
            values = ((hashed >> numpy.uint64(11)).astype(numpy.int64) - (1 << 52)).astype(numpy.float64) * numpy.float64(2.0**-51)
        else:
            values = ((hashed >> numpy.uint64(40)).astype(numpy.int32) - (1 << 23)).astype(numpy.float32) * numpy.float32(2.0**-22)
        return pyarrow.array(values, mask=null)

    def table(self, begin, count):
        """Returns the rows [begin, begin + count)."""
        row = numpy.arange(begin, begin + count, dtype=numpy.uint64)
        base = self.repeated(row)
        columns = {"id": pyarrow.array(self.key_of(base), mask=self.is_null(row, 0))}
        seen = pyarrow.array(self.seen_us_of(base), mask=self.is_null(row, 1)).cast(INSTANT)
        columns["event_timestamp" if self.shape["left"] else "seen"] = seen
        if not self.shape["left"]:
            columns["known"] = pyarrow.array(self.known_us(row)).cast(INSTANT)
            for i in range(self.shape["features"]):
                columns[f"{self.shape['prefix']}{i}"] = self.feature(i, row)
        return pyarrow.table(columns)
