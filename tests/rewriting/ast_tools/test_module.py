"""Modules are read and compiled as Python did."""

import ast
import linecache

from fullgraph.rewriting.ast_tools import Module, compiled, module_of


def test_the_source_of_a_function_of_a_file():
    module = module_of(test_the_source_of_a_function_of_a_file.__code__)

    assert module.filename == __file__
    assert "def test_the_source_of_a_function_of_a_file" in module.text


def test_the_source_of_a_cell():
    """Notebooks and the prompt register their text with `linecache`."""
    text = "def f(n):\n    return int(n)\n"
    linecache.cache["<cell 1>"] = (len(text), None, text.splitlines(keepends=True), "<cell 1>")
    namespace = {}
    exec(compile(text, "<cell 1>", "exec"), namespace)

    assert module_of(namespace["f"].__code__) == Module("<cell 1>", text, 0)


def test_generated_code_has_no_module():
    namespace = {}
    exec("def f(): pass", namespace)

    assert module_of(namespace["f"].__code__) is None


def test_future_imports_of_earlier_cells_are_in_force():
    flags = compile("from __future__ import annotations\ndef f(): pass", "<cell>", "exec").co_flags
    namespace = {}
    code = compile("def f(a: Undefined): pass", "<cell>", "exec", flags=flags & ~0xFFF, dont_inherit=True)
    exec(code, namespace)
    text = "def f(a: Undefined): pass"
    linecache.cache["<cell>"] = (len(text), None, [text], "<cell>")

    module = module_of(namespace["f"].__code__)
    exec(compiled(module), namespace)
    assert namespace["f"].__annotations__ == {"a": "Undefined"}


def test_what_does_not_compile_is_none():
    assert compiled(Module("broken.py", "def f(:", 0)) is None
    assert compiled(Module("broken.py", "return 1", 0)) is None


def test_warnings_are_not_given_again(recwarn):
    assert compiled(Module("odd.py", "x = 1 is 1\ny = '\\d'\n", 0), ast.NodeTransformer()) is not None
    assert not list(recwarn)
