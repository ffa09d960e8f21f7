"""Programming languages: what their files are called, and how their comments, strings and definitions look."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_SLASHES = r"(?P<c>//[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z))"
_HASH = r"(?P<c>#[^\r\n]*)"
_WORD_HASH = r"(?P<c>(?<![\w$\{&\\])#[^\r\n]*)"  # where it is also part of names
_HASH_AND_SLASHES = r"(?P<c>(?:#(?!\[)|//)[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z))"
_DASHES = r"(?P<c>--[^\r\n]*|/\*(?s:.*?)(?:\*/|\Z))"
_PERCENT = r"(?P<c>%[^\r\n]*)"
_SEMICOLON = r"(?P<c>;[^\r\n]*|#\|(?s:.*?)(?:\|#|\Z))"

_DOUBLE = r'"(?:\\[\s\S]|[^"\\\r\n])*"'
_SINGLE = r"'(?:\\[\s\S]|[^'\\\r\n])*'"
_CHARACTER = r"'(?:\\[^\r\n']{1,8}|[^'\\\r\n])'"
_BACKTICK = r"`(?s:\\.|[^`\\])*(?:`|\Z)"
_TRIPLE = r'"""(?s:\\.|[^\\])*?(?:"""|\Z)' + r"|'''(?s:\\.|[^\\])*?(?:'''|\Z)"
_TEXT_BLOCK = r'"""(?s:.*?)(?:"""|\Z)'
_LONG_DOUBLE = r'"(?s:\\.|[^"\\])*(?:"|\Z)'
_LONG_SINGLE = r"'(?s:\\.|[^'\\])*(?:'|\Z)"

_BRACES = r"[\])}{]|#[ \t]*[a-z]|\w+:[ \t]*$|(?:else|catch|finally|while)\b"
_INDENTS = r"[\])}]"
_ENDS = r"[\])}]|(?i:end\w*|else|elsif|elseif|elif|rescue|ensure|catch|after|begin|do|then|until|when|is|as)\b|fi\b|\{"

TYPES = frozenset({
    "class", "interface", "struct", "enum", "trait", "impl", "record", "object", "extension", "namespace", "module",
    "protocol", "actor", "mixin", "union", "@interface", "package", "contract", "library", "companion",
})  # fmt: skip
"""What holds methods: a name before a bracket and a brace, in one of these, is a definition."""

STATEMENTS = frozenset({
    "if", "for", "while", "switch", "catch", "return", "else", "do", "new", "throw", "sizeof", "foreach", "using",
    "lock", "synchronized", "when", "await", "typeof", "assert", "defer", "match", "elif", "case", "function",
    "fixed", "super", "this", "yield", "not", "with", "until", "unless", "and", "or", "in", "delete", "goto", "try",
})  # fmt: skip
"""Words before a bracket that are no names."""


@dataclass(frozen=True, slots=True)
class Language:
    """How the files of a language are read, line by line.

    `definition` matches at the start of a line: its group `t` is the title of a heading. `callables` are functions that no
    word announces, as in C. A definition ends where the indentation does, but not at a line that starts with `closing`;
    that of a `flat` language ends at the next. `names` are endings, with their dot, or whole file names. Patterns are
    compiled when a file is read: all of them take as long as the rest of what starts askdocs.
    """

    name: str
    names: Sequence[str]
    ignored: str
    definition: str = ""
    closing: str = _BRACES
    decorator: str = ""
    flags: re.RegexFlag = re.NOFLAG
    callables: bool = False
    callables_anywhere: bool = False
    flat: bool = False
    heredocs: bool = False

    @property
    def media_type(self) -> str:
        return f"text/x-{self.name}"


def _language(
    name: str,
    names: str,
    ignored: str,
    definition: str = "",
    *,
    modifiers: str = "",
    closing: str = _BRACES,
    decorator: str = "",
    callables: bool = False,
    callables_anywhere: bool = False,
    flat: bool = False,
    heredocs: bool = False,
    flags: re.RegexFlag = re.NOFLAG,
) -> Language:
    before = rf"[ \t]*(?:(?:{modifiers})[ \t]+)*" if modifiers else r"[ \t]*"
    return Language(
        name=name,
        names=tuple(names.split()),
        ignored=ignored,
        definition=before + definition if definition else "",
        closing=closing,
        decorator=rf"[ \t]*(?:{decorator})" if decorator else "",
        flags=flags,
        callables=callables,
        callables_anywhere=callables_anywhere,
        flat=flat,
        heredocs=heredocs,
    )


def _any(*patterns: str) -> str:
    return "|".join(patterns)


_C_TYPE = r"(?P<t>(?:enum[ \t]+(?:class|struct)|struct|enum|union|class|namespace)\b(?:[ \t]+[\w:]+)?)(?=[^=;()\r\n]*(?:\{|$))"
_RETURN_TYPE = r"[a-zA-Z_][\w *&:<>]*[\w*&>](?=[\r\n])"  # on a line of its own, as GNU writes it
_JS = (
    r"(?:(?P<t>(?:async[ \t]+)?function\b[ \t]*\*?[ \t]*[\w$]*|(?:class|interface|enum|namespace|module)[ \t]+[\w$.]+"
    r"|type[ \t]+[\w$]+(?=[^\r\n]*=))"
    r"|(?P<t2>(?:const|let|var)[ \t]+[\w$]+)[^=\r\n]{0,80}=[ \t]*(?:async[ \t]*)?"
    r"(?:function\b|\([^()\r\n]*\)[^=\r\n]{0,80}=>|\($|[\w$]+[ \t]*=>)"
    r"|(?P<t3>[\w$.]+)[ \t]*=[ \t]*(?:async[ \t]+)?function\b)"
)
_JS_IGNORED = _any(_SLASHES, _DOUBLE, _SINGLE, _BACKTICK)
_C_IGNORED = _any(_SLASHES, _DOUBLE, _CHARACTER)

LANGUAGES = (
    _language(
        "python", ".py .pyi .pyw .pyx SConstruct SConscript", _any(_HASH, _TRIPLE, _DOUBLE, _SINGLE),
        r"(?P<t>(?:async[ \t]+)?(?:def|class|cdef class|cpdef)[ \t]+\w+)", closing=_INDENTS, decorator="@",
    ),
    _language(
        "javascript", ".js .mjs .cjs .jsx .vue .svelte", _JS_IGNORED, _JS,
        modifiers="export|default|declare|abstract", decorator="@", callables=True,
    ),
    _language(
        "typescript", ".ts .mts .cts .tsx", _JS_IGNORED, _JS,
        modifiers="export|default|declare|abstract|const(?= enum)", decorator="@", callables=True,
    ),
    _language("c", ".c .h", _C_IGNORED, _C_TYPE, modifiers="typedef|static|const|extern", decorator=_RETURN_TYPE, callables=True, callables_anywhere=True),
    _language(
        "c++", ".cpp .cc .cxx .c++ .hpp .hh .hxx .h++ .ino .cu", _any(_SLASHES, r'R"\w{0,16}\((?s:.*?)(?:\)\w{0,16}"|\Z)', _DOUBLE, _CHARACTER),
        _C_TYPE, modifiers="typedef|static|const|extern|inline", decorator=r"template\b|\[\[|" + _RETURN_TYPE, callables=True, callables_anywhere=True,
    ),
    _language(
        "objective-c", ".m .mm", _any(_SLASHES, _DOUBLE, _CHARACTER),
        r"(?P<t>@(?:interface|implementation|protocol)[ \t]+\w+(?:[ \t]*\([^)\r\n]*\))?(?![^\r\n]*;)|[-+][ \t]*\([^)\r\n]*\)[ \t]*\w+(?::(?=[^\r\n]*[^;\r\n \t][ \t]*$))?|function\b[^=\r\n]*(?:=[ \t]*\w+)?)",
        closing=_BRACES + "|@end|end", callables=True, callables_anywhere=True,
    ),
    _language(
        "java", ".java", _any(_SLASHES, _TEXT_BLOCK, _DOUBLE, _CHARACTER),
        r"(?P<t>(?:class|interface|enum|record|@interface)[ \t]+\w+)",
        modifiers="public|private|protected|static|final|abstract|sealed|non-sealed|strictfp|default", decorator="@", callables=True,
    ),
    _language(
        "c#", ".cs", _any(_SLASHES, _TEXT_BLOCK, r'[@$]{1,2}"(?s:""|[^"])*(?:"|\Z)', _DOUBLE, _CHARACTER),
        r"(?P<t>(?:record[ \t]+(?:class|struct)|class|interface|enum|record|struct|namespace)[ \t]+[\w.]+)",
        modifiers="public|private|protected|internal|static|sealed|abstract|partial|readonly|unsafe|new|ref|file",
        decorator=r"\[", callables=True,
    ),
    _language(
        "go", ".go", _any(_SLASHES, _BACKTICK, _DOUBLE, _CHARACTER),
        r"(?P<t>func[ \t]+(?:\([^)\r\n]*\)[ \t]*)?\w+|type[ \t]+\w+(?:\[[^\]\r\n]*\])?[ \t]+(?:struct|interface))",
    ),
    _language(
        "rust", ".rs", _any(_SLASHES, r'r#"(?s:.*?)(?:"#|\Z)', _LONG_DOUBLE, _CHARACTER),
        r"(?P<t>(?:fn|struct|enum|trait|mod|union|macro_rules!)[ \t]+\w+|impl\b[^{\r\n]*[^{\s])",
        modifiers=r"pub(?:\([^)\r\n]*\))?|async|unsafe|const|default|extern(?: \"\w+\")?", decorator=r"#!?\[",
        closing=r"[\])}{]|where\b|else\b",
    ),
    _language(
        "swift", ".swift", _any(_SLASHES, _TEXT_BLOCK, _DOUBLE),
        r"(?P<t>(?:func|class|struct|enum|protocol|extension|actor)[ \t]+[\w.]+|init\b|deinit\b)",
        modifiers=r"public|private|fileprivate|internal|open|static|final|override|mutating|indirect|convenience|required|@\w+",
        decorator="@",
    ),
    _language(
        "kotlin", ".kt .kts", _any(_SLASHES, _TEXT_BLOCK, _DOUBLE, _CHARACTER),
        r"(?P<t>fun[ \t]+(?:<[^>\r\n]*>[ \t]*)?[\w.<>?]+|(?:enum class|fun interface|class|interface|object|companion object)\b(?:[ \t]+\w+)?)",
        modifiers="public|private|protected|internal|open|abstract|final|override|suspend|inline|data|sealed|operator|infix|tailrec|inner|annotation|value",
        decorator="@",
    ),
    _language(
        "scala", ".scala .sc .sbt", _any(_SLASHES, _TEXT_BLOCK, _DOUBLE, _CHARACTER),
        r"(?P<t>(?:def|case class|case object|class|object|trait|enum)[ \t]+\w+)",
        modifiers=r"private(?:\[\w+\])?|protected|override|final|sealed|abstract|implicit|lazy|inline|given", decorator="@",
    ),
    _language(
        "dart", ".dart", _any(_SLASHES, _TRIPLE, _DOUBLE, _SINGLE),
        r"(?P<t>(?:class|mixin|extension|enum)[ \t]+\w+)", modifiers="abstract|base|final|sealed|interface", decorator="@",
        callables=True, callables_anywhere=True,
    ),
    _language(
        "groovy", ".groovy .gradle Jenkinsfile", _any(_SLASHES, _TRIPLE, _DOUBLE, _SINGLE),
        r"(?P<t>(?:class|interface|enum|trait|def)[ \t]+\w+)(?=[^=\r\n]*(?:\{|$))",
        modifiers="public|private|protected|static|final|abstract", decorator="@", callables=True,
    ),
    _language(
        "php", ".php .phtml", _any(_HASH_AND_SLASHES, _LONG_DOUBLE, _LONG_SINGLE),
        r"(?P<t>(?:function[ \t]+&?\w+|(?:class|interface|trait|enum)[ \t]+\w+))",
        modifiers="public|private|protected|static|final|abstract|readonly", decorator=r"#\[", heredocs=True,
    ),
    _language(
        "ruby", ".rb .rake .gemspec Rakefile Gemfile Vagrantfile Brewfile", _any(r"(?P<c>(?<![\w$\{&\\])#[^\r\n]*|(?m:^)=begin(?s:.*?)(?:(?m:^)=end|\Z))", _DOUBLE, _SINGLE),
        r"(?P<t>(?:def[ \t]+[\w.?!=]+|(?:class|module)[ \t]+[\w:]+))", closing=_ENDS, heredocs=True,
    ),
    _language(
        "perl", ".pl .pm .t", _any(_WORD_HASH, _DOUBLE, _SINGLE, r"(?m:^)=[a-z](?s:.*?)(?:(?m:^)=cut|\Z)"), r"(?P<t>(?:sub|package)[ \t]+[\w:]+)", heredocs=True,
    ),
    _language(
        "shell", ".sh .bash .zsh .ksh .fish .bats PKGBUILD", _any(_WORD_HASH, r"\\.", _LONG_DOUBLE, r"'[^']*(?:'|\Z)"),
        r"(?P<t>function[ \t]+[\w:.-]+|[\w:.-]+(?=[ \t]*\(\)))", closing=r"[\])}{]|end\b", heredocs=True,
    ),
    _language(
        "powershell", ".ps1 .psm1 .psd1", _any(r"(?P<c>#[^\r\n]*|<#(?s:.*?)(?:#>|\Z))", _DOUBLE, _SINGLE),
        r"(?P<t>(?:function|filter|class|enum|workflow|configuration)[ \t]+[\w:-]+)", flags=re.IGNORECASE,
    ),
    _language("lua", ".lua", _any(r"(?P<c>--\[\[(?s:.*?)(?:\]\]|\Z)|--[^\r\n]*)", _DOUBLE, _SINGLE, r"\[\[(?s:.*?)(?:\]\]|\Z)"), r"(?P<t>function[ \t]+[\w.:]+|(?<![\w.])[\w.]+(?=[ \t]*=[ \t]*function\b))", modifiers="local", closing=_ENDS),
    _language(
        "julia", ".jl", _any(r"(?P<c>#=(?s:.*?)(?:=#|\Z)|#[^\r\n]*)", _TRIPLE, _DOUBLE),
        r"(?P<t>(?:function|mutable struct|struct|module|macro|abstract type)[ \t]+[\w.!]+)", closing=_ENDS, decorator="@",
    ),
    _language("r", ".r", _any(_HASH, _DOUBLE, _SINGLE), r"(?P<t>[\w.]+)[ \t]*(?:<-|=)[ \t]*function\b"),
    _language("matlab", ".mlx .octave", _any(_PERCENT, _DOUBLE), r"(?P<t>(?:function|classdef)\b[^\r\n(;]*)", closing=_ENDS),
    _language(
        "elixir", ".ex .exs", _any(_HASH, _TRIPLE, _DOUBLE),
        r"(?P<t>(?:def|defp|defmodule|defmacro|defmacrop|defimpl|defprotocol|test|describe)[ \t]+(?:\"[^\"\r\n]*\"|[\w.?!]+))",
        closing=_ENDS, decorator="@",
    ),
    _language("erlang", ".erl .hrl", _any(_PERCENT, _DOUBLE), r"(?P<t>[a-z]\w*)(?=\([^\r\n]*(?:->|,|\($|when))", flat=True),
    _language(
        "haskell", ".hs .lhs .elm .purs", _any(r"(?P<c>--[^\r\n]*|\{-(?s:.*?)(?:-\}|\Z))", _DOUBLE),
        r"(?P<t>(?:data|newtype|class|instance|type|module)[ \t]+[^\r\n={]*[^\s={]|[a-z_][\w']*(?=[ \t]*::?[ \t]))", flat=True,
    ),
    _language("ocaml", ".ml .mli", _any(r"(?P<c>\(\*(?s:.*?)(?:\*\)|\Z))", _DOUBLE), r"(?P<t>(?:let(?: rec)?|and|type|module(?: type)?|class|val|exception)[ \t]+[\w']+)", flat=True),
    _language("f#", ".fs .fsx .fsi", _any(r"(?P<c>//[^\r\n]*|\(\*(?s:.*?)(?:\*\)|\Z))", _TRIPLE, _DOUBLE), r"(?P<t>(?:let(?: rec)?|type|module|namespace|member)[ \t]+[\w'.]+)", closing=_INDENTS, decorator=r"\[<"),
    _language("clojure", ".clj .cljs .cljc .edn", _any(r"(?P<c>;[^\r\n]*)", _LONG_DOUBLE), r"\((?P<t>(?:def\w*-?|ns)[ \t]+(?:\^\S+[ \t]+)?[^\s()\[\]]+)", closing=_INDENTS),
    _language("lisp", ".lisp .lsp .el .scm .ss .rkt", _any(_SEMICOLON, _LONG_DOUBLE), r"\((?P<t>(?:cl-)?def\w*\*?[ \t]+\(?[^\s()]+)", closing=_INDENTS),
    _language(
        "sql", ".sql .ddl .pgsql", _any(_DASHES, r"'(?s:[^'])*(?:'|\Z)"),
        r"(?P<t>(?:create|alter)[ \t]+(?:or[ \t]+replace[ \t]+)?(?:temp(?:orary)?[ \t]+|unique[ \t]+|materialized[ \t]+|unlogged[ \t]+|external[ \t]+)*(?:table|view|index|function|procedure|trigger|type|schema|sequence|database|role|policy|domain|extension)[ \t]+(?:if[ \t]+(?:not[ \t]+)?exists[ \t]+)?[\w.\"`\[\]]+)",
        flat=True, flags=re.IGNORECASE,
    ),
    _language("fortran", ".f90 .f95 .f03 .f08 .for .f", r"(?P<c>![^\r\n]*)", r"(?P<t>(?:(?:recursive|pure|elemental|integer|real|logical|double precision|type\(\w+\))[ \t]+)*(?:program|module(?![ \t]+procedure)|subroutine|function)[ \t]+\w+)", closing=_ENDS, flags=re.IGNORECASE),
    _language("pascal", ".pas .pp .dpr .lpr", _any(r"(?P<c>//[^\r\n]*|\{(?s:.*?)(?:\}|\Z)|\(\*(?s:.*?)(?:\*\)|\Z))", _SINGLE), r"(?P<t>(?:unit|program|procedure|function|constructor|destructor|operator)[ \t]+[\w.]+)", flat=True, flags=re.IGNORECASE),
    _language("visual-basic", ".vb .vbs .bas .cls", _any(r"(?P<c>'[^\r\n]*)", _DOUBLE), r"(?P<t>(?:sub|function|class|module|structure|interface|enum|property(?: get| let| set)?|namespace)[ \t]+[\w.]+)", modifiers="public|private|protected|friend|shared|static|overrides|overridable|partial|async|readonly|default", closing=_ENDS, decorator="<", flags=re.IGNORECASE),
    _language("zig", ".zig", _any(r"(?P<c>//[^\r\n]*)", _DOUBLE), r"(?P<t>fn[ \t]+\w+|const[ \t]+\w+(?=[ \t]*=[ \t]*(?:packed |extern )?(?:struct|enum|union))|test[ \t]+\"[^\"\r\n]*\")", modifiers="pub|export|inline"),
    _language("nim", ".nim", _any(_HASH, _TRIPLE, _DOUBLE), r"(?P<t>(?:proc|func|method|template|macro|iterator|converter)[ \t]+[\w`]+)", closing=_INDENTS),
    _language("gdscript", ".gd", _any(_HASH, _TRIPLE, _DOUBLE), r"(?P<t>(?:static func|func|class)[ \t]+\w+)", closing=_INDENTS, decorator="@"),
    _language("solidity", ".sol", _any(_SLASHES, _DOUBLE), r"(?P<t>(?:contract|library|interface|function|modifier|event|struct|enum|constructor)\b(?:[ \t]+\w+)?)", modifiers="abstract"),
    _language("protobuf", ".proto", _any(_SLASHES, _DOUBLE), r"(?P<t>(?:message|service|enum|rpc|extend|oneof)[ \t]+[\w.]+)"),
    _language("graphql", ".graphql .gql", _any(_HASH, _TEXT_BLOCK, _DOUBLE), r"(?P<t>(?:extend[ \t]+)?(?:type|input|enum|interface|union|scalar|query|mutation|subscription|fragment)[ \t]+\w+)"),
    _language("terraform", ".tf .hcl .tfvars", _any(_HASH_AND_SLASHES, _DOUBLE), r"(?P<t>(?:resource|data|module|variable|output|provider|locals|terraform)\b(?:[ \t]+\"[^\"\r\n]*\")*)"),
    _language("cmake", ".cmake CMakeLists.txt", _any(_HASH, _DOUBLE), r"(?P<t>(?:function|macro))[ \t]*\([ \t]*(?P<t2>[\w-]+)", closing=_ENDS, flags=re.IGNORECASE),
    _language("makefile", ".mk .mak Makefile GNUmakefile Justfile", _HASH, r"(?P<t>[\w.%/$(){}-]+(?:[ \t]+[\w.%/$(){}-]+)*)[ \t]*::?(?![=:])", closing=_INDENTS),
    _language("dockerfile", ".dockerfile Dockerfile Containerfile", _HASH, r"(?P<t>FROM[ \t]+[^\r\n]+)", flat=True, flags=re.IGNORECASE),
    _language("batch", ".bat .cmd", r"(?P<c>(?m:^)[ \t]*(?:@?(?i:rem)\b|::)[^\r\n]*)", r"(?P<t>:[\w-]+)", flat=True),
    _language("vimscript", ".vim", r"(?P<c>(?m:^)[ \t]*\"[^\r\n]*)", r"(?P<t>(?:function|def)!?[ \t]+[\w:.#]+)", modifiers="export", closing=_ENDS),
    _language("tcl", ".tcl", _any(_HASH, _DOUBLE), r"(?P<t>(?:proc|namespace eval|oo::class create)[ \t]+[\w:]+)"),
    _language("awk", ".awk", _any(_HASH, _DOUBLE), r"(?P<t>function[ \t]+\w+)"),
    _language("assembly", ".s .asm", _any(r"(?P<c>[;#][^\r\n]*)", _DOUBLE), r"(?P<t>[A-Za-z_][\w.$]*):", flat=True),
    _language("css", ".css .scss .sass .less", _any(_SLASHES, _DOUBLE, _SINGLE), r"(?P<t>@(?:media|supports|keyframes|mixin|layer|container)\b[^{\r\n]*[^{\s])"),
)  # fmt: skip
"""Those whose definitions are known."""
