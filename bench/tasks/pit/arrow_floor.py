#!/usr/bin/env python3
"""The floor: Arrow alone reads the same input and writes the same output (that of Larder, which lies in memory before
the clock starts). With the sink "arrow" the output is copied in memory instead. Third argument: the output's file."""

import sys
import time

import pyarrow
import pyarrow.parquet

import contender

pyarrow.set_cpu_count(contender.THREADS)
pyarrow.set_io_thread_count(contender.THREADS)


def copied(table):
    """Copies every buffer, as a writer into memory must write it."""
    sink = pyarrow.BufferOutputStream()
    with pyarrow.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    return sink.getvalue()


def main():
    task, output = contender.settings(), sys.argv[2]
    result = pyarrow.parquet.read_table(sys.argv[3])
    began = time.monotonic()

    def work(_task, _output):
        for path in [task["left"]] + [view["path"] for view in task["views"]]:
            pyarrow.parquet.read_table(path)
        read = time.monotonic()
        if task["sink"] == "arrow":
            copied(result)
        else:
            pyarrow.parquet.write_table(result, output, use_dictionary=False, row_group_size=1_000_000)
        print(f"floor: read {read - began:.2f} s, write {time.monotonic() - read:.2f} s", file=sys.stderr)

    contender.perform(work, lambda _result, _path: None)


if __name__ == "__main__":
    main()
