"""Code objects are found in their module by what they are, and only there."""

from fullgraph.rewriting.ast_tools import Module, compiled, contains, find, follow, twins, with_constant

TEXT = """
def outer(a):
    def inner(b):
        return [int(c) for c in b], (lambda d: d, lambda d: d)
    return inner

def other(a):
    return a + 1.0
"""


def code_of(text):
    return compiled(Module("module.py", text, 0))


def inner_codes(code):
    return [each for each in code.co_consts if hasattr(each, "co_code")]


def test_every_code_object_is_found_in_another_compilation():
    module, again = code_of(TEXT), code_of(TEXT)

    def check(code):
        for each in inner_codes(code):
            path = find(each, again)
            assert path is not None
            found = follow(again, path)
            assert found is not each
            assert found == each
            check(each)

    check(module)


def test_two_lambdas_of_one_line_are_told_apart():
    """By their columns, which Python knows since 3.11."""
    inner = inner_codes(inner_codes(code_of(TEXT))[0])[0]
    one, two = [each for each in inner_codes(inner) if each.co_name == "<lambda>"]

    assert find(one, code_of(TEXT)) != find(two, code_of(TEXT))


def test_changed_code_is_not_found():
    """A constant of another type, a name, a line: each makes another function."""
    other = inner_codes(code_of(TEXT))[1]

    for old, new in (("1.0", "1"), ("1.0", "2.0"), ("a + 1.0", "a - 1.0"), ("def other", "\ndef other")):
        assert find(other, code_of(TEXT.replace(old, new))) is None
    assert find(other, code_of(TEXT.replace("b), (", "b),  ("))) is not None


def test_containment_is_by_identity():
    module = code_of(TEXT)
    outer = inner_codes(module)[0]

    assert contains(module, inner_codes(outer)[0])
    assert not contains(code_of(TEXT), inner_codes(outer)[0])


def test_twins_pair_what_stands_at_the_same_place():
    pairs = list(twins(code_of(TEXT), code_of(TEXT)))

    assert len(pairs) >= 6
    assert all(one.co_name == other.co_name and one is not other for one, other in pairs)


def test_a_placeholder_becomes_its_value_everywhere():
    code = with_constant(code_of("def f():\n    return 'HERE'\nx = f(), 'HERE'\n"), "HERE", len)
    namespace = {}
    exec(code, namespace)

    assert namespace["x"] == (len, len)
