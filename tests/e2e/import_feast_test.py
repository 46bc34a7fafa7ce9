#!/usr/bin/env python3
"""`larder import-feast` on registry files of Feast 0.67.0 (feast/record.py and feast/make_hard_registry.py made them) and on
files that are none. Usage: import_feast_test.py PROGRAM [TEST ...]"""

import os
import random
import shutil

import pyarrow

import larder_project
from larder_project import ProjectTest, instants

E2E = os.path.dirname(os.path.abspath(__file__))
HARD = os.path.join(E2E, "feast", "hard_registry.db")
EXAMPLE = os.path.join(E2E, "..", "..", "examples", "feast_rides")


class ImportFeastTest(ProjectTest):
    def imported(self, path, *arguments):
        made = self.project.json("import-feast", path, *arguments)
        self.project.write("features/feast.yaml", made["definitions"])
        return made

    def test_what_is_made_passes_plan(self):
        shutil.copytree(EXAMPLE, self.project.folder, dirs_exist_ok=True)
        made = self.imported("registry.db")
        self.assertEqual(made["objects"], 9)
        self.assertEqual([note["object"] for note in made["notes"] if note["left_out"]], ["on-demand view 'loud_city'"])
        self.project.run("plan")
        self.project.run("apply", "--yes")
        self.project.run("materialize")
        answer = self.project.json("online", "--service", "driver_activity", "--key", "driver_id=1004", "--request", "bonus=2")
        values = dict(zip(answer["metadata"]["feature_names"], (result["values"][0] for result in answer["results"])))
        # Driver 1004's newest row: 4 / 8 + 2, 1004 * 2; the expression: 2.5 + 2 * 2.
        self.assertEqual(values, {"driver_id": 1004, "conv_rate": 2.5, "daily_trips": 2008, "conv_plus_bonus": 6.5})
        view = self.project.json("describe", "feature_view", "driver_hourly_stats")
        self.assertIn("how a driver does", str(view))

    def test_pushes_name_the_push_source(self):
        self.test_what_is_made_passes_plan()
        rows = {"driver_id": [1004], "event_timestamp": ["2026-02-01T00:00:00"], "created": ["2026-02-01T00:00:00"], "conv_rate": [0.5],
                "acc_rate": [0.5], "daily_trips": [1], "wheels": [4], "city": ["x"], "active": [True], "last_ride": [1767398400],
                "scores": [[1.0]]}
        with self.project.serving() as server:
            self.assertEqual(server.post("/push", {"push_source_name": "driver_stats_push", "df": rows}), (200, None))
            read = {"entities": {"driver_id": [1004]}, "features": ["driver_hourly_stats:daily_trips"]}
            self.assertEqual(server.post("/get-online-features", read)[1]["results"][1]["values"], [1])

    def test_what_cannot_be_carried_over_is_told(self):
        self.project.write("orders.parquet", pyarrow.table({
            "user_id": ["ann"], "shop": [1], "at": instants("2026-01-01T00:00:00Z"), "AMT": [7.0], "at_home": [0.5],
            "seen": instants("2026-01-01T00:00:00Z"), "id": ["u"], "parts": pyarrow.array([["a", "b"]])}))
        made = self.imported(HARD, "--project", "shop")
        notes = {note["object"]: note for note in made["notes"] if note["left_out"]}
        self.assertEqual(set(notes), {
            "feature view 'UserOrders' feature 'map'", "feature view 'delta_view'", "feature view 'remote_view'", "feature view 'no_entity'",
            "on-demand view 'loop'", "on-demand view 'lost_total'", "feature service 'hopeless'"})
        self.assertIn("is no file", notes["feature view 'delta_view'"]["note"])
        self.assertIn("s3://bucket/orders.parquet", notes["feature view 'remote_view'"]["note"])
        self.assertIn("for row in inputs", notes["on-demand view 'loop'"]["note"])
        kept = " ".join(note["object"] + ": " + note["note"] for note in made["notes"] if not note["left_out"])
        for told in ("'UserOrders': is named userorders", "'Amount': is named amount", "'Total': is named total", "'anything': its type is unknown",
                     "goes without the features of 'remote_view'", "goes without the features of 'loop'", "always named buyer__feature"):
            self.assertIn(told, kept)
        self.project.run("apply", "--yes")
        self.project.run("materialize")
        answer = self.project.json("online", "--service", "checkout", "--now", "2026-01-02", "--key", "user_id=ann", "buyer_id=ann",
                                   "--request", "fee=2")
        values = dict(zip(answer["metadata"]["feature_names"], (result["values"][0] for result in answer["results"])))
        self.assertEqual(values, {"user_id": "ann", "buyer_id": "ann", "amount": 7.0, "parts": ["a", "b"], "buyer__amount": 7.0, "total": 4.5})
        owner = self.project.json("describe", "entity", "user")
        self.assertIn("${HOME}", str(owner), "texts are taken as they are")

    def test_output(self):
        shutil.copy(f"{EXAMPLE}/registry.db", self.project.folder)
        code, out, err = self.project.finished("import-feast", "registry.db", "--output", "features/new/feast.yaml")
        self.assertEqual((code, out), (0, ""), err)
        self.assertIn("left out: on-demand view 'loud_city'", err)
        with open(self.project.path("features/new/feast.yaml"), encoding="utf-8") as made:
            self.assertEqual(made.read(), self.project.run("import-feast", "registry.db"))
        self.project.fails("already_exists", "import-feast", "registry.db", "--output", "features/new/feast.yaml")

    def test_mistakes(self):
        shutil.copy(HARD, self.project.folder)
        self.project.fails("usage", "import-feast")
        self.project.fails("usage", "import-feast", "hard_registry.db", shows=["shop, warehouse", "--project"])
        self.project.fails("unknown_object", "import-feast", "hard_registry.db", "--project", "ship", shows=["shop, warehouse"])
        self.project.fails("file_not_found", "import-feast", "no.db")
        self.project.fails("invalid_file", "import-feast", ".")
        for name, content in {"empty.db": b"", "sqlite.db": b"SQLite format 3\0" + bytes(100), "text.db": b"project: shop\n",
                              "zeros.db": bytes(1000), "ones.db": b"\xff" * 1000}.items():
            self.project.write(name, content)
            self.project.fails("invalid_file", "import-feast", name, shows=["feature_store.yaml"])

    def test_damaged_registries(self):
        """Whatever stands in the file, the program tells what it is or makes definitions, and never dies."""
        with open(HARD, "rb") as file:
            whole = file.read()
        chance = random.Random(3)
        for case in range(20):
            damaged = bytearray(whole[:chance.randrange(1, len(whole))] if case % 2 else whole)
            for _ in range(case):
                damaged[chance.randrange(len(damaged))] = chance.randrange(256)
            self.project.write("damaged.db", bytes(damaged))
            code, _, err = self.project.finished("import-feast", "damaged.db", "--project", "shop")
            self.assertIn(code, (0, 2, 3), f"case {case}: {err}")


if __name__ == "__main__":
    larder_project.main()
