"""Runs `larder bench serve` against a contender and reads its report. Latencies are microseconds."""

import json
import subprocess

FEATURES = ",".join(f"v:f{i}" for i in range(50))


class Load:
    """`expected`: the table that answers must agree with; None: they are not compared."""

    def __init__(self, program, url, entities, expected, options):
        self.program, self.url, self.entities, self.expected, self.options = program, url, entities, expected, options
        self.has_compared = set()

    def run(self, *arguments, seconds=None):
        """Returns the report; a wrong answer ends the benchmark."""
        warm_up = [] if "--warm-up" in arguments else ["--warm-up", "500ms"]
        done = subprocess.run([self.program, "--json", "bench", "serve", "--url", self.url, *warm_up, "--timeout", "60s",
                               *arguments, "--duration", f"{int((seconds or self.options.seconds) * 1000)}ms"], capture_output=True, text=True)
        if done.returncode != 0:
            raise SystemExit(f"{' '.join(done.args)}\n{done.stdout}{done.stderr}")
        return json.loads(done.stdout)

    def read(self, row_count=1, connections=1, service=None, features=FEATURES, more=(), seconds=None):
        """Reads random keys; each kind of request is compared always, or the first time only."""
        subject = ["--service", service] if service else ["--features", features]
        arguments = [*subject, "--key", f"id=0..{self.entities - 1}", "--rows", str(row_count), "--connections", str(connections), *more]
        kind = (row_count, service, features)
        holds_all = service is None and features == FEATURES or service == "whole"
        if self.expected and holds_all and (self.options.compare == "always" or kind not in self.has_compared):
            self.has_compared.add(kind)
            compared = self.run(*arguments, "--expected", self.expected, seconds=seconds)
            if self.options.compare == "always":
                return compared
        return self.run(*arguments, seconds=seconds)

    def send(self, path, bodies, connections, content_type="application/json"):
        files = [word for body in bodies for word in ("--body", body)]
        return self.run("--path", path, *files, "--content-type", content_type, "--connections", str(connections))
