#!/usr/bin/env python3
"""Faulty definitions and configurations: each is told with its place and its remedy, and nothing is applied."""

import larder_project
from larder_project import ProjectTest, events_table

HEAD = "entities: [{name: k, type: string}]\nsources: [{name: events, path: events.parquet, timestamp: t}]\n"
VIEW = "feature_views: [{name: v, entities: [k], source: events, features: {x: float64}}]\n"
FILE = "features/definitions.yaml"


class BadDefinitions(ProjectTest):
    def setUp(self):
        super().setUp()
        self.project.write("events.parquet", events_table())
        self.project.write(FILE, HEAD + VIEW)
        self.project.run("apply", "--yes")

    def refuse(self, text, *shows, reason="invalid_definition", line=None):
        self.project.write(FILE, text)
        failure = self.project.fails(reason, "apply", "--yes", shows=shows)
        if line is not None:
            self.assertTrue(any(place.startswith(f"{FILE}:{line}:") for place in failure.places),
                            f"not at line {line}: {failure.places}\n{failure.text}")
        return failure

    def test_plan_tells_what_apply_tells(self):
        failure = self.refuse(HEAD + VIEW.replace("source:", "sorce:"))
        self.assertEqual(self.project.fails("invalid_definition", "plan").text, failure.text)

    def test_unknown_key(self):
        self.refuse(HEAD + VIEW.replace("source:", "sorce:"), "sorce", "did you mean 'source'?", line=3)
        self.refuse(HEAD + "feature_view: []\n", "feature_view", "did you mean 'feature_views'?", line=3)

    def test_duplicate_name(self):
        self.project.write("features/other.yaml", "\nentities: [{name: k, type: int64}]\n")
        self.refuse(HEAD + VIEW, "'k'", "features/other.yaml:2", FILE + " line 1")

    def test_duplicate_name_of_an_on_demand_view(self):
        self.refuse(HEAD + VIEW + "on_demand_views: [{name: v, inputs: [v], features: {y: {type: float64, expression: x}}}]\n",
                    "'v'", line=4)

    def test_cycle_of_on_demand_views(self):
        text = HEAD + VIEW + (
            "on_demand_views:\n"
            "  - {name: one, inputs: [three], features: {p: {type: float64, expression: r}}}\n"
            "  - {name: two, inputs: [one], features: {q: {type: float64, expression: p}}}\n"
            "  - {name: three, inputs: [two], features: {r: {type: float64, expression: q}}}\n")
        self.refuse(text, "one", "two", "three")
        self.refuse(HEAD + "on_demand_views: [{name: me, inputs: [me], features: {p: {type: float64, expression: p}}}]\n", "me", line=3)

    def test_long_chain_of_on_demand_views(self):
        """Depth is no reason to fall over: a thousand views on top of each other are applied or refused, not a crash."""
        views = "".join(f"  - {{name: d{i}, inputs: [{'v' if i == 0 else f'd{i - 1}'}], "
                        f"features: {{f{i}: {{type: float64, expression: {'x' if i == 0 else f'f{i - 1}'} + 1}}}}}}\n" for i in range(1000))
        self.project.write(FILE, HEAD + VIEW + "on_demand_views:\n" + views)
        code, out, err = self.project.finished("--json", "plan")
        self.assertIn(code, (0, 2), out[-500:] + err[-500:])

    def test_missing_source_column(self):
        self.refuse(HEAD + VIEW.replace("{x: float64}", "{nn: int64}"), "nn", "'events'", "did you mean 'n'?", line=3)
        self.refuse(HEAD.replace("timestamp: t", "timestamp: tt") + VIEW, "tt", "did you mean 't'?", line=2)
        self.refuse(HEAD.replace("name: k", "name: kk") + VIEW.replace("[k]", "[kk]"), "kk", "did you mean 'k'?")

    def test_unknown_objects(self):
        self.refuse(HEAD + VIEW.replace("source: events", "source: evens"), "evens", "did you mean 'events'?", line=3)
        self.refuse(HEAD + VIEW.replace("[k]", "[key]"), "key", line=3)
        self.refuse(HEAD + VIEW + "feature_services: [{name: s, features: ['v:xx']}]\n", "xx", "did you mean 'x'?", line=4)
        self.refuse(HEAD + VIEW + "feature_services: [{name: s, features: ['w:x']}]\n", "w", line=4)
        self.refuse(HEAD + VIEW + "feature_services: [{name: s, features: ['v@9:x']}]\n", "9", line=4)

    def test_wrong_type(self):
        self.refuse(HEAD + VIEW.replace("float64", "floaty64"), "floaty64", "did you mean 'float64'?", line=3)
        self.refuse(HEAD + VIEW.replace("float64", "bool"), "x", "bool", "float64", line=3)
        self.refuse(HEAD.replace("type: string", "type: float64") + VIEW, "float64", line=1)
        self.refuse(HEAD.replace("timestamp: t", "timestamp: x") + VIEW, "x", "timestamp", line=2)
        self.refuse(HEAD.replace("type: string", "type: bool") + VIEW, "k", "bool", "string")

    def test_bad_expression(self):
        derive = "sources:\n  - name: events\n    path: events.parquet\n    timestamp: t\n    derive:\n      y: EXPRESSION\n"
        for expression, shows in [("x +", ["expected a value, found the end"]), ("'x + (n'", []), ("xx + 1", ["xx", "did you mean 'x'?"]),
                                  ("sqrrt(x)", ["sqrrt", "did you mean 'sqrt'?"]), ("x + k", ["float64", "string"]),
                                  ("x::flot64", ["flot64", "did you mean 'float64'?"]), ("sqrt(x, x)", ["sqrt"]),
                                  ("99999999999999999999999", []), ("\"x # y\"", []), ("'\"unfinished'", [])]:
            self.refuse("entities: [{name: k, type: string}]\n" + derive.replace("EXPRESSION", expression) + VIEW, *shows, line=7)
        self.refuse(HEAD.replace("timestamp: t", "timestamp: t, where: x") + VIEW, "where", "bool", line=2)

    def test_deep_expression(self):
        deep = "(" * 100_000 + "x" + ")" * 100_000
        self.refuse(HEAD.replace("timestamp: t", f"timestamp: t, where: '{deep} > 0'") + VIEW, line=2)
        self.refuse(HEAD.replace("timestamp: t", f"timestamp: t, where: '{'not ' * 100_000} true'") + VIEW, line=2)
        self.refuse(HEAD.replace("timestamp: t", f"timestamp: t, where: 'x{' + x' * 100_000} > 0'") + VIEW, line=2)

    def test_names_against_the_rule(self):
        for name, shows in [("k" * 129, ["128"]), ("Upper", ["Upper"]), ("1st", ["1st"]), ("a-b", ["a-b"]), ("''", []), ("käse", ["käse"])]:
            self.refuse(f"entities: [{{name: {name}, type: string}}]\n", *shows, line=1)
        self.refuse("entities: [{name: null, type: string}]\n", "name", line=1)
        self.refuse("entities: [{type: string}]\n", "name", line=1)

    def test_duplicate_feature_names(self):
        self.refuse(HEAD + VIEW.replace("{x: float64}", "{x: float64, x: float64}"), "x", line=3)

    def test_text_that_is_no_yaml(self):
        self.refuse("entities:\n\t- {name: k}\n", "tab", line=2)
        self.refuse(HEAD + HEAD, "entities", line=3)
        self.refuse("entities: [{name: k, type: string\n", line=None)
        self.refuse("entities: [{name: k, type: string}]\n---\nsources: []\n")
        self.refuse("entities: {name: k}\n", "entities", line=1)
        self.refuse("- just\n- a list\n", line=1)
        self.refuse("just text\n", line=1)
        self.refuse("entities: [{name: k, type: [string]}]\n", "type", line=1)
        self.refuse("entities: [{name: k, type: string, ttl: 1d}]\n", "ttl", line=1)

    def test_wrong_encoding(self):
        self.refuse("entities: [{name: k, type: string, description: caf\u00e9}]\n".encode("latin-1"), "UTF-8", line=1)
        self.refuse("entities: [{name: k, type: string}]\n".encode("utf-16"), "UTF-8")
        self.refuse(b"entities: [{name: k, type: string, description: 'a\x00b'}]\n")

    def test_anchors_that_explode(self):
        layers = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for i in range(1, 12):
            layers += f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]\n"
        self.refuse(layers + HEAD + VIEW)
        self.refuse("entities: &e [{name: k, type: string, tags: *e}]\n")

    def test_deep_yaml(self):
        self.refuse("entities: " + "[" * 100_000 + "\n")
        self.refuse("entities: " + "[" * 20_000 + "]" * 20_000 + "\n")
        self.refuse("entities: " + "{a: " * 20_000 + "1" + "}" * 20_000 + "\n")

    def test_bad_durations(self):
        for ttl in ("1", "1y", "-1d", "1.5h", "9999999999999d", "1 d", "d"):
            self.refuse(HEAD + VIEW.replace("source: events", f"source: events, ttl: {ttl}"), ttl, line=3)

    def test_missing_and_unreadable_definition_files(self):
        self.project.write("larder.yaml", "project: shop\ndefinitions: [nowhere/]\n")
        self.project.fails("invalid_definition", "apply", "--yes", shows=["nowhere"])
        self.project.write("larder.yaml", "project: shop\ndefinitions: [larder.yaml/]\n")
        self.assertNotEqual(self.project.finished("apply", "--yes")[0], 0)

    def test_all_faults_of_all_files_at_once(self):
        self.project.write("features/second.yaml", "entities: [{name: Upper, type: string}, {name: e, type: strin}]\n")
        failure = self.refuse(HEAD + VIEW.replace("ttl", "tl").replace("[k]", "[nobody]") + "feature_services: [{name: s, features: [nothing]}]\n",
                              "Upper", "did you mean 'string'?", "nobody", "nothing")
        self.assertGreaterEqual(len(failure.places), 4, failure.text)
        self.assertTrue(all(":" in place for place in failure.places), failure.places)

    def test_sources_without_files(self):
        self.refuse(HEAD.replace("events.parquet", "evnts.parquet") + VIEW, "evnts.parquet", line=2)
        self.refuse(HEAD.replace("events.parquet", "'nothing/*.parquet'") + VIEW, "nothing/*.parquet", line=2)
        self.refuse(HEAD.replace("events.parquet", "events.txt") + VIEW, "events.txt", line=2)


class BadConfiguration(ProjectTest):
    def refuse(self, text, *shows, reason="invalid_config"):
        self.project.write("larder.yaml", text)
        for command in (["config"], ["apply", "--yes"], ["serve"], ["materialize"]):
            self.project.fails(reason, *command, shows=shows)

    def test_keys_and_values(self):
        self.refuse("project: shop\nservr: {}\n", "larder.yaml:2:1", "servr", "did you mean 'server'?")
        self.refuse("project: shop\nengine: {memry: 1GiB}\n", "memry", "did you mean 'memory'?")
        self.refuse("project: shop\nengine: {memory: lots}\n", "lots", "larder.yaml:2")
        self.refuse("project: shop\nengine: {threads: 0}\n", "threads", "larder.yaml:2")
        self.refuse("project: shop\nserver: {listen: nowhere}\n", "nowhere", "larder.yaml:2")
        self.refuse("project: shop\nserver: {listen: '127.0.0.1:99999'}\n", "99999", "larder.yaml:2")
        self.refuse("project: shop\nonline_store: {type: redis}\n", "redis", "larder.yaml:2")
        self.refuse("definitions: [features/]\n", "project", "larder.yaml")
        self.refuse("", "project")
        self.refuse("project: shop\nproject: shop\n", "project", "larder.yaml:2")
        self.refuse("project: ${LARDER_NOT_SET}\n", "LARDER_NOT_SET", "larder.yaml:1")
        self.refuse("project: [shop\n", "larder.yaml")

    def test_no_project(self):
        failure = self.project.fails("no_project", "-C", "/", "list")
        self.assertIn("larder init", failure.text)
        self.project.fails("no_project", "-C", self.project.path("nowhere/at/all").replace(self.project.folder, "/nowhere"), "list")

    def test_unreadable_configuration(self):
        self.project.write("larder.yaml", b"\xff\xfe\x00project")
        self.project.fails("invalid_config", "list")
        self.project.write("larder.yaml", "project: shop\n" + "# padding\n" * 1_000_000)
        self.project.fails("limit_exceeded", "list")


if __name__ == "__main__":
    larder_project.main()
