"""Virtual environments with the rivals' wheels, under the bench data folder; made when first asked for, and again when
their requirements change. LARDER_BENCH_DATA names that folder (default: bench/data, which git ignores)."""

import hashlib
import os
import subprocess
import sys

BENCH = os.path.dirname(os.path.abspath(__file__))
DATA = os.path.abspath(os.environ.get("LARDER_BENCH_DATA", os.path.join(BENCH, "data")))


def python_of(name, requirements):
    """Returns the Python of the environment `name`."""
    folder, listed = os.path.join(DATA, "environments", name), os.path.join(BENCH, requirements)
    python, stamp = os.path.join(folder, "bin", "python"), os.path.join(folder, "requirements.sha256")
    with open(listed, "rb") as file:
        wanted = hashlib.sha256(file.read()).hexdigest()
    if os.path.exists(stamp) and open(stamp, encoding="utf-8").read() == wanted:
        return python
    print(f"bench: making an environment with the wheels of bench/{requirements}", file=sys.stderr)
    subprocess.run(["/usr/bin/python3", "-m", "venv", "--clear", folder], check=True)
    subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", listed], check=True)
    with open(stamp, "w", encoding="utf-8") as out:
        out.write(wanted)
    return python


def rivals_python():
    return python_of("rivals", "requirements.txt")


def feast_python():
    return python_of("feast", "requirements_feast.txt")


def versions(python, names):
    """Returns the installed versions of these distributions."""
    code = "import importlib.metadata as m, sys; print(' '.join(m.version(name) for name in sys.argv[1:]))"
    found = subprocess.run([python, "-c", code, *names], check=True, capture_output=True, text=True).stdout.split()
    return dict(zip(names, found))
