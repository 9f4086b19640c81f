"""From a project to a Space that runs it: look, set, commit, follow, validate."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Any

from openenv.errors import ConnectError, UnauthorizedError
from openenv.hub.repo_id import RepoId, check_word
from openenv.hub.space import Space
from openenv.project.manifest import MANIFEST_NAME, Manifest
from openenv.validation.play.effort import QUICK
from openenv.validation.reports.report import Report, Status, Verdict
from openenv.validation.run import Options, validate
from openenv_cli.errors import CommandError
from openenv_cli.hub.changes import Changes, compare, named
from openenv_cli.hub.client import Client
from openenv_cli.hub.commit import Commit, commit
from openenv_cli.hub.events import Doing, OnEvent, Remark, Uploading
from openenv_cli.hub.follow import Before, DeployError, Follower
from openenv_cli.hub.present import Present, look
from openenv_cli.hub.provision import change, create, restart
from openenv_cli.hub.settings import Settings, difference, require_effect
from openenv_cli.hub.staging import Staged

_ANSWER_S = 60.0
"""How long a Space may take to answer once while it is validated, in seconds."""


class NotValidError(CommandError):
    """The Space runs, and does not do what an environment has to."""

    def __init__(self, url: str, report: Report) -> None:
        self.findings = report.errors()
        super().__init__(
            f"pushed and running, but not valid: {len(self.findings)} errors at {url}",
            {"findings": self.findings},
            hint="openenv validate finds them here; mend them, then push again",
        )


@dataclass(frozen=True)
class Order:
    """What is to be pushed, and how; checked, and nothing was asked of anybody yet.

    Attributes:
        staged: The files.
        owner: Who the Space belongs to; whoever pushes it where it is ``None``.
        name: What the Space is called.
        settings: What it is to be set to.
        message: What the commit says.
        create_pr: Whether to open a pull request rather than to change the Space.
        wait: Whether to wait until it runs.
        timeout_s: How long that may take, in seconds.
    """

    staged: Staged
    owner: str | None
    name: str
    settings: Settings
    message: str
    create_pr: bool = False
    wait: bool = True
    timeout_s: float = 1800.0


@dataclass(frozen=True)
class Pushed:
    """What came of a push.

    Attributes:
        repo_id: The Space.
        page: Its page.
        created: Whether it was made.
        set: What was set there.
        changes: What differed.
        commit: The commit that it is at.
        pull_request: The pull request, where one was opened.
        url: Where its server is; ``None`` where it was not waited for.
        passed: How many checks it passed there.
        seconds: How long it all took.
    """

    repo_id: RepoId
    page: str
    created: bool
    set: Settings
    changes: Changes
    commit: str
    pull_request: str | None
    url: str | None
    passed: int | None
    seconds: float

    def as_json(self) -> dict[str, Any]:
        """Lay it out as JSON values."""
        return {
            "repo_id": str(self.repo_id),
            "page": self.page,
            "created": self.created,
            "set": self.set.as_json(),
            "files": self.changes.as_json(),
            "commit": self.commit,
            "pull_request": self.pull_request,
            "deployed": self.url is not None,
            "url": self.url,
            "checks_passed": self.passed,
            "seconds": round(self.seconds, 3),
        }


def read_destination(given: str | None, manifest: Manifest) -> tuple[str | None, str]:
    """Read where to push.

    Args:
        given: ``OWNER/NAME``, or a name of one's own; the environment's name where left out.
        manifest: What ``openenv.yaml`` says.

    Returns:
        The owner, where one is named, and the name.

    Raises:
        RepoIdError: The Hub takes no such name.
    """
    if given is None or "/" not in given:
        return None, check_word(manifest.name if given is None else given)
    repo_id = RepoId.parse(given)
    return repo_id.owner, repo_id.name


def push(client: Client, order: Order, on_event: OnEvent) -> Pushed:
    """Push a project. What was done before is not done again, so that a push can be repeated after any failure.

    Args:
        client: The Hub.
        order: What to push.
        on_event: Is told what happens.

    Returns:
        What came of it.

    Raises:
        HubError: The Hub refused, or gave no answer.
        UsageError: What the Space runs on heeds no sleep time.
        CommandError: There is a Space with that name that holds something else.
        DeployError: The files are there, and the Space does not run them.
        NotValidError: It runs, and does not do what an environment has to.
    """
    begun = time.monotonic()
    user = client.user()
    repo_id = RepoId(order.owner or user, order.name)
    on_event(Doing(f"looking at {repo_id}"))
    present = look(client, repo_id, variables=bool(order.settings.variables))
    require_effect(None if present is None else present.settings, order.settings)
    created = present is None
    if present is None:
        present = _made(client, repo_id, order, on_event)
    changes = compare(order.staged.entries, present.files)
    _require_an_environment(repo_id, present, changes)
    changed = Settings() if created else difference(present.settings, order.settings)
    change(client, repo_id, changed, on_event)
    made = _commit(client, repo_id, order, present, changes, on_event)
    space, passed = None, None
    if order.wait and not order.create_pr:
        stirred = bool(changes) or changed.restarts or restart(client, repo_id, present.stage, on_event)
        before = Before(present.commit, present.stage) if stirred else None
        space = Follower(client, repo_id, order.timeout_s, on_event).follow(made.oid, before)
        passed = _validate(repo_id, space, on_event)
    return Pushed(
        repo_id=repo_id,
        page=f"{client.api.endpoint}/spaces/{repo_id}",
        created=created,
        set=order.settings if created else changed,
        changes=changes,
        commit=made.oid,
        pull_request=made.pull_request,
        url=None if space is None else space.url,
        passed=passed,
        seconds=time.monotonic() - begun,
    )


def _made(client: Client, repo_id: RepoId, order: Order, on_event: OnEvent) -> Present:
    if order.create_pr:
        hint = "without --create-pr it is made"
        raise CommandError(f"there is no Space {repo_id} to open a pull request on", hint=hint)
    return create(client, repo_id, order.settings, on_event)


def _require_an_environment(repo_id: RepoId, present: Present, changes: Changes) -> None:
    """What is no environment was named by mistake: a push would delete it."""
    lost = [path for path in changes.deleted if MANIFEST_NAME not in present.files]
    if lost:
        hint = "--repo-id names another Space; to have this one, delete its files first"
        raise CommandError(f"{repo_id} holds no environment, but {named(lost)}", {"files": lost}, hint=hint)


def _commit(
    client: Client, repo_id: RepoId, order: Order, present: Present, changes: Changes, on_event: OnEvent
) -> Commit:
    on_event(Remark(f"files: {changes}"))
    if not changes:
        return Commit(present.commit, None)
    if changes.deleted:
        on_event(Remark(f"deleting there: {named(changes.deleted)}"))
    if changes.upload:
        on_event(Uploading(len(changes.upload), sum(entry.header().size for entry in changes.upload)))
    made = commit(client, repo_id, changes, order.message, present.commit, create_pr=order.create_pr)
    on_event(Remark(f"committed {made.oid[:12]}: {order.message}"))
    return made


def _validate(repo_id: RepoId, space: Space, on_event: OnEvent) -> int:
    """Validate the server of a Space; returns how many checks it has passed."""
    url = str(space.url)
    on_event(Doing(f"validating {url}"))
    try:
        report = validate(url, Options(timeout_s=_ANSWER_S, token=space.token if space.private else None, effort=QUICK))
    except (ConnectError, UnauthorizedError) as error:
        raise DeployError(repo_id, "RUNNING", error.message, "openenv validate checks it here") from error
    if report.verdict is not Verdict.PASSED:
        raise NotValidError(url, report)
    return report.count(Status.PASSED)
