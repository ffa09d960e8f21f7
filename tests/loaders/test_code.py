"""Source code: whole functions, under the names of what they are in."""

from __future__ import annotations

import ast
import asyncio
import time
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from askdocs.loaders import load, media_type
from askdocs.loaders.code import load_code
from askdocs.loaders.languages import LANGUAGES, Language
from tests.loaders.checks import assert_sound, path_of
from tests.support import PROJECT

BODY = "".join(f"            step{number}(a, b);\n" for number in range(60))  # so long that what holds it is opened

CASES = [  # a file, words in it, and the path that they are found under
    ("a.py", "import os\n\nclass Roof:\n    '''A roof.'''\n\n    @property\n    def repair(\n        self,\n    ):\n"
     + "        work()\n" * 90 + "        tiles()\n\n\ndef main():\n    '''\nnot indented\n'''\n    start()\n\n\nmain()  # run\n",
     {"tiles()": "class Roof > def repair", "start()": "def main", "# run": "", "import os": ""}),
    ("a.py2.py", "class Roof:\n    def old(self):\n        print 'tiles'\n", {"tiles": "class Roof"}),
    ("a.c", "#include <x.h>\n/* Mends it. */\nstatic int\nmend (int a)\n{\n#ifdef X\n  tiles(\"}\");\n#endif\nout:\n  return 1;\n}\n\nstruct roof *find(int a)\n{\n  look();\n}\nint declared(int);\nint last;\n",
     {"tiles": "mend()", "Mends it": "mend()", "look()": "find()", "int last": ""}),
    ("a.cpp", "namespace house {\ntemplate <typename T>\nclass Roof : public Part {\n public:\n  void Mend(int a) const {\n" + BODY + "    tiles();\n  }\n};\n}\nRoof::Roof(int a) : b(a) {\n  build();\n}\nint last;\n",
     {"tiles()": "namespace house > class Roof > Mend()", "build()": "Roof::Roof()", "int last": ""}),
    ("a.java", "package x;\n\n/** A roof. */\npublic final class Roof {\n    private int age;\n\n    public Roof(int age) {\n        this.age = age;\n    }\n\n    @Override\n    public List<String> mend(int a)\n            throws Leak {\n        if (a) {\n" + BODY + "        tiles();\n        }\n    }\n}\n",
     {"tiles()": "class Roof > mend()", "this.age": "class Roof > Roof()", "A roof": "class Roof"}),
    ("a.cs", "namespace House\n{\n    public class Roof\n    {\n        public int Mend(int a)\n        {\n" + BODY + "            Tiles();\n        }\n    }\n}\n",
     {"Tiles()": "namespace House > class Roof > Mend()"}),
    ("a.js", "const a = 1;\nexport const mend = async (a) => {\n  tiles(`\n}\n`);\n};\n\nclass Roof {\n  leak(a) {\n" + BODY + "    drip();\n  }\n}\nmodule.exports = { mend };\n",
     {"tiles": "const mend", "drip()": "class Roof > leak()", "module.exports": ""}),
    ("a.ts", "export interface Roof {\n  tiles: number;\n  age: number;\n}\n\nexport default function mend(a: Roof): void {\n  nail();\n}\n",
     {"tiles": "interface Roof", "nail()": "function mend"}),
    ("a.go", "package roof\n\n// Mend mends.\nfunc (r *Roof) Mend() error {\n\ttiles()\n}\n\ntype Roof struct {\n\tage int\n}\n",
     {"tiles()": "func (r *Roof) Mend", "age int": "type Roof struct", "package": ""}),
    ("a.rs", "use x;\n\n/// A roof.\n#[derive(Debug)]\npub struct Roof<'a> {\n    age: &'a str,\n}\n\nimpl<'a> Roof<'a> {\n    pub fn mend(&self) {\n" + BODY + "        tiles();\n    }\n}\n",
     {"age:": "struct Roof", "A roof": "struct Roof", "tiles()": "impl<'a> Roof<'a> > fn mend"}),
    ("a.rb", "module House\n  class Roof\n    def mend!\n" + BODY + "      tiles\n    rescue Leak\n      drip\n    end\n  end\nend\n",
     {"tiles": "module House > class Roof > def mend!", "drip": "module House > class Roof > def mend!"}),
    ("a.php", "<?php\nfinal class Roof\n{\n    public function mend(): void\n    {\n" + BODY + "        tiles();\n    }\n}\n", {"tiles()": "class Roof > function mend"}),
    ("a.sh", "#!/bin/sh\nusage() {\n  cat <<EOF\n}\nThe tiles\nEOF\n}\n\n# Mends it.\nmend() {\n  echo ${#a} 'nail'\n}\nmend\n",
     {"tiles": "usage", "nail": "mend", "Mends": "mend"}),
    ("a.swift", "extension Roof {\n    public func mend() {\n" + BODY + "        tiles()\n    }\n}\n", {"tiles()": "extension Roof > func mend"}),
    ("a.kt", "data class Roof(val age: Int) {\n    override fun mend() {\n" + BODY + "        tiles()\n    }\n}\n", {"tiles()": "class Roof > fun mend"}),
    ("a.scala", "object Roof {\n  def mend(): Unit = {\n" + BODY + "    tiles()\n  }\n}\n", {"tiles()": "object Roof > def mend"}),
    ("a.lua", "local function mend(a)\n  tiles()\nend\n\nRoof.leak = function()\n  drip()\nend\nreturn Roof\n", {"tiles()": "function mend", "drip()": "Roof.leak", "return Roof": ""}),
    ("a.ex", "defmodule Roof do\n  @doc \"Mends\"\n  def mend(a) do\n" + BODY + "    tiles()\n  end\nend\n", {"tiles()": "defmodule Roof > def mend"}),
    ("a.jl", "function mend(a)\n  tiles()\nend\n", {"tiles()": "function mend"}),
    ("a.R", "mend <- function(a) {\n  tiles()\n}\nx <- 1\n", {"tiles()": "mend", "x <- 1": ""}),
    ("a.pl", "sub mend {\n  tiles();\n}\n1;\n", {"tiles()": "sub mend"}),
    ("a.hs", "module Roof where\n\n-- | Mends.\nmend :: Int -> Int\nmend 0 = tiles\nmend n = n\n\ndata Roof = Roof\n  { age :: Int }\n", {"tiles": "mend", "Mends": "mend", "age": "data Roof"}),
    ("a.ml", "let mend a =\n  tiles a\n\nlet rec leak a =\n  drip a\n", {"tiles": "let mend", "drip": "let rec leak"}),
    ("a.clj", "(ns roof\n  (:require x))\n\n(defn mend\n  [a]\n  (tiles a))\n", {"tiles": "defn mend"}),
    ("a.el", "(defun mend (a)\n  \"Doc (\n(unbalanced\"\n  (tiles a))\n(provide 'mend)\n", {"tiles": "defun mend", "provide": ""}),
    ("a.sql", "CREATE TABLE roof (\n  tiles INT\n);\n\ncreate or replace view leaks as\nselect drip from roof;\n", {"tiles": "CREATE TABLE roof", "drip": "create or replace view leaks"}),
    ("a.proto", "message Roof {\n  int32 tiles = 1;\n}\n", {"tiles": "message Roof"}),
    ("a.tf", "resource \"house\" \"roof\" {\n  tiles = 3\n}\n", {"tiles": 'resource "house" "roof"'}),
    ("a.ps1", "function Mend-Roof {\n  Tiles\n}\n", {"Tiles": "function Mend-Roof"}),
    ("a.f90", "subroutine mend(a)\n  call tiles(a)\nend subroutine mend\n", {"tiles": "subroutine mend"}),
    ("a.vb", "Public Class Roof\n  Public Sub Mend()\n    Tiles()\n  End Sub\nEnd Class\n", {"Tiles": "Class Roof"}),
    ("Makefile", "A := 1\n\nroof: tiles nails\n\tmend $^\n\nclean:\n\trm x\n", {"mend": "roof", "rm x": "clean"}),
    ("CMakeLists.txt", "function(mend a)\n  tiles()\nendfunction()\nmend(x)\n", {"tiles": "function mend", "mend(x)": ""}),
    ("Dockerfile", "FROM roof AS tiles\nRUN mend\n", {"RUN": "FROM roof AS tiles"}),
]  # fmt: skip


@pytest.mark.parametrize("newline", ["\n", "\r\n", "\r"], ids=["unix", "windows", "mac"])
@pytest.mark.parametrize(("name", "code", "where"), CASES, ids=[case[0] for case in CASES])
def test_definitions_are_headings(name: str, code: str, where: dict[str, str], newline: str) -> None:
    """What stands in a function has its path, with its comments; what follows it hasn't."""
    code = code.replace("\n", newline)
    kind = media_type(name)
    assert kind
    chunks = assert_sound(load(name, kind, code.encode()), code)
    assert {words: path_of(chunks, words) for words in where} == where


def definitions(code: str) -> set[tuple[str, int, int]]:
    """The classes and functions of more than a line that Python finds: name, first and last line."""
    return {
        (node.name, min([node.lineno, *(d.lineno for d in node.decorator_list)]), node.end_lineno or 0)
        for node in ast.walk(ast.parse(code))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef) and node.lineno != node.end_lineno
    }


@pytest.mark.parametrize(
    "path",
    [*sorted(PROJECT.glob("askdocs/*.py")), *sorted(Path(asyncio.__file__).parent.glob("*.py"))],
    ids=lambda path: path.name,
)
def test_python_is_seen_as_python_sees_it(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Definitions begin and end where the real parser says, but for comments above and below them."""
    monkeypatch.setattr("askdocs.loaders.code.WHOLE", 0)
    code = path.read_text(encoding="utf-8")
    lines = code.split("\n")
    expected = definitions(code)
    read = load_code(LANGUAGES[0], path.name, code.encode())
    found = set()
    for heading in read.headings:
        if not heading.title:
            continue
        first = code.count("\n", 0, heading.span.start)
        while lines[first].strip().startswith("#"):
            first += 1
        name = heading.title.split()[-1]
        found.add((name, first + 1))
    assert found >= {(name, first) for name, first, _ in expected}
    comments_above = {(name, first) for name, first in found} - {(name, first) for name, first, _ in expected}
    assert all(lines[first - 2].strip().startswith("#") for _, first in comments_above)


@settings(max_examples=300)
@given(st.sampled_from(LANGUAGES), st.lists(st.sampled_from([
    "class A", "def b", "fn c()", "int f(int a)", " {", "}", "\n", "\r\n", "\r", "    ", "\t", '"', "'", '"""', "`", "/*", "*/", "//", "#", "--",
    "<<EOF", "EOF", "end", "é", "\x00", ";", "(", ")", "@x", "=begin", "function", "=", "::", ":", "😀", "\u2028", "\x0c",
]), max_size=40))  # fmt: skip
def test_no_code_is_too_broken(language: Language, pieces: list[str]) -> None:
    """Whatever a file of source code holds: its text is exact, and all of it is in passages."""
    text = "".join(pieces)
    if text.count("\x00") <= 0.005 * len(text):
        assert_sound(load_code(language, "a", text.encode()), text)


@pytest.mark.parametrize("language", LANGUAGES, ids=lambda language: language.name)
def test_hostile_code_takes_time_in_proportion(language: Language) -> None:
    """Thirty thousand characters of any one thing take a second at most."""
    for unit in [
        "{", "(", '"', "'", "`", '"""', "/*", "a ", "a*", "a::", "<<A\n", "def a():\n", "class A {\n", " ", "\t", "x=", "#", "--[[", "{-", "a.",
    ]:  # fmt: skip
        began = time.process_time()
        load_code(language, "a", (unit * 30_000)[:30_000].encode())
        assert time.process_time() - began < 1, unit


def test_nesting_has_a_bottom() -> None:
    """Code that is indented a thousand levels deep has paths of bounded length."""
    code = "".join(" " * depth + "def a():\n" for depth in range(1000)) + " " * 1000 + "pass\n"
    chunks = assert_sound(load("a.py", "text/x-python", code.encode()), code)
    assert max(len(chunk.locator.headings) for chunk in chunks) <= 24


def test_an_encoding_that_python_declares_is_used() -> None:
    """PEP 263's comment is believed where the bytes are no UTF-8."""
    code = "# -*- coding: cp1251 -*-\nname = 'Крыша'\n"
    assert load("a.py", "text/x-python", code.encode("cp1251")).text == code
