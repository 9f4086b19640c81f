"""Tests as functions with assertions, taken apart: what is run goes one way, what is expected stays here.

A suite is Python source: imports, then functions without arguments. Each states what it expects in lines of two forms::

    def test_counts_letters():
        assert count("banana", "a") == 3
        with raises(ValueError):
            count("banana", "an")

The process that runs untrusted code gets ``observe(count("banana", "a"))`` in place of the first, so that the
code cannot know which value would pass.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any, NoReturn

_FORMS = "assert CALL == VALUE, assert CALL is True/False/None, or with raises(ERROR): …"


class SuiteError(ValueError):
    """The source is no suite of tests.

    Args:
        line: Where, counted from 1.
        message: What is wrong.
    """

    def __init__(self, line: int, message: str) -> None:
        super().__init__(f"line {line}: {message}")
        self.line = line
        self.message = message


@dataclass(frozen=True)
class Returns:
    """Expects a value.

    Attributes:
        subject: The expression that gives it.
        value: The value.
    """

    subject: str
    value: Any


@dataclass(frozen=True)
class Raises:
    """Expects an exception.

    Attributes:
        subject: What should raise it.
        error: The name of its class, or of one of that class's bases.
    """

    subject: str
    error: str


Expectation = Returns | Raises


@dataclass(frozen=True)
class Case:
    """One test.

    Attributes:
        name: Its name, without ``test_``.
        script: Source code that observes what there is to observe, with nothing of what is expected.
        expectations: What should be observed, in that order.
    """

    name: str
    script: str
    expectations: tuple[Expectation, ...]


def read_suite(source: str) -> tuple[Case, ...]:
    """Take a suite apart.

    Args:
        source: Imports and test functions.

    Returns:
        The tests, in the order of the source.

    Raises:
        SuiteError: Something in it is neither, or a test expects nothing, or something that is no plain value.
    """
    try:
        body = ast.parse(source).body
    except SyntaxError as error:
        raise SuiteError(error.lineno or 1, f"not Python: {error.msg}") from None
    imports, cases = list[ast.stmt](), dict[str, Case]()
    for statement in body:
        if isinstance(statement, (ast.Import, ast.ImportFrom)):
            imports.append(statement)
        elif isinstance(statement, ast.FunctionDef):
            if statement.name in cases:
                _refuse(statement, f"another test is called {statement.name}")
            cases[statement.name] = _case(statement, imports)
        else:
            _refuse(statement, "only imports and test functions may stand here")
    return tuple(cases.values())


def _case(function: ast.FunctionDef, imports: list[ast.stmt]) -> Case:
    prefix, _, name = function.name.partition("test_")
    if prefix or not name or ast.unparse(function.args) or function.decorator_list:
        _refuse(function, f"a test is called test_… and takes no arguments: {function.name}")
    body, expectations = list[ast.stmt](), list[Expectation]()
    for statement in function.body:
        run, expectation = _taken_apart(statement)
        body.append(run)
        if expectation is not None:
            expectations.append(expectation)
    if not expectations:
        _refuse(function, f"{function.name} expects nothing; write {_FORMS}")
    script = ast.unparse(ast.Module([*imports, *body], type_ignores=[]))
    return Case(name, script, tuple(expectations))


def _taken_apart(statement: ast.stmt) -> tuple[ast.stmt, Expectation | None]:
    """Part what is run from what is expected of it."""
    if isinstance(statement, ast.Assert):
        subject, value = _comparison(statement)
        observed = ast.Expr(ast.Call(ast.Name("observe", ast.Load()), [subject], []))
        return observed, Returns(ast.unparse(subject), value)
    for inner in ast.walk(statement):
        if isinstance(inner, ast.Assert):
            _refuse(inner, "an assertion stands in the test itself, not in a loop or a block")
    if isinstance(statement, ast.With):
        error = _raised(statement)
        subject_text = "; ".join(ast.unparse(inner) for inner in statement.body)
        item = ast.withitem(ast.Call(ast.Name("raising", ast.Load()), [], []))
        return ast.copy_location(ast.With([item], statement.body), statement), Raises(subject_text, error)
    return statement, None


def _comparison(statement: ast.Assert) -> tuple[ast.expr, Any]:
    test = statement.test
    if not isinstance(test, ast.Compare) or len(test.ops) != 1:
        _refuse(statement, f"this is not of the form {_FORMS}")
    try:
        value = ast.literal_eval(test.comparators[0])
    except ValueError:
        _refuse(statement, f"what is expected must be a plain value, not {ast.unparse(test.comparators[0])}")
    singleton = isinstance(value, bool) or value is None
    if not isinstance(test.ops[0], ast.Is if singleton else ast.Eq):
        _refuse(statement, f"this is not of the form {_FORMS}")
    return test.left, value


def _raised(statement: ast.With) -> str:
    call = statement.items[0].context_expr
    named = isinstance(call, ast.Call) and ast.unparse(call.func) == "raises" and len(call.args) == 1
    if not named or len(statement.items) > 1:
        _refuse(statement, f"this is not of the form {_FORMS}")
    assert isinstance(call, ast.Call)
    return ast.unparse(call.args[0]).rpartition(".")[2]


def _refuse(node: ast.stmt, message: str) -> NoReturn:
    raise SuiteError(node.lineno, message)
