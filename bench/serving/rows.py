"""The rows of the serving benchmarks: float64 features by entity, any of which can be made alone, so that Larder, Feast and
the comparison of answers all see the same values whatever their number of entities."""

import numpy
import pyarrow
import pyarrow.parquet

CHUNK = 100_000
TIME_US = 1_767_225_600_000_000  # 2026-01-01T00:00:00Z


def values(first, count, feature):
    """Returns feature number `feature` of entities first, first + 1, ...: a hash of both (splitmix64), from 0 to 1."""
    with numpy.errstate(over="ignore"):
        word = numpy.arange(first, first + count, dtype=numpy.uint64) * numpy.uint64(1 << 10) + numpy.uint64(feature)
        word += numpy.uint64(0x9E3779B97F4A7C15)
        word = (word ^ (word >> numpy.uint64(30))) * numpy.uint64(0xBF58476D1CE4E5B9)
        word = (word ^ (word >> numpy.uint64(27))) * numpy.uint64(0x94D049BB133111EB)
        word ^= word >> numpy.uint64(31)
    return (word >> numpy.uint64(11)).astype(numpy.float64) / float(1 << 53)


def table(first, count, features):
    return pyarrow.table({f"f{feature}": values(first, count, feature) for feature in range(features)})


def write(path, count, features, keyed):
    """Writes the rows of entities 0 to count - 1; `keyed`: with their key and event time, else the features alone."""
    writer = None
    for first in range(0, count, CHUNK):
        length = min(CHUNK, count - first)
        rows = table(first, length, features)
        if keyed:
            times = pyarrow.array(numpy.full(length, TIME_US), pyarrow.timestamp("us", "UTC"))
            rows = rows.add_column(0, "event_timestamp", times).add_column(0, "id", pyarrow.array(numpy.arange(first, first + length)))
        writer = writer or pyarrow.parquet.ParquetWriter(path, rows.schema, compression="none")
        writer.write_table(rows)
    writer.close()
