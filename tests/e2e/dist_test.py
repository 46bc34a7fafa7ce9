#!/usr/bin/env python3
"""The tarball of `make dist`, unpacked elsewhere, works with nothing else in reach.

Runs the program with an empty environment from a folder whose name has a blank; checks that every library comes from the
tarball or is glibc's; and, as root, runs a whole project in a root folder that holds only the tarball and glibc, as on a
bare machine. Exits with 77 when there is no release program.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.environ.get("LARDER_PROGRAM", os.path.join(ROOT, "build", "release", "larder"))
GLIBC = re.compile(r"(ld-linux-x86-64|linux-vdso|lib(c|m|dl|rt|pthread|resolv|util))\.so")
GLIBC_FILES = ["libc.so.6", "libm.so.6", "libdl.so.2", "librt.so.1", "libpthread.so.0", "libresolv.so.2"]
LOADER = "/lib64/ld-linux-x86-64.so.2"

DEFINITIONS = """\
entities: [{name: k, type: string}]
sources:
  - name: events
    path: events.csv
    timestamp: at
    derive: {at: "local_to_utc(t, 'America/New_York')"}
feature_views: [{name: v, entities: [k], source: events, features: {x: int64}}]
"""
EVENTS = "k,t,x\na,2015-07-01T12:00:00,1\na,2015-07-01T13:00:00,2\n"
# 16:30 UTC is 12:30 in New York in summer: the first row is known and the second is not.
ROWS = "k,event_timestamp\na,2015-07-01T16:30:00Z\n"
EXPECTED = "k,event_timestamp,x\na,2015-07-01T16:30:00Z,1\n"


def check(condition, text):
    if not condition:
        print(f"FAILED: {text}")
        sys.exit(1)


def run(command, **options):
    done = subprocess.run(command, capture_output=True, text=True, env={}, check=False, timeout=120, **options)
    check(done.returncode == 0, f"{command} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
    return done.stdout


def make_tarball(folder):
    """Returns the path of a fresh tarball."""
    environment = {**os.environ, "LARDER_PROGRAM": PROGRAM, "LARDER_DIST": folder}
    done = subprocess.run([os.path.join(ROOT, "cmake", "dist.sh")], env=environment, capture_output=True, text=True, check=False)
    check(done.returncode == 0, f"dist.sh: {done.stdout}{done.stderr}")
    names = [name for name in os.listdir(folder) if re.fullmatch(r"larder-[0-9.]+-linux-x86_64\.tar\.gz", name)]
    check(len(names) == 1, f"one tarball, not {names}")
    return os.path.join(folder, names[0])


def unpack(tarball, folder):
    """Returns the installation: the one folder in the tarball."""
    os.makedirs(folder)
    run(["/bin/tar", "-xzf", tarball, "-C", folder])
    entries = os.listdir(folder)
    check(len(entries) == 1, f"one folder in the tarball, not {entries}")
    return os.path.join(folder, entries[0])


def check_libraries(installation):
    """Every library that the program or one of its libraries needs lies in lib/ or is glibc's."""
    library_folder = os.path.realpath(os.path.join(installation, "lib"))
    files = [os.path.join(installation, "bin", "larder")]
    files += [os.path.join(library_folder, name) for name in os.listdir(library_folder)]
    for file in files:
        for line in run(["/usr/bin/ldd", file]).splitlines():
            name, _, rest = line.strip().partition(" => ")
            check("not found" not in rest, f"{file}: {line}")
            if GLIBC.search(os.path.basename(name.split(" ")[0])):
                continue
            path = os.path.realpath(rest.split(" (")[0])
            check(os.path.dirname(path) == library_folder, f"{file} takes {name} from {path}")
    licences = os.listdir(os.path.join(installation, "share", "licenses"))
    check(len(licences) > 5, f"licences of what is bundled: {licences}")


def write_project(folder):
    os.makedirs(os.path.join(folder, "features"), exist_ok=True)
    for name, text in (("larder.yaml", "project: bare\n"), ("features/all.yaml", DEFINITIONS), ("events.csv", EVENTS),
                       ("rows.csv", ROWS)):
        with open(os.path.join(folder, name), "w", encoding="utf-8") as file:
            file.write(text)


def use_project(larder, project, outside):
    """Runs the main job; `outside` is where the project's folder is seen from here."""
    write_project(outside)
    run([*larder, "-C", project, "apply", "--yes"])
    run([*larder, "-C", project, "historical", "--entities", f"{project}/rows.csv", "--features", "v:x", "--output",
         f"{project}/out.csv"])
    run([*larder, "-C", project, "materialize"])
    answer = run([*larder, "-C", project, "--json", "online", "--features", "v:x", "--key", "k=a"])
    check('"PRESENT"' in answer, f"the online answer: {answer}")
    with open(os.path.join(outside, "out.csv"), encoding="utf-8") as file:
        text = file.read()
    check(text == EXPECTED, f"the training set is:\n{text}")


def make_bare_root(folder, installation):
    """Makes a root folder with the installation, glibc, an empty /tmp, and nothing else."""
    shutil.copytree(installation, os.path.join(folder, "opt", "larder"))
    for path in ("proc", "dev", "tmp", "lib64", "lib/x86_64-linux-gnu", "project"):
        os.makedirs(os.path.join(folder, path))
    shutil.copy(LOADER, os.path.join(folder, "lib64"))
    for name in GLIBC_FILES:
        shutil.copy(os.path.join("/lib/x86_64-linux-gnu", name), os.path.join(folder, "lib/x86_64-linux-gnu"))


def check_on_a_bare_machine(folder, installation):
    """Runs a project in a root of its own. Needs root and mount namespaces."""
    script = 'mount --rbind /proc "$1/proc" && mount --rbind /dev "$1/dev" && root=$1 && shift && exec chroot "$root" "$@"'
    make_bare_root(folder, installation)
    bare = ["/usr/bin/unshare", "--mount", "--propagation", "private", "/bin/sh", "-c", f"PATH=/usr/sbin:/usr/bin:/sbin:/bin; {script}",
            "sh", folder]
    probe = subprocess.run([*bare, "/opt/larder/bin/larder", "version"], capture_output=True, text=True, env={}, check=False)
    if probe.returncode != 0 and re.search(r"(unshare|mount|chroot).*(not permitted|denied)", probe.stderr):
        print(f"SKIPPED: the run in a bare root needs root and mount namespaces ({probe.stderr.strip()})")
        return
    check(probe.returncode == 0, f"larder version in a bare root: {probe.stderr}")
    use_project([*bare, "/opt/larder/bin/larder"], "/project", os.path.join(folder, "project"))
    print("the program, applied, trained and served, in a root with glibc and the tarball alone")


def main():
    if not os.access(PROGRAM, os.X_OK):
        print(f"SKIPPED: {PROGRAM} is missing: make build")
        return 77
    with tempfile.TemporaryDirectory(prefix="larder_dist_") as scratch:
        tarball = make_tarball(scratch)
        installation = unpack(tarball, os.path.join(scratch, "some place"))
        larder = os.path.join(installation, "bin", "larder")
        print(run([larder, "version"]).strip())
        check_libraries(installation)
        use_project([larder], os.path.join(scratch, "a project"), os.path.join(scratch, "a project"))
        check_on_a_bare_machine(os.path.join(scratch, "root"), installation)
    print("dist: works")
    return 0


if __name__ == "__main__":
    sys.exit(main())
