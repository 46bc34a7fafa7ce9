#!/usr/bin/env python3
"""A server is killed (SIGKILL) at random moments of a load of writes over HTTP, again and again. A ledger outside of it knows
every write that was acknowledged: none may be lost, none that was deleted may come back, and no value is one that nobody
wrote. Both durabilities. LARDER_FAULT_ROUNDS sets how many kills, LARDER_FAULT_SEED repeats a run."""

import datetime
import http.client
import json
import os
import random
import signal
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "e2e"))

import larder_project  # noqa: E402
from larder_project import ProjectTest, Server  # noqa: E402

DEFINITIONS = """\
entities: [{name: k, type: string}]
sources: [{name: events, path: events.parquet, timestamp: t}]
feature_views: [{name: v, entities: [k], source: events, features: {x: float64, n: int64}}]
"""
KEYS = 60
WRITERS = 4
BEGIN = datetime.datetime(2015, 1, 1, tzinfo=datetime.timezone.utc)
ROUNDS = int(os.environ.get("LARDER_FAULT_ROUNDS", "2"))
SEED = int(os.environ.get("LARDER_FAULT_SEED", str(random.randrange(1 << 30))))


def moment(step):
    return (BEGIN + datetime.timedelta(seconds=step)).isoformat()


class Ledger:
    """What was written to each key: the last step that was acknowledged, and the last that was tried."""

    def __init__(self):
        self.tried = {}
        self.acknowledged = {}
        self.deleted = set()  # acknowledged, and nothing was written since
        self.doubtful = set()  # a deletion that nobody answered

    def key(self, writer, number):
        return f"key-{writer}-{number}"


class KillTest(ProjectTest):
    def write_load(self, server, writer, ledger, chance, stop):
        """Pushes batches and deletes keys of its own until the server is gone."""
        connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=60)
        try:
            while not stop.is_set():
                self.write_once(connection, writer, ledger, chance)
        except (OSError, http.client.HTTPException):
            return  # killed: the write in progress is in doubt
        finally:
            connection.close()

    def write_once(self, connection, writer, ledger, chance):
        if chance.random() < 0.1:
            key = ledger.key(writer, f"once-{chance.randrange(1 << 40)}")
            rows = {"k": [key], "t": [moment(1)], "x": [1.0], "n": [1]}
            if self.post(connection, "/push", {"push_source_name": "v", "df": rows}):
                ledger.doubtful.add(key)
                if self.post(connection, "/delete", {"feature_view_name": "v", "keys": {"k": [key]}}):
                    ledger.doubtful.discard(key)
                    ledger.deleted.add(key)
            return
        keys = [ledger.key(writer, number) for number in chance.sample(range(KEYS), chance.randrange(1, 20))]
        steps = []
        for key in keys:
            steps.append(ledger.tried.get(key, 0) + 1)
            ledger.tried[key] = steps[-1]
        rows = {"k": keys, "t": [moment(step) for step in steps], "x": [step * 0.5 for step in steps], "n": steps}
        if self.post(connection, "/push", {"push_source_name": "v", "df": rows}):
            for key, step in zip(keys, steps):
                ledger.acknowledged[key] = step

    @staticmethod
    def post(connection, path, body):
        connection.request("POST", path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        answer.read()
        return answer.status == 200

    def read(self, server, keys):
        status, answer = server.post("/get-online-features", {"entities": {"k": keys}, "features": ["v:x", "v:n"]})
        self.assertEqual(status, 200, answer)
        x, n = answer["results"][1], answer["results"][2]
        return {key: (n["statuses"][i], n["values"][i], x["values"][i]) for i, key in enumerate(keys)}

    def check(self, server, ledger):
        for key, (status, step, half) in self.read(server, sorted(ledger.tried)).items():
            acknowledged = ledger.acknowledged.get(key, 0)
            told = f"{key}: {status} {step}, acknowledged {acknowledged}, tried {ledger.tried[key]}; seed {SEED}"
            if status == "NOT_FOUND":
                self.assertEqual(acknowledged, 0, "lost: " + told)
                continue
            self.assertEqual(status, "PRESENT", told)
            self.assertGreaterEqual(step, acknowledged, "lost: " + told)
            self.assertLessEqual(step, ledger.tried[key], "nobody wrote that: " + told)
            self.assertEqual(half, step * 0.5, "two writes in one row: " + told)
            # What a reader has seen must stay.
            ledger.acknowledged[key] = step
        gone = sorted(ledger.deleted)
        for key, (status, step, _) in (self.read(server, gone) if gone else {}).items():
            self.assertEqual(status, "NOT_FOUND", f"came back: {key} {step}; seed {SEED}")

    def run_rounds(self, durability):
        print(f"durability {durability}, {ROUNDS} rounds, LARDER_FAULT_SEED={SEED}", flush=True)
        self.project.write("larder.yaml", "project: shop\nengine: {memory: 256MiB}\n"
                           f"online_store: {{memory: 64MiB, durability: {durability}}}\n")
        self.applied(DEFINITIONS)
        chance = random.Random(SEED)
        ledger = Ledger()
        for _ in range(ROUNDS):
            server = Server(self.project)
            self.check(server, ledger) if ledger.tried else None
            stop = threading.Event()
            writers = [threading.Thread(target=self.write_load, args=(server, i, ledger, random.Random(chance.random()), stop))
                       for i in range(WRITERS)]
            for writer in writers:
                writer.start()
            time.sleep(chance.uniform(0.05, 1.5))
            server.process.send_signal(signal.SIGKILL)
            stop.set()
            for writer in writers:
                writer.join()
            server.process.communicate()
        with self.project.serving() as server:
            self.check(server, ledger)
        self.assertGreater(len(ledger.acknowledged), 0, "no write was acknowledged")

    def test_synced_writes_survive(self):
        self.run_rounds("sync")

    def test_writes_that_the_process_holds_survive(self):
        self.run_rounds("process")


if __name__ == "__main__":
    larder_project.main()
