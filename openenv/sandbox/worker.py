"""The process that runs the code: one namespace, one piece of code after another, until it is killed.

Whatever it runs can reach all of this and change it. So nothing here protects anybody: what does stands in the
processes around it.
"""

from __future__ import annotations

import ast
import builtins
import io
import linecache
import os
import socket
import sys
import traceback
from types import CodeType, ModuleType

from openenv.sandbox.frames import HEADER, Result, pack_result, unpack_code


def main(control: socket.socket, output_bytes: int) -> None:
    """Run code until nobody sends any more.

    Args:
        control: Code comes in and results go out here.
        output_bytes: How much of a text is kept.
    """
    outputs, interpreter, us = Outputs(), Interpreter(), os.getpid()
    outputs.restore()
    while (body := _receive(control)) is not None:
        result = interpreter.run(*unpack_code(body), outputs)
        if os.getpid() != us:  # the code has forked, and this is the child
            os._exit(result.exit_code & 0xFF)
        control.sendall(pack_result(result, output_bytes))


class Interpreter:
    """Names, and the code that makes and uses them."""

    def __init__(self) -> None:
        self._module = ModuleType("__main__")
        self._module.__dict__["__builtins__"] = builtins
        sys.modules["__main__"] = self._module  # pickle and dataclasses look there

    def run(self, code: str, file: str, outputs: Outputs) -> Result:
        """Run some code; the value of a last expression is its result, as at Python's prompt."""
        linecache.cache[file] = (len(code), None, code.splitlines(keepends=True), file)
        try:
            value = self._evaluate(code, file)
            result = Result(0, None if value is None else repr(value))
        except BaseException as error:
            outputs.restore()
            result = _result_of(error)
        outputs.restore()
        return result

    def _evaluate(self, code: str, file: str) -> object:
        body, last = _compiled(code, file)
        names = self._module.__dict__
        exec(body, names)
        return None if last is None else eval(last, names)


def _compiled(code: str, file: str) -> tuple[CodeType, CodeType | None]:
    """Compile all of it but a last expression, and that expression."""
    tree = ast.parse(code, file)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body.pop().value), file, "eval", dont_inherit=True)  # type: ignore[attr-defined]
    return compile(tree, file, "exec", dont_inherit=True), last


def _result_of(error: BaseException) -> Result:
    """Say how an exception ended the code, and print what Python would print."""
    try:
        if isinstance(error, SystemExit):
            return _after_exit(error.code)
        return _after_error(error)
    except BaseException:  # its text is made by the code's own methods, which may fail too
        return Result(1, error=type(error).__name__)


def _after_exit(code: object) -> Result:
    if code is None or isinstance(code, int):
        return Result(code or 0)
    print(code, file=sys.stderr)
    return Result(1)


def _after_error(error: BaseException) -> Result:
    trace = error.__traceback__
    while trace is not None and trace.tb_frame.f_code.co_filename == __file__:
        trace = trace.tb_next
    shown = traceback.TracebackException(type(error), error, trace)
    print(*shown.format(), sep="", end="", file=sys.stderr)
    return Result(1, error="".join(shown.format_exception_only()).rstrip())


class Outputs:
    """Standard output and standard error, which code may close or replace, and has again each time."""

    def __init__(self) -> None:
        self._spares = [os.dup(1), os.dup(2)]
        self._streams = [_writing(1), _writing(2)]

    def restore(self) -> None:
        """Put things back as they belong; what waits to be written is written."""
        for index, number in enumerate((1, 2)):
            os.dup2(self._spares[index], number)
            if self._streams[index].closed:
                self._streams[index] = _writing(number)
            self._streams[index].flush()
        sys.stdout, sys.stderr = self._streams
        vars(sys).update(__stdout__=sys.stdout, __stderr__=sys.stderr)


def _writing(number: int) -> io.TextIOWrapper:
    raw = io.FileIO(number, "w", closefd=False)
    return io.TextIOWrapper(io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=number == 2)


def _receive(control: socket.socket) -> bytes | None:
    header = _exactly(control, HEADER.size)
    if header is None:
        return None
    return _exactly(control, HEADER.unpack(header)[0])


def _exactly(control: socket.socket, count: int) -> bytes | None:
    data = bytearray()
    while len(data) < count:
        part = control.recv(count - len(data))
        if not part:
            return None
        data += part
    return bytes(data)
