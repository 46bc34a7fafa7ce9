"""Redis as Debian has it: where Feast keeps its rows, and a contender of its own (HMGET of 50 fields)."""

import os
import re
import subprocess
import time

import rows
from feast_server import free_port


class RedisServer:
    def __init__(self, folder):
        self.port = free_port()
        self.folder = os.path.join(folder, "redis")
        os.makedirs(self.folder)
        with open(os.path.join(self.folder, "log"), "w", encoding="utf-8") as log:
            self.process = subprocess.Popen(["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
                                             "--dir", self.folder], stdout=log, stderr=log)
        for _ in range(100):
            if subprocess.run(["redis-cli", "-p", str(self.port), "ping"], capture_output=True).stdout == b"PONG\n":
                return
            time.sleep(0.1)
        raise SystemExit("redis-server does not answer")

    @staticmethod
    def version():
        return re.search(r"v=(\S+)", subprocess.run(["redis-server", "--version"], capture_output=True, text=True).stdout).group(1)

    def load(self, entities, features):
        """Gives each entity a hash of its features, as redis-benchmark names keys: twelve digits."""
        table = rows.table(0, entities, features)
        columns = [column.to_pylist() for column in table.columns]
        with open(os.path.join(self.folder, "commands"), "w", encoding="ascii") as out:
            for row in range(entities):
                fields = "".join(f" f{i} {column[row]!r}" for i, column in enumerate(columns))
                out.write(f"HSET key:{row:012d}{fields}\r\n")
        with open(os.path.join(self.folder, "commands"), "rb") as commands:
            subprocess.run(["redis-cli", "-p", str(self.port), "--pipe"], stdin=commands, check=True, capture_output=True)

    def hash_reads_per_second(self, entities, features, connections, requests):
        """Returns the rate of HMGET of all features of random entities."""
        done = subprocess.run(["redis-benchmark", "-p", str(self.port), "-c", str(connections), "-n", str(requests), "-r", str(entities), "-q", "--csv",
                               "HMGET", "key:__rand_int__", *[f"f{i}" for i in range(features)]], capture_output=True, text=True, check=True).stdout
        return float(done.strip().splitlines()[-1].split(",")[1].strip('"'))

    def stop(self):
        self.process.terminate()
        self.process.wait(30)
