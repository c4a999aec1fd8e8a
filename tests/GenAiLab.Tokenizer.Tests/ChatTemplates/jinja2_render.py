"""Renders chat templates with jinja2, set up as Transformers sets it up. JSON in, JSON out.

In:  {"now": ISO 8601, "templates": {name: source}, "cases": [{"template": name, "context": {...}}]}
Out: [{"text": ...} or {"error": ...}], in the cases' order.
"""

import json
import sys
from datetime import datetime

import jinja2
import jinja2.ext
from jinja2.sandbox import ImmutableSandboxedEnvironment


class Generation(jinja2.ext.Extension):
    """The blocks that mark what an assistant wrote: printed as they stand."""

    tags = {"generation"}

    def parse(self, parser):
        line = next(parser.stream).lineno
        body = parser.parse_statements(["name:endgeneration"], drop_needle=True)
        return jinja2.nodes.CallBlock(self.call_method("_print"), [], [], body).set_lineno(line)

    def _print(self, caller):
        return caller()


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys)


def main():
    request = json.load(sys.stdin)
    now = datetime.fromisoformat(request["now"])
    environment = ImmutableSandboxedEnvironment(trim_blocks=True, lstrip_blocks=True, extensions=[Generation, jinja2.ext.loopcontrols])
    environment.filters["tojson"] = tojson
    environment.globals["raise_exception"] = raise_exception
    environment.globals["strftime_now"] = now.strftime
    compiled = {}
    results = []
    for case in request["cases"]:
        name = case["template"]
        try:
            if name not in compiled:
                compiled[name] = environment.from_string(request["templates"][name])
            results.append({"text": compiled[name].render(**case["context"])})
        except Exception as error:  # A template can fail in any way.
            results.append({"error": f"{type(error).__name__}: {error}"})
    json.dump(results, sys.stdout)


main()
