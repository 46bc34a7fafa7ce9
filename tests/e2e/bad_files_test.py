#!/usr/bin/env python3
"""Files that are not what they should be: sources and entity tables. Each failure names the file and the remedy; nothing
is applied, and no output file appears."""

import gzip
import os
import signal
import time

import pyarrow
import pyarrow.parquet

import larder_project
from larder_project import ProjectTest, events_table, instants, rows_table

NOBODY = 65534  # a user without rights
CSV_HEAD = "k,t,x,n\n"
DEFINITIONS = """\
entities: [{name: k, type: string}]
sources: [{name: events, path: PATH, timestamp: t}]
feature_views: [{name: v, entities: [k], source: events, features: {x: float64, n: int64}}]
"""


def parquet_bytes(table):
    sink = pyarrow.BufferOutputStream()
    pyarrow.parquet.write_table(table, sink, compression="none", use_dictionary=False)
    return sink.getvalue().to_pybytes()


class FileTest(ProjectTest):
    def define(self, path):
        self.project.write("features/definitions.yaml", DEFINITIONS.replace("PATH", path))
        self.project.write("rows.parquet", rows_table())

    def train(self, reason, *shows, rows="rows.parquet", more=()):
        """Asking for a training set fails like this and leaves no output."""
        return self.project.fails(reason, "historical", "--entities", rows, "--features", "v", "--output", "train.parquet", *more, shows=shows)


class BadSources(FileTest):
    def refuse(self, path, content, *shows):
        """The file is refused by apply; and by historical when it gets like this after apply."""
        self.define(path)
        self.project.write(path, content)
        failure = self.project.fails("invalid_definition", "apply", "--yes", shows=(path, *shows))
        self.assertTrue(failure.places[0].startswith("features/definitions.yaml:2"), failure.places)
        return failure

    def after_apply(self, reason, path, content, *shows):
        """The file gets like this after a good one was applied."""
        self.define(path)
        self.project.write(path, events_table())
        self.project.run("apply", "--yes")
        self.project.write(path, content)
        failure = self.train(reason, *shows)
        online = self.project.fails(reason, "materialize", shows=shows)
        self.assertIn(failure.text.splitlines()[0], online.text)
        self.assertIn("NOT_FOUND", self.project.run("online", "--features", "v:x", "--key", "k=a"))

    def test_missing(self):
        self.define("events.parquet")
        self.project.write("events.parquet", events_table())
        self.project.run("apply", "--yes")
        os.remove(self.project.path("events.parquet"))
        self.train("file_not_found", "events.parquet")
        self.project.fails("file_not_found", "materialize", shows=["events.parquet"])
        self.project.fails("file_not_found", "explain", "v:x", "--key", "k=a", shows=["events.parquet"])

    def test_not_really_what_they_are_called(self):
        self.refuse("events.parquet", b"")
        self.refuse("events.parquet", b"k,t,x,n\na,2015-01-01T00:00:00Z,1,1\n", "Parquet")
        self.refuse("events.parquet", b"PAR1", "Parquet")
        self.refuse("events.parquet", b"PAR1" + b"\xff\xff\xff\x7f" + b"PAR1", "Parquet")
        self.refuse("events.arrow", b"")
        self.refuse("events.arrow", b"ARROW1\0\0 and nothing else", "Arrow")
        self.refuse("events.csv.gz", gzip.compress(b"k,t,x,n\n" + b"a,2015-01-01T00:00:00Z,1,1\n" * 100)[:60])
        self.refuse("events.csv", b"")
        self.refuse("events.csv", parquet_bytes(events_table()))

    def test_truncated_parquet(self):
        whole = parquet_bytes(events_table())
        for size in (4, 12, len(whole) // 2, len(whole) - 1):
            self.refuse("events.parquet", whole[:size], "Parquet")

    def test_bytes_of_a_parquet_file_that_flipped(self):
        """A file of which bytes were damaged anywhere is an error or gives the right columns: never a crash."""
        whole = parquet_bytes(events_table())
        self.define("events.parquet")
        for at in range(4, len(whole), max(1, len(whole) // 24)):
            self.project.write("events.parquet", whole[:at] + bytes([whole[at] ^ 0x55]) + whole[at + 1:])
            code, out, err = self.project.finished("--json", "plan")
            self.assertIn(code, (0, 1, 2), f"byte {at}: {out}{err}")
            self.assertNotIn("ERROR: AddressSanitizer", err, f"byte {at}")

    def test_ragged_csv(self):
        good = "a,2015-01-01T00:00:00Z,1.0,1\n"
        self.refuse("events.csv", CSV_HEAD + good + "a,2015-01-01T00:00:00Z,1.0\n", "events.csv:3")
        self.refuse("events.csv", CSV_HEAD + good + "a,2015-01-01T00:00:00Z,1.0,1,extra\n", "events.csv:3")
        self.refuse("events.csv", CSV_HEAD + good + '"a,2015-01-01T00:00:00Z,1.0,1\n', "events.csv:3")
        self.refuse("events.csv", CSV_HEAD + good + 'a"b"c,"x"y,1.0,1\n', "events.csv:3")
        self.refuse("events.csv", "k,t,x,k\n" + good, "events.csv", "k")

    def test_wrong_encoding(self):
        self.refuse("events.csv", "k,t,x,n\ncaf\u00e9,2015-01-01T00:00:00Z,1.0,1\n".encode("latin-1"), "events.csv:2", "UTF-8")
        self.refuse("events.csv", "k,t,x,n\na,2015-01-01T00:00:00Z,1.0,1\n".encode("utf-16"), "events.csv:1", "UTF-8")

    def test_a_byte_order_mark_is_no_part_of_the_first_name(self):
        self.define("events.csv")
        self.project.write("events.csv", b"\xef\xbb\xbfk,t,x,n\na,2015-01-01T00:00:00Z,1.0,1\n")
        self.project.run("apply", "--yes")

    def test_unreadable(self):
        self.define("events.parquet")
        os.mkdir(self.project.path("folder.parquet"))
        os.symlink("loop.parquet", self.project.path("loop.parquet"))
        os.mkfifo(self.project.path("pipe.parquet"))
        for path in ("folder.parquet", "loop.parquet", "pipe.parquet"):
            self.define(path)
            self.project.fails("invalid_definition", "apply", "--yes", shows=[path])
        if os.geteuid() != 0:
            self.skipTest("SKIPPED: files of other users need root")
        self.define("events.parquet")
        path = self.project.write("events.parquet", events_table())
        os.chmod(path, 0o600)
        os.chmod(self.project.folder, 0o777)
        self.project.fails("invalid_definition", "apply", "--yes", shows=["events.parquet", "ermission"], user=NOBODY)
        os.chmod(path, 0o644)
        rows = self.project.write("rows.parquet", rows_table())
        os.chmod(rows, 0o600)
        self.project.run("apply", "--yes", user=NOBODY)
        self.train_as_nobody("permission_denied", "rows.parquet")

    def train_as_nobody(self, reason, *shows):
        self.project.fails(reason, "historical", "--entities", "rows.parquet", "--features", "v", shows=shows, user=NOBODY)

    def test_types_that_differ_between_files(self):
        self.define("events/*.parquet")
        self.project.write("events/1.parquet", events_table())
        other = events_table()
        other = other.set_column(2, "x", pyarrow.array(["one", "two", "three"]))
        self.project.write("events/2.parquet", other)
        self.project.fails("invalid_definition", "apply", "--yes", shows=["'x'", "events/1.parquet", "events/2.parquet", "double", "string"])
        os.remove(self.project.path("events/2.parquet"))
        self.project.run("apply", "--yes")
        self.project.write("events/2.parquet", other)
        self.train("type_mismatch", "'x'", "events/1.parquet", "events/2.parquet")
        self.project.fails("type_mismatch", "materialize", shows=["'x'", "events/1.parquet", "events/2.parquet"])

    def test_what_files_become_after_apply(self):
        self.after_apply("invalid_file", "events.parquet", b"", "events.parquet", "empty")
        self.after_apply("invalid_file", "events.parquet", b"no Parquet at all", "events.parquet", "Parquet")
        self.after_apply("damaged", "events.parquet", parquet_bytes(events_table())[:-5], "events.parquet", "Parquet")
        self.after_apply("missing_column", "events.parquet", events_table().drop_columns(["x"]), "events.parquet", "'x'")
        self.after_apply("type_mismatch", "events.parquet", events_table().set_column(2, "x", pyarrow.array([True, False, None])), "'events'", "'x'", "bool", "float64")

    def test_a_file_without_the_key_of_the_others(self):
        self.define("events/*.parquet")
        self.project.write("events/1.parquet", events_table())
        self.project.run("apply", "--yes")
        self.project.write("events/2.parquet", events_table().rename_columns(["K", "t", "x", "n"]))
        self.train("missing_column", "events/2.parquet", "'k'")
        self.project.fails("missing_column", "materialize", shows=["events/2.parquet", "'k'"])

    def test_a_key_that_is_too_long(self):
        self.define("events.parquet")
        self.project.write("events.parquet", events_table().set_column(0, "k", pyarrow.array(["a", "\u00e9" * 33_000, "b"])))
        self.project.run("apply", "--yes")
        self.project.fails("limit_exceeded", "materialize", shows=["66002 bytes", "\u00e9", "2015-01-01T12:00:00Z", "where"])

    def test_csv_that_does_not_fit_its_record(self):
        self.define("events.csv")
        self.project.write("events.csv", CSV_HEAD + "a,2015-01-01T00:00:00Z,1.0,1\n")
        self.project.run("apply", "--yes")
        self.project.write("events.csv", CSV_HEAD + "a,2015-01-01T00:00:00Z,1.0,1\nb,2015-01-01T00:00:00Z,1.0,many\n")
        self.train("invalid_data", "events.csv:3", "column 'n'", "many", "int64")
        self.project.fails("invalid_data", "materialize", shows=["events.csv:3"])


class TimesAtTheEdge(FileTest):
    def test_nanoseconds_that_do_not_fit(self):
        self.define("events.parquet")
        nanoseconds = pyarrow.array([1_420_070_400_000_000_000, 1_420_070_400_000_000_001, 1_420_070_400_000_001_000], pyarrow.timestamp("ns"))
        self.project.write("events.parquet", events_table().set_column(1, "t", nanoseconds))
        self.project.run("apply", "--yes")
        self.train("inexact_value", "events.parquet", "row 2", "t")
        self.project.write("events.parquet", events_table())
        self.project.write("rows.parquet", rows_table().set_column(1, "event_timestamp", nanoseconds))
        self.train("inexact_value", "rows.parquet", "row 2", "event_timestamp")

    def test_nanoseconds_in_text(self):
        self.define("events.parquet")
        self.project.write("events.parquet", events_table())
        self.project.run("apply", "--yes")
        self.project.write("rows.csv", "k,event_timestamp\na,2015-01-03T00:00:00.123456Z\na,2015-01-03T00:00:00.123456789Z\n")
        self.train("inexact_value", "rows.csv:3", "2015-01-03T00:00:00.123456789Z", rows="rows.csv")

    def test_the_years_1_and_9999(self):
        self.define("events.csv")
        self.project.write("events.csv", CSV_HEAD + "a,0001-01-01T00:00:00Z,1.0,1\na,9999-12-31T23:59:59.999999Z,2.0,2\n")
        self.project.run("apply", "--yes")
        self.project.write("rows.csv", "k,event_timestamp\na,0001-01-01T00:00:00Z\na,9999-12-31T23:59:59.999998Z\na,9999-12-31T23:59:59.999999Z\n")
        self.project.run("historical", "--entities", "rows.csv", "--features", "v", "--output", "train.csv")
        with open(self.project.path("train.csv"), encoding="utf-8") as file:
            lines = file.read().splitlines()
        self.assertEqual([line.split(",")[1:] for line in lines[1:]],
                         [["0001-01-01T00:00:00Z", "1.0", "1"], ["9999-12-31T23:59:59.999998Z", "1.0", "1"], ["9999-12-31T23:59:59.999999Z", "2.0", "2"]])
        os.remove(self.project.path("train.csv"))

    def test_years_beyond(self):
        self.define("events.parquet")
        self.project.write("events.parquet", events_table())
        self.project.run("apply", "--yes")
        for text in ("0000-01-01T00:00:00Z", "10000-01-01T00:00:00Z", "2015-02-29T00:00:00Z", "2015-01-01T24:00:01Z", "yesterday"):
            self.project.write("rows.csv", f"k,event_timestamp\na,2015-01-03T00:00:00Z\na,{text}\n")
            code, _, err = self.project.finished("--json", "historical", "--entities", "rows.csv", "--features", "v", "--output", "train.parquet")
            self.assertEqual(code, 2, text + err)
            self.assertIn("rows.csv", err)
            self.assertFalse(os.path.exists(self.project.path("train.parquet")))
            self.project.fails("invalid_timestamp", "online", "--features", "v", "--key", "k=a", "--now", text, shows=[text])
            self.project.fails("invalid_timestamp", "materialize", "--to", text, shows=[text])
            self.project.fails("invalid_timestamp", "materialize", "--from", text, shows=[text])

    def test_seconds_that_overflow(self):
        self.define("events.arrow")
        for seconds in (2**62, -2**62):
            self.project.write("events.arrow", events_table().set_column(1, "t", pyarrow.array([0, seconds, 0], pyarrow.timestamp("s"))))
            self.project.run("apply", "--yes")
            self.train("value_out_of_range", "events.arrow", "row 2", "t")


class BadEntityTables(FileTest):
    def setUp(self):
        super().setUp()
        self.define("events.parquet")
        self.project.write("events.parquet", events_table())
        self.project.run("apply", "--yes")

    def refuse(self, reason, content, *shows, name="other.parquet", more=()):
        self.project.write(name, content)
        return self.train(reason, name, *shows, rows=name, more=more)

    def test_columns_that_are_missing_or_ambiguous(self):
        rows = rows_table()
        self.refuse("missing_column", rows.drop_columns(["k"]), "'k'")
        self.refuse("missing_column", rows.rename_columns(["K", "event_timestamp", "amount"]), "'k'", "'K'")
        self.refuse("missing_column", rows.drop_columns(["event_timestamp"]), "event_timestamp", "--timestamp")
        two = rows.rename_columns(["k", "at", "amount"]).append_column("seen", rows["event_timestamp"])
        self.refuse("ambiguous_column", two, "at", "seen", "--timestamp")
        self.refuse("missing_column", two, "'seem'", "did you mean 'seen'?", more=("--timestamp", "seem"))
        self.refuse("type_mismatch", two, "amount", more=("--timestamp", "amount"))
        twice = pyarrow.Table.from_arrays([rows["k"], rows["k"], rows["event_timestamp"]], names=["k", "k", "event_timestamp"])
        self.refuse("invalid_file", twice, "'k'")

    def test_files(self):
        self.train("file_not_found", "nowhere.parquet", rows="nowhere.parquet")
        self.refuse("invalid_file", b"", "empty")
        self.refuse("invalid_file", b"", "empty", name="other.csv")
        self.refuse("invalid_file", b"no Parquet at all", "Parquet")
        self.refuse("damaged", parquet_bytes(rows_table())[:-20], "Parquet")
        self.refuse("invalid_file", "k,event_timestamp\na,2015-01-01,1\n", "other.csv:2", name="other.csv")
        self.refuse("invalid_file", "k,event_timestamp\ncaf\u00e9,2015-01-01\n".encode("latin-1"), "other.csv:2", "UTF-8", name="other.csv")
        self.refuse("invalid_file", "k\ta\n", "other.txt", ".parquet", name="other.txt")
        os.mkdir(self.project.path("folder.parquet"))
        self.train("invalid_file", "folder.parquet", rows="folder.parquet")

    def test_outputs_that_cannot_be_written(self):
        def refuse(reason, output, *shows):
            self.project.fails(reason, "historical", "--entities", "rows.parquet", "--features", "v", "--output", output, shows=shows)
        refuse("invalid_file", "train.txt", "train.txt", ".parquet")
        refuse("file_not_found", "nowhere/train.parquet", "nowhere")
        os.mkdir(self.project.path("folder.parquet"))
        refuse("invalid_file", "folder.parquet", "folder.parquet")

    def test_a_key_of_the_wrong_type(self):
        rows = rows_table()
        self.refuse("type_mismatch", rows.set_column(0, "k", pyarrow.array([1, 2, 3])), "'k'", "string")
        self.refuse("type_mismatch", rows.set_column(0, "k", pyarrow.array([1.5, 2, 3])), "'k'")

    def test_an_output_keeps_its_old_content_on_failure(self):
        self.project.write("train.parquet", b"what was there before")
        self.refuse("missing_column", rows_table().drop_columns(["k"]), "'k'")
        with open(self.project.path("train.parquet"), "rb") as file:
            self.assertEqual(file.read(), b"what was there before")


class FileReplacedWhileRead(FileTest):
    ROW_COUNT = 400_000

    def table(self, value):
        count = self.ROW_COUNT
        return pyarrow.table({"k": pyarrow.array([f"key{i}" for i in range(count)]), "t": instants("2015-01-01T00:00:00Z").take([0] * count),
                              "x": pyarrow.array([value]).take([0] * count), "n": pyarrow.array(range(count))})

    def stopped_while_it_reads(self):
        """Starts a training set and stops the process when it has the source open; returns the process."""
        process = self.project.start("--json", "historical", "--entities", "rows.parquet", "--features", "v", "--output", "train.parquet")
        folder = f"/proc/{process.pid}/fd"
        deadline = time.monotonic() + larder_project.COMMAND_SECONDS
        while process.poll() is None and time.monotonic() < deadline:
            with self.quiet():
                if any(os.readlink(f"{folder}/{name}").endswith("/events.parquet") for name in os.listdir(folder)):
                    process.send_signal(signal.SIGSTOP)
                    return process
        self.fail("it never opened the source: " + process.communicate()[1].decode())

    class quiet:
        """Passes over descriptors that were closed meanwhile."""
        def __enter__(self):
            return self

        def __exit__(self, kind, *_):
            return kind is not None and issubclass(kind, OSError)

    def read_with(self, replace):
        self.define("events.parquet")
        first = parquet_bytes(self.table(1.0))
        self.project.write("events.parquet", first)
        self.project.write("rows.parquet", pyarrow.table({"k": [f"key{i}" for i in range(0, self.ROW_COUNT, 7)],
                                                          "event_timestamp": instants("2015-01-03T00:00:00Z").take([0] * len(range(0, self.ROW_COUNT, 7)))}))
        self.project.run("apply", "--yes")
        process = self.stopped_while_it_reads()
        replace()
        process.send_signal(signal.SIGCONT)
        _, err = process.communicate(timeout=larder_project.COMMAND_SECONDS)
        if process.returncode == 0:
            values = set(pyarrow.parquet.read_table(self.project.path("train.parquet"))["x"].to_pylist())
            self.assertEqual(values, {1.0}, "rows of two files in one answer")
            return None
        self.assertEqual(process.returncode, 1, err)
        self.assertEqual(os.listdir(self.project.folder).count("train.parquet"), 0)
        return err.decode()

    def test_written_over(self):
        """The bytes change under the reader: it must notice."""
        second = parquet_bytes(self.table(2.0))
        err = self.read_with(lambda: self.project.write("events.parquet", second))
        self.assertIsNotNone(err, "the change of the file was not noticed")
        self.assertIn('"reason":"file_changed"', err)
        self.assertIn("events.parquet", err)

    def test_renamed_over(self):
        """The old file lives on while it is open: the answer is of one file, or an error."""
        def replace():
            other = self.project.write("events.new", parquet_bytes(self.table(2.0)))
            os.replace(other, self.project.path("events.parquet"))
        err = self.read_with(replace)
        if err is not None:
            self.assertIn('"reason":"file_changed"', err)

    def test_cut_short(self):
        err = self.read_with(lambda: os.truncate(self.project.path("events.parquet"), 1000))
        self.assertIsNotNone(err, "the change of the file was not noticed")
        self.assertIn('"reason":"file_changed"', err)


if __name__ == "__main__":
    larder_project.main()
