#!/usr/bin/env python3
"""Names that nobody knows, and command lines that make no sense: each tells the nearest name or what to write."""

import os

import larder_project
from larder_project import ProjectTest


class UnknownNames(ProjectTest):
    def setUp(self):
        super().setUp()
        self.applied()

    def historical(self, reason, *arguments, shows):
        self.project.fails(reason, "historical", "--entities", "rows.parquet", "--output", "train.parquet", *arguments, shows=shows)

    def both(self, reason, *arguments, shows):
        """Training and serving refuse the same."""
        self.historical(reason, *arguments, shows=shows)
        self.project.fails(reason, "online", *arguments, "--key", "k=a", "--request", "amount=1", shows=shows)

    def test_commands(self):
        self.project.fails("usage", "aply", shows=["aply", "did you mean 'apply'?"])
        self.project.fails("usage", "histroical", shows=["did you mean 'historical'?"])
        self.project.fails("usage", "zzz", shows=["zzz", "larder --help"])
        self.project.fails("usage", "", shows=["larder --help"])

    def test_flags(self):
        self.project.fails("usage", "historical", "--entites", "rows.parquet", shows=["--entites", "did you mean '--entities'?"])
        self.project.fails("usage", "apply", "--yess", shows=["--yess", "did you mean '--yes'?"])
        self.project.fails("usage", "list", "--zzz", shows=["--zzz", "larder list --help"])
        self.project.fails("usage", "--jsn", "list", shows=["--jsn", "did you mean '--json'?"])
        self.project.fails("usage", "list", "entities", "more", shows=["more", "larder list --help"])
        self.project.fails("usage", "describe", "entity", shows=["NAME", "larder describe --help"])
        self.project.fails("usage", "historical", "--entities", shows=["--entities"])
        self.project.fails("usage", "list", "-C", shows=["-C"])
        self.project.fails("usage", shows=["larder --help"])

    def test_arguments_that_make_no_sense(self):
        self.project.fails("usage", "historical", "--features", "v", shows=["--entities"])
        self.historical("usage", shows=["--features", "--service"])
        self.historical("usage", "--features", "v", "--service", "model", shows=["--features", "--service"])
        self.project.fails("usage", "online", "--features", "v", shows=["--key"])
        self.project.fails("usage", "online", "--features", "v", "--key", "k", shows=["--key", "'k'"])
        self.project.fails("usage", "online", "--features", "v", "--key", "k=a", "k=b", shows=["'k'"])
        self.project.fails("usage", "online", "--features", "v", "--key", "k=a", "--key", "j=b", shows=["--key"])
        self.project.fails("usage", "materialize", "--incremental", "--from", "2015-01-01", shows=["--from"])
        self.project.fails("usage", "push", "v", "rows.parquet", "--to", "nowhere", shows=["nowhere", "offline"])
        self.project.fails("usage", "completion", "tcsh", shows=["tcsh", "bash"])
        self.project.fails("usage", "explain", "v", "--key", "k=a", shows=["view:feature"])

    def test_kinds_and_objects(self):
        for command in ("list", "describe", "delete", "versions"):
            name = [] if command == "list" else ["v"]
            self.project.fails("usage", command, "feature_veiw", *name, shows=["feature_veiw", "did you mean 'feature_view"])
        for command in ("describe", "delete", "versions"):
            self.project.fails("unknown_object", command, "feature_view", "vv", shows=["'vv'", "did you mean 'v'?"])
            self.project.fails("unknown_object", command, "entity", "nothing", shows=["'nothing'"])
            self.project.fails("unknown_object", command, "source", "evnts", shows=["'evnts'", "did you mean 'events'?"])
        self.project.fails("unknown_object", "push", "vv", "rows.parquet", shows=["'vv'", "did you mean 'v'?"])
        self.project.fails("unknown_object", "materialize", "--view", "vv", shows=["'vv'", "did you mean 'v'?"])
        self.project.fails("unknown_object", "init", "other", "--template", "shp", shows=["'shp'", "did you mean 'shop'?"])

    def test_views(self):
        self.both("unknown_object", "--features", "vv:x", shows=["'vv'", "did you mean 'v'?"])
        self.both("unknown_object", "--features", "ratoi", shows=["'ratoi'", "did you mean 'ratio'?"])

    def test_features(self):
        self.both("unknown_feature", "--features", "v:xx", shows=["'xx'", "'v'", "did you mean 'x'?"])
        self.both("unknown_feature", "--features", "ratio:shar", shows=["'shar'", "did you mean 'share'?"])

    def test_services(self):
        self.both("unknown_object", "--service", "modle", shows=["'modle'", "did you mean 'model'?"])

    def test_versions(self):
        self.both("unknown_version", "--features", "v@7:x", shows=["7", "'v'"])
        self.both("unknown_version", "--features", "v@99999999999:x", shows=["99999999999"])

    def test_references_that_cannot_be_read(self):
        for reference in (":x", "v:", "v@:x", "v@0:x", "v@x:x", "v:x:y", "v@99999999999999999999:x", "V:x", ","):
            self.both("invalid_reference", "--features", reference, shows=[reference.strip(",")])

    def test_equal_output_names(self):
        self.both("equal_names", "--features", "v:x,v:x", shows=["x"])
        self.project.write("features/more.yaml", "feature_views: [{name: w, entities: [k], source: events, features: {x: float64}}]\n")
        self.project.run("apply", "--yes")
        self.both("equal_names", "--features", "v:x,w:x", shows=["'x'", "v:x", "w:x", "full"])

    def test_a_feature_named_like_an_entity_column(self):
        rows = larder_project.rows_table().rename_columns(["k", "event_timestamp", "x"])
        self.project.write("other.parquet", rows)
        self.project.fails("equal_names", "historical", "--entities", "other.parquet", "--features", "v:x", shows=["'x'", "v:x", "--full-names"])

    def test_nothing_is_left_behind(self):
        self.both("unknown_object", "--service", "modle", shows=[])
        self.assertFalse(os.path.exists(self.project.path("train.parquet")))
        self.assertEqual(self.project.leftovers(), [])


class Init(ProjectTest):
    def test_what_is_there_already_stays(self):
        self.project.fails("already_exists", "init", shows=["larder.yaml"])
        self.project.write("other/features/shop.yaml", "mine")
        self.project.fails("already_exists", "init", "other", shows=["shop.yaml"])
        self.project.write("file", "no folder")
        code, _, err = self.project.finished("--json", "init", "file")
        self.assertNotEqual(code, 0)
        self.assertIn("file", err)


class ConflictingDeletes(ProjectTest):
    def test_what_is_needed_or_held_stays(self):
        self.applied()
        self.project.fails("object_in_use", "delete", "feature_view", "v", shows=["'v'", "features/definitions.yaml:5", "larder apply"])
        self.project.write("features/definitions.yaml", "")
        self.project.fails("object_in_use", "delete", "source", "events", shows=["'events'", "'v'"])


if __name__ == "__main__":
    larder_project.main()
