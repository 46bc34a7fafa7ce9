#!/usr/bin/env python3
"""Registries, online stores, disks and ports that cannot be used: each is told with what to do, nothing changes, and what
can still be answered is answered."""

import contextlib
import ctypes
import glob
import os
import shutil
import socket
import sqlite3
import unittest

import pyarrow

import larder_project
from larder_project import ProjectTest, instants

NOBODY = 65534
READERS = (["list"], ["plan"], ["apply", "--yes"], ["describe", "entity", "k"], ["versions", "entity", "k"],
           ["historical", "--entities", "rows.parquet", "--features", "v"], ["materialize"],
           ["online", "--features", "v:x", "--key", "k=a"], ["push", "v", "push.csv"], ["explain", "v:x", "--key", "k=a"])


def read(path):
    with open(path, "rb") as file:
        return file.read()


def push_rows(key="z"):
    return f"k,t,x,n\n{key},2015-01-05T00:00:00Z,9.0,90\n"


class StoreTest(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied()
        self.project.write("push.csv", push_rows())

    def all_fail(self, reason, commands, shows):
        for command in commands:
            self.project.fails(reason, *command, shows=shows)

    def still_well(self):
        self.assertIn("2.0", self.project.run("online", "--features", "v:x", "--key", "k=a"))


class Registries(StoreTest):
    def setUp(self):
        super().setUp()
        self.registry = self.project.path(".larder/registry.db")

    def test_newer(self):
        with contextlib.closing(sqlite3.connect(self.registry)) as connection:
            connection.execute("PRAGMA user_version = 999")
            connection.commit()
        self.all_fail("newer_format", (*READERS, ["serve"]), ["registry.db", "999"])

    def test_damaged(self):
        whole = read(self.registry)
        for content in (b"no database", whole[:100], whole[:5000], whole[:4096] + bytes(4096) + whole[8192:], b"\0" * len(whole)):
            self.project.write(".larder/registry.db", content)
            self.all_fail("damaged", (*READERS[:3], ["serve"]), ["registry.db", "backup"])

    def test_of_another_program(self):
        os.remove(self.registry)
        with contextlib.closing(sqlite3.connect(self.registry)) as connection:
            connection.execute("CREATE TABLE other (a)")
            connection.commit()
        self.all_fail("damaged", READERS[:3], ["registry.db"])

    def test_a_bit_flipped_anywhere(self):
        """Whatever byte of the registry is wrong: an error or an answer, no crash."""
        whole = read(self.registry)
        for at in range(0, len(whole), len(whole) // 40):
            self.project.write(".larder/registry.db", whole[:at] + bytes([whole[at] ^ 0x41]) + whole[at + 1:])
            code, out, err = self.project.finished("--json", "plan")
            self.assertIn(code, (0, 1, 2), f"byte {at}: {out}{err}")
            self.assertNotIn("Sanitizer", err)

    def test_locked(self):
        with contextlib.closing(sqlite3.connect(self.registry, isolation_level=None)) as connection:
            connection.execute("BEGIN EXCLUSIVE")
            self.project.write("features/more.yaml", "entities: [{name: other, type: string}]\n")
            before = self.project.files()
            code, out, err = self.project.finished("--json", "apply", "--yes")
            self.assertEqual(code, 1, out + err)
            self.assertIn('"reason":"locked"', err)
            self.assertIn("another process", err)
            self.assertEqual(self.project.files(), before)
            connection.execute("ROLLBACK")
        self.project.run("apply", "--yes")

    @unittest.skipUnless(os.geteuid() == 0, "SKIPPED: rights of other users need root")
    def test_deleting_needs_a_word(self):
        """Without a terminal nobody can be asked: what deletes must be wanted explicitly."""
        definitions = read(self.project.path("features/definitions.yaml"))
        self.project.write("features/definitions.yaml", "entities: []\n")
        self.project.fails("usage", "apply", shows=["--yes", "deletes"])
        self.assertNotEqual(self.project.json("list"), [])
        self.project.run("apply", "--yes")
        self.assertEqual(self.project.json("list"), [])
        self.project.write("features/definitions.yaml", definitions)
        self.project.run("apply")

    def test_read_only(self):
        os.chmod(self.project.folder, 0o755)
        self.project.write("features/more.yaml", "entities: [{name: other, type: string}]\n")
        failure = self.project.fails("read_only", "apply", "--yes", user=NOBODY)
        self.assertIn("registry.db", failure.text)

    def test_a_folder_in_its_place(self):
        os.remove(self.registry)
        os.mkdir(self.registry)
        self.assertIn(self.project.finished("apply", "--yes")[0], (1, 2))
        self.project.write("larder.yaml", "project: shop\nregistry: {path: events.parquet/registry.db}\n")
        code, _, err = self.project.finished("--json", "apply", "--yes")
        self.assertIn(code, (1, 2, 3), err)
        self.assertIn("registry", err)

    def test_a_project_without_a_registry(self):
        shutil.rmtree(self.project.path(".larder"))
        self.assertEqual(self.project.json("list"), [])
        self.project.fails("unknown_object", "online", "--features", "v:x", "--key", "k=a", shows=["'v'"])
        self.project.fails("unknown_object", "describe", "entity", "k")
        self.project.fails("unknown_object", "versions", "entity", "k", shows=["'k'", "applied"])
        self.assertFalse(os.path.exists(self.project.path(".larder/registry.db")), "reading made a registry")


class OnlineStores(StoreTest):
    OWNERS = (["materialize"], ["online", "--features", "v:x", "--key", "k=a"], ["push", "v", "push.csv"], ["explain", "v:x", "--key", "k=a"],
              ["describe", "feature_view", "v"])

    def setUp(self):
        super().setUp()
        self.project.run("materialize")
        self.store = self.project.path(".larder/online")

    def test_newer(self):
        format_file = os.path.join(self.store, "FORMAT")
        with open(format_file, encoding="utf-8") as file:
            text = file.read()
        number = [word for word in text.split() if word.isdigit()][-1]
        with open(format_file, "w", encoding="utf-8") as file:
            file.write(text.replace(number, "999"))
        self.all_fail("newer_format", (*self.OWNERS, ["serve"]), ["999"])
        with open(format_file, "w", encoding="utf-8") as file:
            file.write("nonsense")
        self.all_fail("damaged", self.OWNERS, ["FORMAT"])
        with open(format_file, "w", encoding="utf-8") as file:
            file.write(text)
        self.still_well()

    def test_damaged_manifest(self):
        for name in ("CURRENT", os.path.basename(sorted(glob.glob(os.path.join(self.store, "MANIFEST-*")))[-1])):
            kept = read(os.path.join(self.store, name))
            self.project.write(f".larder/online/{name}", b"nonsense")
            self.all_fail("damaged", self.OWNERS[:3], ["online"])
            self.project.write(f".larder/online/{name}", kept)
        self.still_well()

    def test_a_damaged_table_is_never_served(self):
        """Every byte of the files that hold rows: the right answer or an error."""
        tables = glob.glob(os.path.join(self.store, "*.sst"))
        self.assertTrue(tables)
        for path in tables:
            whole = read(path)
            for at in range(0, len(whole), max(1, len(whole) // 12)):
                with open(path, "wb") as file:
                    file.write(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1:])
                code, out, err = self.project.finished("--json", "online", "--features", "v", "--key", "k=a", "--key", "k=b")
                if code == 0:
                    self.assertIn('"values":[2.0,3.0]', out, f"{path} byte {at}")
                else:
                    self.assertIn('"reason":"damaged"', err, f"{path} byte {at}")
            with open(path, "wb") as file:
                file.write(whole)
        self.still_well()

    def test_a_damaged_row_fails_with_its_name(self):
        """One request names every damaged row of it; without them it is answered, inside a server too."""
        count = 6000
        keys = [f"key{i:04}" for i in range(count)]
        self.project.write("events.parquet", pyarrow.table({"k": keys, "t": instants("2015-01-01T10:00:00Z").take([0] * count),
                                                            "x": [float(i) for i in range(count)], "n": range(count)}))
        self.project.run("materialize")
        path = max(glob.glob(os.path.join(self.store, "*.sst")), key=os.path.getsize)
        whole = read(path)
        self.assertGreater(len(whole), 40_000, "one block only: this test shows nothing")
        with open(path, "wb") as file:
            file.write(whole[:200] + bytes([whole[200] ^ 0x10]) + whole[201:])
        with self.project.serving() as server:
            body = {"entities": {"k": ["key5999", "key0001", "nobody", "key0002"]}, "features": ["v:x", "v:n"]}
            failure = server.refuses(503, "damaged", "/get-online-features", body,
                                     shows=["'v'", "k=key0001 (row 2)", "k=key0002 (row 4)", "leave these keys out", "larder restore"])
            self.assertNotIn("key5999", failure.text)
            self.assertNotIn("nobody", failure.text)
            many = {"entities": {"k": [f"key{i:04}" for i in range(20)]}, "features": ["v:x"]}
            server.refuses(503, "damaged", "/get-online-features", many, shows=["k=key0000 (row 1)", "and 15 more"])
            body["entities"]["k"] = ["key5999", "nobody"]
            code, answer = server.post("/get-online-features", body)
            self.assertEqual((code, answer["results"][1]["values"]), (200, [5999.0, None]), answer)
        self.project.fails("damaged", "online", "--features", "v:x", "--key", "k=key0003", shows=["k=key0003 (row 1)"])
        self.project.fails("damaged", "explain", "v:x", "--key", "k=key0003", shows=["k=key0003"])
        # Whether the new row is newer than the damaged one cannot be told.
        self.project.write("push.csv", push_rows("key0003"))
        self.project.fails("damaged", "push", "v", "push.csv", "--to", "online", shows=["v/1"])

    def test_missing_table_file(self):
        tables = glob.glob(os.path.join(self.store, "*.sst"))
        os.rename(tables[0], tables[0] + ".away")
        code, _, err = self.project.finished("--json", "online", "--features", "v:x", "--key", "k=a")
        self.assertEqual(code, 1, err)
        self.assertIn('"reason":"damaged"', err)
        os.rename(tables[0] + ".away", tables[0])
        self.still_well()

    def test_locked(self):
        """A process that owns the store and answers nobody."""
        with self.project.serving() as server:
            os.rename(self.project.path(".larder/serve.sock"), self.project.path(".larder/hidden.sock"))
            self.all_fail("locked", self.OWNERS, ["larder serve"])
            self.project.fails("locked", "serve", "--listen", "127.0.0.1:0", shows=["larder serve"])
            os.rename(self.project.path(".larder/hidden.sock"), self.project.path(".larder/serve.sock"))
            self.assertEqual(server.request("GET", "/health")[0], 200)
        self.still_well()

    def test_commands_wait_for_one_another(self):
        """Several at once without a server: each has the store for a moment."""
        running = [self.project.start("online", "--features", "v:x", "--key", "k=a") for _ in range(5)]
        for process in running:
            _, err = process.communicate(timeout=60)
            self.assertEqual(process.returncode, 0, err.decode())

    def test_of_another_registry(self):
        """Generations of equal numbers are not of equal content: rows of a lost registry are never served."""
        away = self.project.path("registry.away")
        files = glob.glob(self.project.path(".larder/registry.db*"))
        os.mkdir(away)
        for file in files:
            os.rename(file, os.path.join(away, os.path.basename(file)))
        self.project.run("apply", "--yes")
        self.all_fail("conflict", self.OWNERS, ["another registry", "materialize again"])
        self.project.fails("conflict", "serve", "--listen", "127.0.0.1:0", shows=["another registry"])
        for file in glob.glob(self.project.path(".larder/registry.db*")):
            os.remove(file)
        for file in files:
            os.rename(os.path.join(away, os.path.basename(file)), file)
        os.rmdir(away)
        self.still_well()

    def test_a_stale_socket_is_no_obstacle(self):
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(self.project.path(".larder/serve.sock"))
        listener.close()
        self.still_well()
        with self.project.serving():
            self.still_well()

    @unittest.skipUnless(os.geteuid() == 0, "SKIPPED: rights of other users need root")
    def test_read_only(self):
        os.chmod(self.project.folder, 0o755)
        code, _, err = self.project.finished("--json", "push", "v", "push.csv", user=NOBODY)
        self.assertIn(code, (1, 5), err)
        self.assertRegex(err, '"reason":"(read_only|permission_denied)"')
        self.assertIn("right", err)
        self.still_well()

    def test_damaged_pushed_rows(self):
        self.project.run("push", "v", "push.csv")
        pushed = [path for path in glob.glob(self.project.path(".larder/offline/**"), recursive=True) if path.endswith(".parquet")]
        self.assertEqual(len(pushed), 1)
        with open(pushed[0], "wb") as file:
            file.write(b"nonsense")
        self.project.fails("damaged", "historical", "--entities", "rows.parquet", "--features", "v", shows=[os.path.basename(pushed[0])])


class Ports(StoreTest):
    def test_in_use(self):
        with socket.socket() as other:
            other.bind(("127.0.0.1", 0))
            other.listen()
            address = f"127.0.0.1:{other.getsockname()[1]}"
            self.project.fails("port_in_use", "serve", "--listen", address, shows=[address, "--listen"])
        self.assertFalse(os.path.exists(self.project.path(".larder/serve.sock")), "the socket of a server that never ran")

    def test_addresses_that_are_none(self):
        for address in ("nonsense", "127.0.0.1", "127.0.0.1:port", "127.0.0.1:65536", "300.0.0.1:80", ":80", "[::1:80"):
            code, _, err = self.project.finished("--json", "serve", "--listen", address)
            self.assertIn(code, (1, 2), address + err)
            self.assertIn(address.split(":")[0] or address, err)
            self.assertNotIn('"reason":"internal"', err)

    def test_an_address_of_another_machine(self):
        code, _, err = self.project.finished("--json", "serve", "--listen", "192.0.2.1:6566")
        self.assertEqual(code, 1, err)
        self.assertIn("192.0.2.1", err)


@contextlib.contextmanager
def small_disk(folder, size):
    """Mounts a memory disk of `size` over the folder; None when this user may not."""
    c_library = ctypes.CDLL(None, use_errno=True)
    os.makedirs(folder, exist_ok=True)
    mounted = os.geteuid() == 0 and c_library.mount(b"tmpfs", folder.encode(), b"tmpfs", 0, f"size={size}".encode()) == 0
    try:
        yield mounted
    finally:
        if mounted:
            c_library.umount2(folder.encode(), 2)


class NoSpace(ProjectTest):
    def fill(self, folder):
        """Leaves no free block on the disk."""
        with open(os.path.join(folder, "filler"), "wb", buffering=0) as file:
            with contextlib.suppress(OSError):
                while True:
                    file.write(b"\xaa" * 4096)

    def on_disk(self, size):
        disk = self.project.path("disk")
        stack = contextlib.ExitStack()
        self.addCleanup(stack.close)
        if not stack.enter_context(small_disk(disk, size)):
            self.skipTest("SKIPPED: no rights to mount a small disk")
        return disk

    def test_output(self):
        self.applied()
        disk = self.on_disk("64k")
        self.fill(disk)
        for suffix in ("parquet", "csv", "arrow"):
            self.project.fails("no_space", "historical", "--entities", "rows.parquet", "--features", "v", "--output", f"disk/train.{suffix}", shows=["disk"])
        self.assertEqual(os.listdir(disk), ["filler"])

    def test_registry(self):
        disk = self.on_disk("256k")
        self.project.write("larder.yaml", "project: shop\nregistry: {path: disk/registry.db}\n")
        self.applied()
        self.project.write("features/more.yaml", "entities: [" + ", ".join(f"{{name: e{i}, type: string}}" for i in range(500)) + "]\n")
        before = self.project.json("list")
        self.fill(disk)
        code, _, err = self.project.finished("--json", "apply", "--yes")
        self.assertEqual(code, 1, err)
        self.assertIn('"reason":"no_space"', err)
        os.remove(os.path.join(disk, "filler"))
        self.assertEqual(self.project.json("list"), before)

    def test_pushed_rows_and_online_store(self):
        disk = self.on_disk("48m")
        self.project.write("larder.yaml", "project: shop\nonline_store: {path: disk/online, memory: 16MiB}\noffline_store: {path: disk/offline}\n")
        self.applied()
        self.project.run("materialize")
        self.project.write("push.csv", push_rows("z"))
        with self.project.serving() as server:
            self.fill(disk)
            table = {"k": ["y"], "t": ["2015-01-05T00:00:00Z"], "x": [9.0], "n": [90]}
            self.assertEqual(server.post("/push", {"push_source_name": "v", "df": table, "to": "offline"})[0], 507)
            big = {"k": [f"key{i}" * 50 for i in range(5000)], "t": ["2015-01-05T00:00:00Z"] * 5000, "x": [9.0] * 5000, "n": [90] * 5000}
            statuses = {server.post("/push", {"push_source_name": "v", "df": big, "to": "online"})[0] for _ in range(30)}
            self.assertIn(507, statuses)
            self.assertLessEqual(statuses, {200, 507})
            status, answer = server.post("/get-online-features", {"entities": {"k": ["a"]}, "features": ["v:x"]})
            self.assertEqual((status, answer["results"][1]["values"]), (200, [2.0]), "reads must go on")
            os.remove(os.path.join(disk, "filler"))
        self.assertIn("2.0", self.project.run("online", "--features", "v:x", "--key", "k=a"))
        self.project.run("push", "v", "push.csv")
        self.assertIn("9.0", self.project.run("online", "--features", "v:x", "--key", "k=z"))


if __name__ == "__main__":
    larder_project.main()
