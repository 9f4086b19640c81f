"""Choosing checks, running them in order, and what it all comes to."""

from __future__ import annotations

import dataclasses
import threading
from collections.abc import Callable, Iterable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from specimens import PACKAGED, check, outcome_of, served, write

from openenv.discovery.target import ProjectTarget, UrlTarget
from openenv.errors import ConfigurationError, ConnectError
from openenv.validation.check import (
    FAMILIES,
    Check,
    Finding,
    NotChecked,
    ProbeError,
    Severity,
    Stage,
    TimeUp,
    registered,
)
from openenv.validation.check import check as register
from openenv.validation.context import Context
from openenv.validation.play.effort import QUICK
from openenv.validation.reports.report import Outcome, Report, Status, Verdict
from openenv.validation.reports.text import verdict_line
from openenv.validation.run import Options, folded, run, validate
from openenv.validation.selection import in_order, select
from openenv.validation.target import read_target


def a_check(
    id_: str, function: Callable[[Any], Iterable[Finding] | None], needs: tuple[str, ...] = (), **fields: Any
) -> Check:
    check_ = Check(id_, f"title of {id_}", Severity.ERROR, Stage.SOURCES, "mend it", needs, False, function)
    return dataclasses.replace(check_, **fields)


def passes(subject: object) -> None:
    """Find nothing."""


def fails(subject: object) -> list[Finding]:
    return [Finding("wrong", "here")]


def cannot_tell(subject: object) -> None:
    raise NotChecked("who knows")


def breaks(subject: object) -> None:
    raise KeyError("data")


def fails_and_breaks(subject: object) -> Iterable[Finding]:
    yield Finding("wrong")
    raise ProbeError("no answer")


def finds_and_gives_up(subject: object) -> Iterable[Finding]:
    yield Finding("wrong")
    raise NotChecked("who knows")


def played(*checks: Check, target: Any = None) -> list[tuple[str, str, str | None]]:
    context = Context(target or ProjectTarget(Path("/nowhere")), 1.0)
    return [
        (
            outcome.check.id,
            outcome.status.value,
            outcome.reason or " / ".join(f.message for f in outcome.findings) or None,
        )
        for outcome in run(checks, context)
    ]


def test_each_outcome_is_passed_failed_or_not_checked_with_a_reason() -> None:
    assert played(
        a_check("S001", passes),
        a_check("S002", fails),
        a_check("S003", cannot_tell),
        a_check("S004", breaks),
        a_check("S005", fails_and_breaks),
        a_check("S006", finds_and_gives_up),
    ) == [
        ("S001", "passed", None),
        ("S002", "failed", "wrong"),
        ("S003", "not checked", "who knows"),
        ("S004", "failed", "the check broke off: KeyError: 'data'"),
        ("S005", "failed", "wrong / no answer"),
        ("S006", "failed", "wrong"),
    ]


def test_a_message_is_told_once_with_the_other_places() -> None:
    findings = [Finding("wrong", f"step {number}", details=("x",)) for number in range(1, 7)]
    assert folded([*findings[:1], Finding("other"), *findings[1:], Finding("other")]) == (
        Finding("wrong", "step 1", details=("x", "also: step 2; step 3; step 4 and 2 more")),
        Finding("other"),
    )
    assert folded(findings[:2])[0].details == ("x", "also: step 2")


def test_what_needs_a_check_that_has_not_passed_is_not_checked_for_the_first_reason() -> None:
    assert played(
        a_check("S001", fails),
        a_check("S002", passes, ("S001",)),
        a_check("S003", passes, ("S002",)),
        a_check("S004", passes, ("S009",)),
    ) == [
        ("S001", "failed", "wrong"),
        ("S002", "not checked", "S001 failed"),
        ("S003", "not checked", "S001 failed"),
        ("S004", "passed", None),
    ]


def test_what_a_target_does_not_have_keeps_nothing_else_from_running() -> None:
    assert played(
        a_check("H003", passes, stage=Stage.LAUNCH),
        a_check("B001", passes, ("H003",), stage=Stage.SERVER),
        target=UrlTarget("http://127.0.0.1:9"),
    ) == [("H003", "not checked", "the target is a URL: there is no project"), ("B001", "passed", None)]


def test_checks_run_stage_by_stage_and_after_those_that_they_need() -> None:
    checks = [
        a_check("S002", passes, stage=Stage.EXIT),
        a_check("S003", passes, ("S005",), stage=Stage.SERVER),
        a_check("S004", passes, stage=Stage.SERVER),
        a_check("S005", passes, stage=Stage.RECORDING),
        a_check("S001", passes),
    ]
    assert [check_.id for check_ in in_order(checks)] == ["S001", "S005", "S003", "S004", "S002"]


@pytest.mark.parametrize(
    ("chosen", "ignored", "expected"),
    [
        ((), (), ["S001", "S002", "H001"]),
        (("S",), (), ["S001", "S002"]),
        (("h001", "S002"), (), ["S002", "H001"]),
        ((), ("S",), ["H001"]),
        (("S",), ("S001",), ["S002"]),
    ],
)
def test_checks_are_chosen_by_the_beginning_of_their_id(
    chosen: tuple[str, ...], ignored: tuple[str, ...], expected: list[str]
) -> None:
    checks = [a_check(id_, passes) for id_ in ("S001", "S002", "H001")]
    assert [check_.id for check_ in select(checks, chosen, ignored)] == expected


@pytest.mark.parametrize("options", [{"chosen": ["S00X"]}, {"ignored": ["Z"]}, {"chosen": [""]}])
def test_an_id_that_no_check_has_is_refused(options: dict[str, list[str]]) -> None:
    with pytest.raises(ConfigurationError, match="no check is called") as caught:
        select([a_check("S001", passes)], **options)
    assert caught.value.hint


def test_every_check_is_complete_and_its_needs_exist() -> None:
    checks = registered()
    assert len(checks) > 40
    for id_, one in checks.items():
        assert one.family in FAMILIES
        assert len(id_) == 4
        assert id_[1:].isdigit()
        assert one.title
        assert one.mend
        assert one.function.__doc__
        assert set(one.needs) <= set(checks), id_


def test_two_checks_cannot_have_one_id() -> None:
    registered()
    with pytest.raises(ValueError, match="two checks are called S001"):
        register("S001", "again", stage=Stage.SOURCES, mend="-")(passes)


def report_of(*outcomes: tuple[Status, Severity], strict: bool = False) -> Report:
    made = [
        Outcome(a_check(f"S{n:03}", passes, severity=severity), status) for n, (status, severity) in enumerate(outcomes)
    ]
    return Report("here", tuple(made), strict)


PASSED = (Status.PASSED, Severity.ERROR)
ERROR = (Status.FAILED, Severity.ERROR)
WARNING = (Status.FAILED, Severity.WARNING)
SKIPPED = (Status.NOT_CHECKED, Severity.ERROR)


@pytest.mark.parametrize(
    ("report", "verdict"),
    [
        (report_of(PASSED, SKIPPED), Verdict.PASSED),
        (report_of(PASSED, ERROR), Verdict.FAILED),
        (report_of(PASSED, WARNING), Verdict.PASSED),
        (report_of(PASSED, WARNING, strict=True), Verdict.FAILED),
        (report_of(SKIPPED), Verdict.NOTHING_CHECKED),
        (report_of(), Verdict.NOTHING_CHECKED),
        (report_of(SKIPPED, WARNING), Verdict.PASSED),
    ],
)
def test_what_it_all_comes_to(report: Report, verdict: Verdict) -> None:
    assert report.verdict is verdict


@pytest.mark.parametrize(("strict", "verdict"), [(False, Verdict.PASSED), (True, Verdict.FAILED)])
def test_what_there_was_no_time_for_counts_as_a_warning_does(strict: bool, verdict: Verdict) -> None:
    def is_late(subject: object) -> None:
        raise TimeUp("too late")

    context = Context(ProjectTarget(Path("/nowhere")), 1.0)
    checks = [a_check("S001", passes), a_check("S002", is_late), a_check("S003", passes, ("S002",))]
    report = Report("here", run(checks, context), strict)
    assert report.verdict is verdict
    assert [(outcome.status, outcome.late) for outcome in report.outcomes] == [
        (Status.PASSED, False),
        (Status.NOT_CHECKED, True),
        (Status.NOT_CHECKED, True),
    ]
    assert f"2 not checked (2 for lack of time{', which counts' * strict})" in verdict_line(report)


def test_a_run_that_takes_longer_than_was_told_begins_no_other_check() -> None:
    context = Context(ProjectTarget(Path("/nowhere")), 1.0, effort=dataclasses.replace(QUICK, in_all=-1.0))
    [outcome] = run([a_check("S001", passes)], context)
    assert (outcome.late, outcome.reason) == (True, "the -1 s for all of it were over")


def test_the_report_as_json_holds_every_check_with_what_was_found() -> None:
    outcome = Outcome(a_check("S001", fails), Status.FAILED, (Finding("wrong", "a.py:1"),), seconds=0.1234)
    skipped = Outcome(a_check("S002", passes), Status.NOT_CHECKED, reason="S001 failed")
    said = Report("here", (outcome, skipped), seconds=1.5).as_json()
    assert said["verdict"] == "failed"
    assert said["counts"] == {"passed": 0, "errors": 1, "warnings": 0, "not_checked": 1, "late": 0}
    assert said["checks"][0] == {
        "id": "S001",
        "family": "Static",
        "title": "title of S001",
        "severity": "error",
        "status": "failed",
        "seconds": 0.123,
        "reason": None,
        "findings": [
            {
                "message": "wrong",
                "where": "a.py:1",
                "mend": "mend it",
                "details": (),
                "traceback": None,
                "lost": False,
                "replay": None,
            }
        ],
    }
    assert said["checks"][1]["reason"] == "S001 failed"


def test_reasons_are_grouped_the_most_frequent_first() -> None:
    outcomes = [
        Outcome(a_check(id_, passes), Status.NOT_CHECKED, reason=reason)
        for id_, reason in (("S001", "a"), ("S002", "b"), ("S003", "b"))
    ]
    assert Report("here", tuple(outcomes)).reasons() == [("b", ["S002", "S003"]), ("a", ["S001"])]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("image:", "'image:' names no image"),
        ("ftp://a", "is not a server's address"),
        ("http://", "is not a server's address"),
        ("http://a:99999", "is not a server's address"),
        ("/no/such/folder", "no such file or folder"),
        ("echo", "no such file or folder"),
    ],
)
def test_a_target_that_is_none_is_refused(text: str, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        read_target(text)


def test_targets_are_projects_or_urls(tmp_path: Path) -> None:
    write(tmp_path, PACKAGED)
    assert read_target(str(tmp_path / "my_env" / "client.py")) == ProjectTarget(tmp_path)
    assert read_target("http://127.0.0.1:8000/") == UrlTarget("http://127.0.0.1:8000")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("localhost:1", "http://localhost:1"),
        ("[::1]:8000/", "http://[::1]:8000"),
        ("ws://a:1/games/ws", "http://a:1/games"),
        ("https://0.0.0.0", "https://127.0.0.1"),
    ],
)
def test_a_server_is_asked_where_its_http_routes_are_however_it_is_named(text: str, url: str) -> None:
    assert read_target(text) == UrlTarget(url)


def test_a_server_that_is_not_there_is_an_error_rather_than_a_report() -> None:
    with pytest.raises(ConnectError, match="no server answers at"):
        validate("http://127.0.0.1:1", Options(timeout_s=1.0))


class _Plain(BaseHTTPRequestHandler):
    """Any web server."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *args: Any) -> None: ...


def test_a_server_of_another_kind_is_an_error_rather_than_a_report() -> None:
    with ThreadingHTTPServer(("127.0.0.1", 0), _Plain) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f"http://127.0.0.1:{server.server_port}"
        with pytest.raises(ConnectError) as caught:
            validate(url, Options(timeout_s=10.0))
        server.shutdown()
    assert caught.value.message.startswith(
        f"{url} is no OpenEnv server: GET /schema answered 404 text/html, and /ws does not open: "
    )
    assert caught.value.hint == "give the address that openenv serve prints"


@pytest.mark.parametrize("spoilt", [{"opens": False}, {"http": {"GET /schema": (404, "none")}}])
def test_a_server_of_which_one_side_works_is_reported_on(spoilt: dict[str, Any]) -> None:
    with served(**spoilt) as url:
        assert check(url, "H004").verdict is Verdict.PASSED


def test_stages_are_told_as_their_first_check_begins(tmp_path: Path) -> None:
    begun: list[Stage] = []
    validate(str(write(tmp_path, PACKAGED)), Options(select=("S001", "H001", "H004"), static=True), begun.append)
    assert begun == [Stage.SOURCES]


def test_stages_are_told_in_their_order_whatever_is_needed_sooner() -> None:
    begun: list[Stage] = []
    checks = [
        a_check("H001", passes, stage=Stage.SERVER, spoilt_by=("B001",)),
        a_check("B001", passes, stage=Stage.PLAY),
        a_check("B002", passes, stage=Stage.RECORDING),
        a_check("B003", passes, stage=Stage.PLAY),
    ]
    run(checks, Context(ProjectTarget(Path("/nowhere")), 1.0), begun.append)
    assert begun == [Stage.SERVER, Stage.RECORDING, Stage.PLAY]


def test_what_spoils_a_check_keeps_it_from_running_only_where_it_has_failed() -> None:
    assert played(
        a_check("S001", passes, spoilt_by=("S003",)),
        a_check("S002", passes, spoilt_by=("S004",)),
        a_check("S003", fails),
        a_check("S004", cannot_tell),
    )[:2] == [("S001", "not checked", "S003 failed"), ("S002", "passed", None)]


def test_checks_that_a_deselected_one_would_have_blocked_still_run() -> None:
    with served(http={"GET /schema": (404, "none")}) as url:
        report = check(url, "B004")
    assert outcome_of(report, "B004").reason == "GET /schema answered 404 none (H009)"
