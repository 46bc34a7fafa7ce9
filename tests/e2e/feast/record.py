#!/usr/bin/env python3
"""Records what Feast's SDK sends to a Feast feature server and what it gets back. Run with a Python that has feast 0.67.0:

    python3 -m venv feast-venv && feast-venv/bin/pip install feast==0.67.0
    feast-venv/bin/python tests/e2e/feast/record.py

Writes beside itself exchanges.json: every exchange with the SDK's own result; and to examples/feast_rides what `feast apply`
makes of its feature_repo.py: registry.db, and the tables. feast_exchanges_test.py replays the exchanges against Larder;
docs/guides/from-feast.md tells what differs."""

import contextlib
import importlib.metadata
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import driver_rows

HERE = os.path.dirname(os.path.abspath(__file__))
EXAMPLE = os.path.join(HERE, "..", "..", "..", "examples", "feast_rides")
CONFIG = """\
project: rides
provider: local
registry: registry.db
offline_store: {{type: dask}}
entity_key_serialization_version: 3
online_store: {online}
"""


def free_port():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return taken.getsockname()[1]


@contextlib.contextmanager
def repository():
    """A repository as `feast apply` leaves it. It has always the same place, because the registry holds its path."""
    folder = os.path.join(tempfile.gettempdir(), "rides")
    os.makedirs(folder)  # fails when another run is using it
    try:
        make_repository(folder)
        yield folder
    finally:
        shutil.rmtree(folder)


def make_repository(folder):
    os.makedirs(f"{folder}/data")
    driver_rows.write(f"{folder}/data")
    shutil.copy(f"{EXAMPLE}/feature_repo.py", folder)
    with open(f"{folder}/feature_store.yaml", "w", encoding="utf-8") as out:
        out.write(CONFIG.format(online="{type: sqlite, path: online.db}"))
    subprocess.run([os.path.join(os.path.dirname(sys.executable), "feast"), "apply"], cwd=folder, check=True)


@contextlib.contextmanager
def serving(folder):
    port = free_port()
    command = [os.path.join(os.path.dirname(sys.executable), "feast"), "serve", "--port", str(port), "--no-access-log"]
    with open(f"{folder}/server.log", "w", encoding="utf-8") as log:
        server = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, start_new_session=True)
    try:
        for _ in range(300):
            with contextlib.suppress(OSError):
                urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5).read()
                break
            time.sleep(0.2)
        yield f"http://127.0.0.1:{port}"
    finally:
        os.killpg(server.pid, signal.SIGTERM)
        server.wait(30)


def client(folder, url):
    """A store that reads the server's registry and asks the server."""
    import feast
    from feast.repo_config import load_repo_config
    import pathlib

    os.makedirs(f"{folder}/client", exist_ok=True)
    with open(f"{folder}/client/feature_store.yaml", "w", encoding="utf-8") as out:
        out.write(CONFIG.format(online=f"{{type: remote, path: '{url}'}}").replace("registry.db", f"{folder}/registry.db"))
    return feast.FeatureStore(config=load_repo_config(pathlib.Path(f"{folder}/client"), pathlib.Path(f"{folder}/client/feature_store.yaml")))


def steps(store):
    """Returns (name, what the SDK is asked to do) in order; each builds on those before."""
    import pandas

    def time_of(day, hour=0):
        return driver_rows.instant(day, hour)

    def read(features, entities, **options):
        return lambda: store.get_online_features(features=features, entity_rows=entities, **options).to_dict()

    view = "driver_hourly_stats"
    names = ["conv_rate", "acc_rate", "daily_trips", "wheels", "city", "active", "last_ride", "scores"]
    pushed = {"driver_id": [1001, 1006], "event_timestamp": [time_of(3), time_of(3)], "created": [time_of(3, 1), time_of(3, 1)],
              "conv_rate": [9.5, float("nan")], "acc_rate": [0.25, 0.5], "daily_trips": [11, 12], "wheels": [3, 4],
              "city": ["Bern", None], "active": [True, False], "last_ride": [time_of(3), time_of(3)], "scores": [[1.0, 2.0], [0.5]]}
    written = dict(pushed, driver_id=[1002, 1007], conv_rate=[2.5, 3.5])
    drivers = [{"driver_id": driver} for driver in (1001, 1002)]
    return [
        ("materialize", lambda: store.materialize(time_of(1), time_of(2, 23))),
        ("materialize views", lambda: store.materialize(time_of(1), time_of(4), feature_views=["driver_customer"])),
        ("materialize incremental", lambda: store.materialize_incremental(time_of(4))),
        ("materialize unknown view", lambda: store.materialize(time_of(1), time_of(4), feature_views=["driver_daily"])),
        ("read every type", read([f"{view}:{name}" for name in names], drivers)),
        ("read one feature of five rows", read([f"{view}:daily_trips"], [{"driver_id": 1001 + i} for i in range(5)])),
        ("read nulls and a missing key", read([f"{view}:conv_rate", f"{view}:city"], [{"driver_id": 1003}, {"driver_id": 9}])),
        ("read full names", read([f"{view}:daily_trips"], drivers, full_feature_names=True)),
        ("read two join keys", read(["driver_customer:trips_together"], [{"driver_id": 1001, "customer_id": "bob"}])),
        ("read on demand", read(["driver_bonus:conv_plus_bonus"], [{"driver_id": 1001, "bonus": 0.5}, {"driver_id": 1002, "bonus": 1.0}])),
        ("read service", read(store.get_feature_service("driver_activity"), [{"driver_id": 1004, "bonus": 2.0}])),
        ("read columns", read([f"{view}:daily_trips"], {"driver_id": [1002, 1002, 1001]})),
        ("read unknown feature", read([f"{view}:daily_tripz"], drivers)),
        ("read unknown view", read(["driver_daily:trips"], drivers)),
        ("read without request value", read(["driver_bonus:conv_plus_bonus"], drivers)),
        ("read without key", read([f"{view}:daily_trips"], [{"customer_id": "ann"}])),
        ("push", lambda: store.push("driver_stats_push", pandas.DataFrame(pushed))),
        ("read what was pushed", read([f"{view}:{name}" for name in names], [{"driver_id": 1001}, {"driver_id": 1006}])),
        ("write", lambda: store.write_to_online_store(view, df=pandas.DataFrame(written))),
        ("read what was written", read([f"{view}:conv_rate", f"{view}:daily_trips"], [{"driver_id": 1002}, {"driver_id": 1007}])),
    ]


def plain(value):
    """What a step gave, as JSON."""
    return json.loads(json.dumps(value, default=str))


def run_steps(store):
    """Runs every step; returns for each what it gave or raised, and what went over the wire: no answer where the SDK gave up."""
    import requests

    exchanged = []
    send = requests.Session.send

    def recorded(session, request, **options):
        exchanged.append({"request": {"path": request.path_url, "body": json.loads(request.body)}})
        response = send(session, request, **options)  # raises when it has repeated the request in vain
        try:
            body = response.json()
        except ValueError:
            body = response.text or None
        exchanged[-1]["answer"] = {"status": response.status_code, "body": body}
        return response

    requests.Session.send = recorded
    done = []
    try:
        for name, step in steps(store):
            exchanged.clear()
            try:
                outcome = {"gave": plain(step())}
            except Exception as error:  # whatever a user would see
                outcome = {"raised": type(error).__name__, "message": str(error)[:300]}
            done.append({"step": name, "exchanges": list(exchanged)} | outcome)
    finally:
        requests.Session.send = send
    return done


def main():
    with repository() as folder:
        shutil.copy(f"{folder}/registry.db", EXAMPLE)
        shutil.copytree(f"{folder}/data", f"{EXAMPLE}/data", dirs_exist_ok=True)
        with serving(folder) as url:
            recorded = run_steps(client(folder, url))
    with open(f"{HERE}/exchanges.json", "w", encoding="utf-8") as out:
        json.dump({"feast": importlib.metadata.version("feast"), "steps": recorded}, out, indent=1, ensure_ascii=False)
        out.write("\n")
    print(f"{len(recorded)} steps recorded")


if __name__ == "__main__":
    main()
