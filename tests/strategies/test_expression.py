from __future__ import annotations

import math
import warnings

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.errors import ConfigError
from strategies.expression import Expression

NAN = math.nan


def evaluate(text: str, **values: float) -> float:
    arrays = {name: np.array([value]) for name, value in values.items()}
    return float(
        Expression(text).evaluate(arrays)[()]
        if not arrays
        else np.broadcast_to(Expression(text).evaluate(arrays), 1)[0]
    )


# Kleene's tables, written out: T = 1, F = 0, U = NaN.
@pytest.mark.parametrize(
    ("left", "right", "both", "either"),
    [
        (1, 1, 1, 1),
        (1, 0, 0, 1),
        (1, NAN, NAN, 1),
        (0, 1, 0, 1),
        (0, 0, 0, 0),
        (0, NAN, 0, NAN),
        (NAN, 1, NAN, 1),
        (NAN, 0, 0, NAN),
        (NAN, NAN, NAN, NAN),
    ],
)
def test_logic_follows_kleenes_tables(left, right, both, either):
    np.testing.assert_equal(evaluate("a and b", a=left, b=right), both)
    np.testing.assert_equal(evaluate("a or b", a=left, b=right), either)


@pytest.mark.parametrize(("number", "expected"), [(1, 0), (0, 1), (NAN, NAN), (0.3, 0), (-2, 1)])
def test_not_turns_truth_around_and_a_number_is_true_above_zero(number, expected):
    np.testing.assert_equal(evaluate("not a", a=number), expected)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a + b * 2", 8.0),  # 2 + 3 * 2
        ("(a + b) * 2", 10.0),
        ("a - b - 1", -2.0),  # from the left
        ("b / a / 2", 0.75),
        ("-a + 1", -1.0),
        ("1_000 + 1e-3", 1000.001),
        ("a < b", 1.0),
        ("a < b < 3", 0.0),
        ("1 < a < b <= 3", 1.0),
        ("a == 2 and b != 2", 1.0),
        ("not a == 2", 0.0),  # not binds weaker than a comparison
        ("a == 3 or b == 3 and a == 2", 1.0),
        ("a\n  + b", 5.0),
    ],
)
def test_operators_have_pythons_precedence(text, expected):
    assert evaluate(text, a=2, b=3) == expected


@pytest.mark.parametrize("text", ["a / b", "b / b", "-a / b", "a / b > 1", "a * 1e308 * 1e308"])
def test_arithmetic_without_a_finite_result_is_unknown(text):
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert math.isnan(evaluate(text, a=1, b=0))


def test_a_false_operand_decides_although_the_other_divides_by_zero():
    assert evaluate("a > 1 and a / b > 0", a=1, b=0) == 0


def test_a_comparison_with_unknown_is_unknown_even_for_inequality():
    assert math.isnan(evaluate("a != b", a=NAN, b=1))


def test_arrays_are_evaluated_row_by_row_and_left_alone():
    a = np.array([1.0, 0.0, NAN, 5.0])
    a.flags.writeable = False
    np.testing.assert_equal(
        Expression("a > 0 and a < 3").evaluate({"a": a}), np.array([1.0, 0.0, NAN, 0.0])
    )


def test_the_result_is_no_view_of_an_input():
    a = np.array([1.0, 2.0])
    Expression("a").evaluate({"a": a})[0] = 9
    assert a[0] == 1


def test_names_are_sorted_and_claims_are_told_from_numbers():
    assert Expression("z > 1 and a / z > 2").names == ("a", "z")
    assert Expression("not z").is_claim
    assert not Expression("(z - a) / z").is_claim


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a = 1", r"'= 1' at column 3: write `==`"),
        ("a && b", "write `and` instead of `&&`"),
        ("a & b", r"'a & b' at column 1: not allowed \(write `and`\)"),
        ("b or f(a)", r"'f\(a\)' at column 6: not allowed \(functions cannot be called\)"),
        ("a ** 2", "write the product out"),
        ("a.real > 1", "'a.real' at column 1: allowed are names"),
        ("a[0]", r"'a\[0\]' at column 1: allowed are names"),
        ("'text' == a", "only numbers are allowed"),
        ("a == True", "'True' at column 6: only numbers are allowed; write 1 for true"),
        ("a == None", "only numbers are allowed"),
        ("3j", "only numbers are allowed"),
        ("1e999", "the number is too large"),
        ("1" + "0" * 400, "the number is too large"),
        ("a is b", "'a is b' at column 1"),
        ("a in b", "'a in b' at column 1"),
        ("a if b else c", "write it with and, or, not"),
        ("lambda: a", "'lambda: a' at column 1"),
        ("(a := 1)", "at column 2"),
        ("a % 2", "allowed are names"),
        ("+a", "allowed are names"),
        ("~a", "write `not`"),
        ("a > 1and b", "column 5"),
        ("a # b", "'#' at column 3: this character is not allowed"),
        ("a \u2265 b", "at column 3: this character is not allowed"),
        ("a\x00", "at column 2: this character is not allowed"),
        ("", "the expression is empty"),
        ("  \n ", "the expression is empty"),
        ("  a +", "cannot be read here"),
        ("a b", "'b' at column 3: cannot be read here"),
        ("   a b", "'b' at column 6: cannot be read here"),
        ("a > 1 2", "cannot be read here"),
        ("(a > 1) + 2", r"'a > 1' at column 2: this is true or false"),
        ("(a > 1) == 1", "this is true or false and cannot be used as a number"),
        ("-(a and b)", "this is true or false and cannot be used as a number"),
        ("a + " * 300 + "a", "has 1201 characters, more than 1000"),
        ("-" * 150 + "a", "nests deeper than 100 levels"),
        ("not " * 200 + "a", "nests deeper than 100 levels"),
        ("(" * 400 + "a" + ")" * 400, "at column 201: cannot be read here"),
    ],
)
def test_everything_else_is_refused_with_its_place(text, message):
    with pytest.raises(ConfigError, match=message):
        Expression(text)


def test_a_name_without_values_is_named_with_the_known_ones():
    with pytest.raises(ConfigError, match="reads 'b'; known: a, c"):
        Expression("a > b").evaluate({"c": np.ones(1), "a": np.ones(1)})


def test_a_sum_of_ninety_terms_is_not_too_deep():
    assert evaluate(" + ".join(["a"] * 90), a=1) == 90


# The second implementation: scalars, None for unknown, written as a tree of tuples.
Tree = tuple
NUMBERS = st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, 3.0, 1e308])
LEAVES = st.sampled_from(["a", "b", "c"]).map(lambda name: ("name", name)) | NUMBERS.filter(
    lambda number: number >= 0
).map(lambda number: ("constant", number))
NUMERIC = st.recursive(
    LEAVES,
    lambda inner: (
        st.tuples(st.sampled_from(["+", "-", "*", "/"]), inner, inner)
        | st.tuples(st.just("negative"), inner)
    ),
    max_leaves=5,
)
COMPARISON = st.tuples(
    st.just("compare"),
    st.lists(st.sampled_from(["<", "<=", ">", ">=", "==", "!="]), min_size=1, max_size=2),
    st.lists(NUMERIC, min_size=3, max_size=3),
)
CLAIMS = st.recursive(
    COMPARISON | NUMERIC,
    lambda inner: (
        st.tuples(st.sampled_from(["and", "or"]), inner, inner) | st.tuples(st.just("not"), inner)
    ),
    max_leaves=5,
)


def written(tree: Tree) -> str:
    match tree:
        case ("name", name):
            return name
        case ("constant", number):
            return repr(number)
        case ("negative", inner):
            return f"-({written(inner)})"
        case ("not", inner):
            return f"not ({written(inner)})"
        case ("compare", ops, parts):
            text = f"({written(parts[0])})"
            for op, part in zip(ops, parts[1:], strict=False):
                text += f" {op} ({written(part)})"
            return text
        case (op, left, right):
            return f"({written(left)}) {op} ({written(right)})"
    raise AssertionError(tree)


def number_of(tree: Tree, row: dict[str, float]) -> float | None:
    match tree:
        case ("name", name):
            return None if math.isnan(row[name]) else row[name]
        case ("constant", number):
            return number
        case ("negative", inner):
            value = number_of(inner, row)
            return None if value is None else -value
    op, left, right = tree
    one, other = number_of(left, row), number_of(right, row)
    if one is None or other is None or (op == "/" and other == 0):
        return None
    result = {"+": one + other, "-": one - other, "*": one * other}.get(op)
    result = one / other if result is None else result
    return result if math.isfinite(result) else None


def truth_of(tree: Tree, row: dict[str, float]) -> bool | None:
    match tree:
        case ("not", inner):
            value = truth_of(inner, row)
            return None if value is None else not value
        case (("and" | "or") as op, left, right):
            found = {truth_of(left, row), truth_of(right, row)}
            decisive = op == "or"
            if decisive in found:
                return decisive
            return None if None in found else not decisive
        case ("compare", ops, parts):
            numbers = [number_of(part, row) for part in parts[: len(ops) + 1]]
            links = []
            for op, one, other in zip(ops, numbers, numbers[1:], strict=False):
                unknown = one is None or other is None
                links.append(None if unknown else eval(f"{one!r} {op} {other!r}"))
            return False if False in links else (None if None in links else True)
    value = number_of(tree, row)
    return None if value is None else value > 0


VALUES = st.sampled_from([0.0, 1.0, -1.0, 0.5, 2.0, NAN, 1e308])
ROWS = st.lists(st.tuples(VALUES, VALUES, VALUES), min_size=1, max_size=6)


@given(tree=CLAIMS, rows=ROWS)
def test_vectors_agree_with_the_scalar_implementation(tree, rows):
    # A bare number keeps its value; everything else is a truth value.
    is_number = tree[0] not in ("compare", "and", "or", "not")
    of = number_of if is_number else truth_of
    expected = [of(tree, dict(zip("abc", row, strict=True))) for row in rows]
    columns = {
        name: np.array(column) for name, column in zip("abc", zip(*rows, strict=True), strict=True)
    }
    found = np.broadcast_to(Expression(written(tree)).evaluate(columns), len(rows))
    np.testing.assert_array_equal(
        found, np.array([NAN if value is None else float(value) for value in expected])
    )
