#!/usr/bin/env python3
"""Compares the output of a contender with that of Larder: every value of every row. Usage: compare.py OURS THEIRS
ordered|unordered. Prints JSON: rows, differ (rows), of them lost (theirs is null where ours is not), found (the other
way), other (both have a value, not the same), and the first example. Unordered outputs are compared by the sums of a
hash of each row and of each column: differ is then 0, or the number of columns whose sums differ."""

import json
import sys

import numpy
import pyarrow
import pyarrow.parquet

BATCH_ROWS = 500_000
PRIME = numpy.uint64(0x9E3779B97F4A7C15)


def batches(path):
    """Yields tables of BATCH_ROWS rows, the last one shorter."""
    kept = []
    for batch in pyarrow.parquet.ParquetFile(path).iter_batches(BATCH_ROWS):
        kept.append(pyarrow.table(batch))
        rows = pyarrow.concat_tables(kept)
        kept = [rows.slice(BATCH_ROWS)] if rows.num_rows >= BATCH_ROWS else [rows]
        if rows.num_rows >= BATCH_ROWS:
            yield rows.slice(0, BATCH_ROWS)
    if kept and kept[0].num_rows > 0:
        yield kept[0]


def bits(column):
    """Returns (values as uint64 with 0 for null, is null); instants in microseconds, numbers by their bits."""
    if pyarrow.types.is_timestamp(column.type):
        column = column.cast(pyarrow.timestamp("us", column.type.tz)).cast(pyarrow.int64())
    null = column.is_null().to_numpy(zero_copy_only=False)
    values = column.fill_null(0).to_numpy()
    width = {4: numpy.uint32, 8: numpy.uint64}[values.dtype.itemsize]
    return numpy.where(null, numpy.uint64(0), values.view(width).astype(numpy.uint64)), null


def ordered(ours, theirs):
    rows = differ = lost = found = other = 0
    example = None
    for a, b in zip(batches(ours), batches(theirs), strict=True):
        if a.num_rows != b.num_rows:
            raise SystemExit("the number of rows differs")
        row_lost, row_found, row_other = (numpy.zeros(a.num_rows, dtype=bool) for _ in range(3))
        for name in a.column_names:
            (x, x_null), (y, y_null) = bits(a[name].combine_chunks()), bits(b[name].combine_chunks())
            row_lost |= ~x_null & y_null
            row_found |= x_null & ~y_null
            row_other |= ~x_null & ~y_null & (x != y)
        wrong = row_lost | row_found | row_other
        if example is None and wrong.any():
            row = int(numpy.argmax(wrong))
            example = {"row": rows + row, "ours": str(a.slice(row, 1).to_pylist()[0]), "theirs": str(b.slice(row, 1).to_pylist()[0])}
        rows += a.num_rows
        differ, lost, found, other = differ + int(wrong.sum()), lost + int(row_lost.sum()), found + int(row_found.sum()), other + int(row_other.sum())
    return {"rows": rows, "differ": differ, "lost": lost, "found": found, "other": other, "example": example}


def sums(path):
    """Returns the number of rows and the sums of hashes: of rows, and of each column."""
    rows, total, names = 0, numpy.uint64(0), {}
    for table in batches(path):
        row = numpy.zeros(table.num_rows, dtype=numpy.uint64)
        for name in table.column_names:
            value, null = bits(table[name].combine_chunks())
            value = (value + null + numpy.uint64(1)) * PRIME
            value ^= value >> numpy.uint64(29)
            names[name] = names.get(name, numpy.uint64(0)) + value.sum(dtype=numpy.uint64)
            row = (row ^ value) * PRIME
        rows, total = rows + table.num_rows, total + (row ^ (row >> numpy.uint64(31))).sum(dtype=numpy.uint64)
    return rows, {"the rows": total} | names


def unordered(ours, theirs):
    (rows, a), (their_rows, b) = sums(ours), sums(theirs)
    wrong = [name for name in a if a[name] != b.get(name)]
    return {"rows": rows, "differ": len(wrong) + abs(rows - their_rows), "columns": wrong}


if __name__ == "__main__":
    print(json.dumps((ordered if sys.argv[3] == "ordered" else unordered)(*sys.argv[1:3])))
