#!/usr/bin/env python3
"""larder backup and larder restore: what is restored answers as what was backed up, also when it was made beside a running
server that takes writes; a damaged backup is told and changes nothing."""

import os
import shutil
import threading

import larder_project
from larder_project import Project, ProjectTest

KEYS = ("--key", "k=a", "--key", "k=b", "--key", "k=p")
NOW = ("--now", "2015-02-01T00:00:00Z")
PUSHED = "k,t,x,n\np,2015-01-05T00:00:00Z,9.0,90\n"


class BackupTest(ProjectTest):
    def filled(self):
        project = self.applied()
        project.run("materialize", "--to", "2015-01-20")
        project.write("push.csv", PUSHED)
        project.run("push", "v", "push.csv")
        return project

    def other(self, project):
        """Returns a second project with the same definitions that stores nothing."""
        folder = project.path("other")
        os.makedirs(folder)
        other = Project(self, folder)
        for name in ("larder.yaml", "events.parquet", "rows.parquet"):
            shutil.copy(project.path(name), other.path(name))
        shutil.copytree(project.path("features"), other.path("features"))
        return other

    def answers(self, project):
        return (project.json("online", "--features", "v", *KEYS, *NOW), project.json("list"),
                project.json("historical", "--entities", "rows.parquet", "--features", "v"))

    def test_what_is_restored_answers_as_what_was_backed_up(self):
        project = self.filled()
        before = self.answers(project)
        project.run("backup", "saved")
        project.fails("already_exists", "backup", "saved")
        other = self.other(project)
        other.run("restore", project.path("saved"))
        self.assertEqual(self.answers(other), before)
        # It goes on from there: an incremental run finds nothing new, a push gets a number of its own.
        other.run("materialize", "--incremental", "--to", "2015-01-21")
        other.write("push.csv", PUSHED.replace("9.0", "8.0"))
        other.run("push", "v", "push.csv")
        self.assertNotEqual(self.answers(other)[0], before[0])
        self.assertEqual(self.answers(project), before)

    def test_it_replaces_only_when_told_to(self):
        project = self.filled()
        before = self.answers(project)
        project.run("backup", "saved")
        project.write("push.csv", PUSHED.replace("9.0", "7.0"))
        project.run("push", "v", "push.csv")
        project.fails("already_exists", "restore", "saved", shows=["--replace"])
        self.assertNotEqual(self.answers(project), before)
        project.run("restore", "saved", "--replace")
        self.assertEqual(self.answers(project), before)

    def test_a_damaged_backup_changes_nothing(self):
        project = self.filled()
        project.run("backup", "saved")
        names = [os.path.join(folder, name) for folder, _, found in os.walk(project.path("saved")) for name in found]
        self.assertGreater(len(names), 4)
        other = self.other(project)
        for path in names:
            with open(path, "rb") as file:
                good = file.read()
            damages = [good + b"x"] + ([good[:len(good) // 2] + bytes([good[len(good) // 2] ^ 4]) + good[len(good) // 2 + 1:]] if good else [])
            for bad in damages:
                os.remove(path)  # a table file may be a link to that of the store
                with open(path, "wb") as file:
                    file.write(bad)
                other.fails("newer_format" if b"format 5" in bad[:40] else "damaged", "restore", project.path("saved"))
            os.remove(path)
            if os.path.basename(path) != "BACKUP":
                other.fails("damaged", "restore", project.path("saved"), shows=[os.path.basename(path)])
            with open(path, "wb") as file:
                file.write(good)
        other.fails("file_not_found", "restore", project.path("features"))
        self.assertFalse(os.path.exists(other.path(".larder", "online")))
        other.run("restore", project.path("saved"))
        self.assertEqual(self.answers(other), self.answers(project))

    def test_beside_a_running_server(self):
        project = self.filled()
        with project.serving() as server:
            status, body = server.post("/backup", {"folder": project.path("over tcp")})
            self.assertEqual((status, body["error"]["reason"]), (403, "permission_denied"))
            acknowledged, is_done = [], threading.Event()

            def push():
                for number in range(1_000_000):
                    if is_done.is_set():
                        return
                    rows = {"k": ["w%d" % number], "t": ["2015-01-06T00:00:00Z"], "x": [float(number)], "n": [number]}
                    got, _ = server.post("/push", {"push_source_name": "v", "df": rows, "to": "online_and_offline"})
                    if got == 200:
                        acknowledged.append(number)

            writer = threading.Thread(target=push)
            writer.start()
            while len(acknowledged) < 20:
                pass
            known = len(acknowledged)
            project.run("backup", "saved")
            is_done.set()
            writer.join()
            project.fails("locked", "restore", "saved", "--replace", changes_nothing=False)
        other = self.other(project)
        other.run("restore", project.path("saved"))
        keys = [part for number in acknowledged[:known] for part in ("--key", "k=w%d" % number)]
        answer = other.run("--json", "online", "--features", "v:n", *keys, *NOW)
        self.assertNotIn("NOT_FOUND", answer)
        # A push of its own gets a number that none of those in the backup has.
        other.write("push.csv", PUSHED)
        other.run("push", "v", "push.csv")


if __name__ == "__main__":
    larder_project.main()
