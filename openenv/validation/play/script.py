"""What is sent in one or more sessions, in order: an episode that can be played again. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from openenv.validation.wording import brief

Kind = Literal["reset", "step", "state", "close"]


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        kind: What is asked for.
        data: The options of a reset, the action of a step.
        session: In which session, counted from 1.
    """

    kind: Kind
    data: Any = None
    session: int = 1


@dataclass(frozen=True)
class Script:
    """Requests in the order in which they are sent. A session opens with its first one.

    Attributes:
        requests: The requests.
    """

    requests: tuple[Request, ...]

    def __iter__(self) -> Iterator[Request]:
        return iter(self.requests)

    def __len__(self) -> int:
        return len(self.requests)

    @property
    def sessions(self) -> list[int]:
        """The sessions that it opens, in that order."""
        return list(dict.fromkeys(request.session for request in self))

    @property
    def begins_with_resets(self) -> bool:
        """Whether it has sessions, and each begins with a reset that names its options."""
        firsts = [self.requests[self.of_session(session)[0]] for session in self.sessions]
        return bool(firsts) and all(one.kind == "reset" and isinstance(one.data, dict) for one in firsts)

    def of_session(self, session: int) -> list[int]:
        """Say at which places the requests of a session stand."""
        return [place for place, request in enumerate(self) if request.session == session]

    def only(self, places: Iterable[int]) -> Script:
        """Keep the requests at these places."""
        return Script(tuple(self.requests[place] for place in places))

    def in_session(self, session: int) -> Script:
        """Have all of it sent in one session."""
        return Script(tuple(replace(request, session=session) for request in self))

    def with_options(self, options: Mapping[str, Any]) -> Script:
        """Give each reset these options beside its own."""
        given = (replace(one, data={**options, **(one.data or {})}) if one.kind == "reset" else one for one in self)
        return Script(tuple(given))

    def without_states(self) -> Script:
        """Ask for no state."""
        return Script(tuple(request for request in self if request.kind != "state"))

    def episodes(self) -> list[list[int]]:
        """Say at which places each episode's requests stand, from its reset on; session by session."""
        found: list[list[int]] = []
        for session in self.sessions:
            episode: list[int] | None = None
            for place in self.of_session(session):
                if self.requests[place].kind == "reset":
                    episode = []
                    found.append(episode)
                if episode is not None:
                    episode.append(place)
        return found

    def called(self, place: int) -> str:
        """Name a request as people count: which step of which episode and session, and with which action."""
        request = self.requests[place]
        before = [self.requests[other] for other in self.of_session(request.session) if other <= place]
        episode = sum(one.kind == "reset" for one in before)
        resets = [number for number, one in enumerate(before) if one.kind == "reset"]
        steps = sum(one.kind == "step" for one in before[resets[-1] :]) if resets else 0
        named = {
            "reset": f"reset {episode}",
            "step": f"step {steps} of episode {episode}",
            "state": f"state after step {steps} of episode {episode}",
            "close": "close",
        }[request.kind]
        of_session = f" of session {request.session}" if len(self.sessions) > 1 else ""
        action = f", action {brief(request.data)}" if request.kind == "step" else ""
        return f"{named}{of_session}{action}"


NOTHING = Script(())
