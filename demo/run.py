#!/usr/bin/env python3
"""The main job of Larder on real flights, step by step: definitions, a training set, a leakage check, an online store, a
server, and the proof that both sides answer alike. `make demo` runs it. Everything it writes lies in build/demo."""

import json
import os
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time
import urllib.error
import urllib.request

import pyarrow.parquet

import entity_table
import flight_rows
import generated_flights
import leaky_join

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
OUT = os.environ.get("LARDER_DEMO", os.path.join(ROOT, "build", "demo"))
PROJECT = os.path.join(OUT, "flights")
LARDER = os.environ.get("LARDER_PROGRAM", os.path.join(ROOT, "build", "release", "larder"))
SERVICE = "delay_model"
EXAMPLE_SHARED = "${LARDER_SHARED:../../../shared}"  # as examples/flights/features/sources.yaml writes it
START_SECONDS = 60


def say(text=""):
    print(text, flush=True)


def shown(path):
    return os.path.relpath(path, ROOT)


def stop(text):
    say(f"demo: {text}")
    sys.exit(1)


def larder(*arguments, show=True):
    """Runs a command of the project and shows the line as a person would type it in the repository's root."""
    line = ["larder", "-C", shown(PROJECT), *[shown(a) if a.startswith(ROOT) else a for a in arguments]]
    say(f"$ {shlex.join(line)}")
    done = subprocess.run([LARDER, "-C", PROJECT, *arguments], text=True, stdout=None if show else subprocess.PIPE, cwd=ROOT)
    if done.returncode != 0:
        stop(f"the command above ended with {done.returncode}")
    return done.stdout


def find_flights():
    """Returns the folder that holds data/flights: the shared one, or else a generated set."""
    shared = os.path.abspath(os.environ.get("LARDER_SHARED", os.path.join(ROOT, "..", "shared")))
    folder = os.path.join(shared, "data", "flights")
    if os.path.isdir(folder) and any(name.endswith(".csv.gz") for name in os.listdir(folder)):
        say(f"Real flights: {folder}")
        return shared
    shared = os.path.join(OUT, "generated")
    path = generated_flights.write(os.path.join(shared, "data", "flights"))
    say(f"SKIPPED: the real flights are not at {folder}; going on with a small generated set, {shown(path)}")
    return shared


def copy_project(shared):
    """Makes the project of the demo: the example, with the path of its files where they were found."""
    shutil.rmtree(PROJECT, ignore_errors=True)
    shutil.copytree(os.path.join(ROOT, "examples", "flights"), PROJECT, ignore=shutil.ignore_patterns(".larder"))
    path = os.path.join(PROJECT, "features", "sources.yaml")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    with open(path, "w", encoding="utf-8") as file:
        file.write(text.replace(EXAMPLE_SHARED, shared))


def build_training_set(flights):
    """Writes the entity table, asks for the training set, shows its first rows; returns it."""
    entities, training = os.path.join(OUT, "entities.parquet"), os.path.join(OUT, "training.parquet")
    pyarrow.parquet.write_table(entity_table.make_entity_table(flights), entities)
    say(f"\n2. A training set: what was known one hour before each of {len(flights):,} scheduled departures "
        f"({shown(entities)})")
    started = time.monotonic()
    larder("historical", "--entities", entities, "--service", SERVICE, "--full-names", "--output", training)
    table = pyarrow.parquet.read_table(training)
    say(f"{table.num_rows:,} rows x {table.num_columns} columns in {time.monotonic() - started:.2f} s: {shown(training)}")
    if table.num_rows != len(flights):
        stop(f"{len(flights)} rows went in")
    shown_columns = ["airport", "airline", "aircraft", "event_timestamp", "airport_last_flight__departure_delay",
                     "aircraft_last_flight__arrival_delay", "trip__planned_speed", "label_arrival_delay"]
    say("  its first rows, and some of its middle, when more has landed:")
    middle = table.num_rows // 2
    rows = pyarrow.concat_tables([table.slice(0, 3), table.slice(middle, 3)])
    show_rows(rows.select(shown_columns), rows.num_rows)
    return table


def show_rows(table, count):
    """Prints the first rows in columns."""
    rows = [[text_of(value) for value in row.values()] for row in table.slice(0, count).to_pylist()]
    heads = [name.replace("__", ".") for name in table.column_names]
    widths = [max(len(row[index]) for row in [heads, *rows]) for index in range(len(heads))]
    for row in [heads, *rows]:
        say("  " + "  ".join(cell.ljust(width) for cell, width in zip(row, widths)).rstrip())


def text_of(value):
    if value is None:
        return "-"
    if isinstance(value, float):
        return f"{value:.1f}"
    return value.strftime("%Y-%m-%d %H:%M") if hasattr(value, "strftime") else str(value)


def check_leakage(flights, training):
    """Sets a leaky join beside the point-in-time one."""
    say("\n3. Leakage check: \"the previous flight by scheduled departure\", as a window function gives it, beside the "
        "point-in-time join")
    leaks = 0
    for key in ("airport", "airline", "aircraft"):
        correct = training.column(f"{key}_last_flight__arrival_delay").to_pylist()
        differ, unknown = leaky_join.compare(flights, correct, key)
        leaks += leaky_join.count_leaks(flights, correct, key)
        say(f"  {key + ':':9} {differ:7,} of {len(flights):,} values differ; {unknown:7,} leaky ones are of a flight "
            "that had not landed at that moment")
    if leaks:
        stop(f"{leaks} sampled values of the training set are not what was known at their moment")
    say("  a sample of the training set, worked out again flight by flight: no value from the future, none missed")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def start_server(port):
    """Starts the server and waits until it can serve."""
    log = open(os.path.join(OUT, "serve.log"), "wb")
    say(f"$ larder -C {shown(PROJECT)} serve --listen 127.0.0.1:{port} --allow-now &")
    server = subprocess.Popen([LARDER, "-C", PROJECT, "serve", "--listen", f"127.0.0.1:{port}", "--allow-now"],
                              stdout=log, stderr=log, cwd=ROOT)
    for _ in range(START_SECONDS * 20):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=5):
                return server
        except (urllib.error.URLError, OSError):
            if server.poll() is not None:
                break
            time.sleep(0.05)
    server.kill()
    say(open(log.name, encoding="utf-8", errors="replace").read())
    return stop("the server did not start")


def ask(port, table, moment):
    """Asks for the service's features of every row of the table, at `moment`; returns {column: values}."""
    names = [name for name in table.column_names if name != "event_timestamp"]
    body = {"feature_service": SERVICE, "full_feature_names": True, "now": moment,
            "entities": {name: table.column(name).to_pylist() for name in names}}
    one = {**body, "entities": {name: values[:1] for name, values in body["entities"].items()}}
    say(f"$ curl -s http://127.0.0.1:{port}/get-online-features -d '{json.dumps(one)}'")
    started = time.monotonic()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/get-online-features", json.dumps(body).encode())
    with urllib.request.urlopen(request, timeout=60) as response:
        answer = json.load(response)
    say(f"  ... and for {table.num_rows} rows at once, in {(time.monotonic() - started) * 1000:.1f} ms")
    return dict(zip(answer["metadata"]["feature_names"], [result["values"] for result in answer["results"]]))


def bits(value, kind):
    """Returns what must be equal: floats by their bits."""
    if value is None or not pyarrow.types.is_floating(kind):
        return value
    return struct.pack("<f" if pyarrow.types.is_float32(kind) else "<d", value)


def compare_answers(offline, online):
    """Counts values of the offline table that the server answered otherwise."""
    compared, different = 0, 0
    for field in offline.schema:
        if field.name not in online or "__" not in field.name:
            continue
        for left, right in zip(offline.column(field.name).to_pylist(), online[field.name], strict=True):
            compared += 1
            different += bits(left, field.type) != bits(right, field.type)
    say(f"  {compared:,} values compared with the offline ones at the same moment: {different} differ")
    if different or not compared:
        stop("training and serving must not differ")


def serve_and_compare(flights):
    """Materializes up to a moment inside the data, serves it, and compares with the offline values."""
    instant = entity_table.moment_inside(flights)
    moment = instant.strftime("%Y-%m-%dT%H:%M:%SZ")
    say(f"\n4. Online: everything known until {moment}")
    larder("materialize", "--to", moment)
    keys, offline = os.path.join(OUT, "keys.parquet"), os.path.join(OUT, "offline.parquet")
    table = entity_table.keys_at(flights, instant)
    pyarrow.parquet.write_table(table, keys)
    larder("historical", "--entities", keys, "--service", SERVICE, "--full-names", "--output", offline)
    say("\n5. The server, asked at that moment")
    port = free_port()
    server = start_server(port)
    try:
        online = ask(port, table, moment)
    finally:
        server.send_signal(signal.SIGTERM)
        server.wait(timeout=30)
    show_rows(pyarrow.table({name: values[:3] for name, values in online.items()}).select(
        ["aircraft", "airport_last_flight__departure_delay", "aircraft_last_flight__arrival_delay", "trip__planned_speed"]), 3)
    compare_answers(pyarrow.parquet.read_table(offline), online)


def main():
    if not os.access(LARDER, os.X_OK):
        stop(f"{shown(LARDER)} is missing: run make build")
    os.makedirs(OUT, exist_ok=True)
    shared = find_flights()
    copy_project(shared)
    say(f"The project: {shown(PROJECT)} (a copy of examples/flights). The program: {shown(LARDER)}")
    flights = flight_rows.read_flights(os.path.join(shared, "data", "flights"))
    say("\n1. Definitions: entities, sources, views, a service")
    larder("apply", "--yes")
    training = build_training_set(flights)
    check_leakage(flights, training)
    serve_and_compare(flights)
    say(f"\nDone. Look at {shown(OUT)}: entities.parquet, training.parquet, offline.parquet, and the project in flights/.")


if __name__ == "__main__":
    main()
