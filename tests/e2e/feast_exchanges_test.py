#!/usr/bin/env python3
"""Sends what Feast's SDK sent to a Feast server (feast/exchanges.json, recorded by feast/record.py) to `larder serve`, whose
definitions were imported from the same registry, and compares the answers: status, names, values and their JSON types,
statuses, event times. What differs by choice is named in CHOSEN; docs/guides/from-feast.md gives the reasons. Usage:
feast_exchanges_test.py PROGRAM [TEST ...]"""

import json
import os
import shutil
import struct

import larder_project
from larder_project import ProjectTest

E2E = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(E2E, "..", "..", "examples", "feast_rides")

# step -> (status of Larder's answer, exception that the SDK raises of it)
CHOSEN = {"materialize unknown view": (404, None),  # the same status; the SDK shows the body as it is
          "read unknown feature": (404, "FeastObjectNotFoundException"),  # Feast: 500, four times
          "read unknown view": (404, "FeatureViewNotFoundException"),
          "read without request value": (422, "RequestDataNotFoundInEntityRowsException"),  # Feast: 404
          "read without key": (422, "FeastError")}  # Feast: 500, four times


def as_float32(value):
    return struct.unpack("f", struct.pack("f", value))[0] if isinstance(value, float) else value


def columns(body):
    """Returns name -> (values, statuses, event times): the order of columns is not promised."""
    return {name: (result["values"], result["statuses"], result["event_timestamps"])
            for name, result in zip(body["metadata"]["feature_names"], body["results"])}


class FeastExchangesTest(ProjectTest):
    def setUp(self):
        super().setUp()
        shutil.copytree(EXAMPLE, self.project.folder, dirs_exist_ok=True)
        self.project.run("import-feast", "registry.db", "--output", "features/feast.yaml")
        self.project.run("apply", "--yes")
        with open(f"{E2E}/feast/exchanges.json", encoding="utf-8") as file:
            self.steps = json.load(file)["steps"]

    def compare_column(self, step, name, ours, theirs):
        for row in range(len(theirs[0])):
            title = f"{step}: {name}[{row}]"
            value, status, time = (part[row] for part in ours)
            feast_value, feast_status, feast_time = (part[row] for part in theirs)
            if step == "read two join keys" and name == "trips_together":
                self.assertEqual((value, status), (None, "OUTSIDE_MAX_AGE"), title)  # Feast's server does not look at the ttl
                continue
            if name == "acc_rate":  # the fewest digits of the float32, not those of the float64 that it widens to
                value, feast_value = as_float32(value), as_float32(feast_value)
            self.assertEqual(value, feast_value, title)
            self.assertIs(type(value), type(feast_value), title)
            is_null = feast_value is None and feast_status == "PRESENT"
            self.assertEqual(status, "NULL_VALUE" if is_null else feast_status, title)
            self.assertEqual(time, feast_time, title)

    def compare_failure(self, step, status, body):
        """The SDK reads a JSON text in a JSON text, and raises the class that it names."""
        expected_status, raised = CHOSEN[step]
        self.assertEqual(status, expected_status, f"{step}: {body}")
        if raised is None:
            self.assertIn("error", body, step)
            return
        detail = json.loads(body)
        self.assertEqual((detail["module"], detail["class"]), ("feast.errors", raised), step)
        self.assertIn(detail["error"]["message"], detail["message"], step)

    def test_exchanges(self):
        compared = 0
        with self.project.serving() as server:
            for step in self.steps:
                for exchange in step["exchanges"]:
                    request, feast = exchange["request"], exchange.get("answer")
                    status, body = server.post(request["path"], request["body"])
                    compared += 1
                    if step["step"] in CHOSEN:
                        self.compare_failure(step["step"], status, body)
                        continue
                    self.assertEqual(status, feast["status"], f"{step['step']}: {body}")
                    if feast["body"] is None:
                        self.assertIsNone(body, step["step"])
                        continue
                    ours, theirs = columns(body), columns(feast["body"])
                    self.assertEqual(set(ours), set(theirs), step["step"])
                    for name in theirs:
                        self.compare_column(step["step"], name, ours[name], theirs[name])
        self.assertEqual(compared, len(self.steps))

    def test_others_get_our_own_failures(self):
        """Only the SDK gets its own form; it is known by members that nobody else sends."""
        with self.project.serving() as server:
            body = {"entities": {"driver_id": [1]}, "features": ["driver_daily:x"]}
            server.refuses(404, "unknown_object", "/get-online-features", body)
            status, told = server.post("/get-online-features", dict(body, include_feature_view_version_metadata=False))
            self.assertEqual(status, 404)
            self.assertEqual(json.loads(told)["class"], "FeatureViewNotFoundException")
            status, told = server.post("/write-to-online-store", {"feature_view_name": "driver_hourly_stats", "allow_registry_cache": False,
                                                                  "df": {"driver_id": ["x"], "event_timestamp": ["2026-01-01"]}})
            self.assertEqual(status, 422)
            self.assertIn("driver_id", json.loads(told)["message"])


if __name__ == "__main__":
    larder_project.main()
