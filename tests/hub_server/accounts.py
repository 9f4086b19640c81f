"""Users, organisations and their tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

from .problems import Problem

Role = Literal["read", "write"]


@dataclass(frozen=True)
class Identity:
    """Who asks: a user, by a token that may write or only read."""

    user: str
    role: Role
    organisations: tuple[tuple[str, Role], ...] = ()

    def belongs_to(self, namespace: str) -> bool:
        """Whether private repositories of a namespace are open to them."""
        return namespace == self.user or namespace in dict(self.organisations)

    def may_write(self, namespace: str) -> bool:
        """Whether they may write there, with a token that may."""
        return namespace == self.user or dict(self.organisations).get(namespace) == "write"

    def described(self) -> dict[str, Any]:
        """The answer to whoami."""
        orgs = [
            {"type": "org", "id": f"id-{name}", "name": name, "fullname": name.title(), "roleInOrg": role}
            for name, role in self.organisations
        ]
        token = {"displayName": "tests", "role": self.role, "createdAt": "2024-01-01T00:00:00.000Z"}
        return {
            "type": "user",
            "id": f"id-{self.user}",
            "name": self.user,
            "fullname": self.user.title(),
            "isPro": False,
            "canPay": True,
            "orgs": orgs,
            "auth": {"type": "access_token", "accessToken": token},
        }


@dataclass
class Accounts:
    """All that the Hub knows of.

    Attributes:
        tokens: Whose each token is, and what it may do.
        organisations: The members of each organisation, and what each may do there.
    """

    tokens: dict[str, tuple[str, Role]] = field(default_factory=dict)
    organisations: dict[str, dict[str, Role]] = field(default_factory=dict)

    def add_user(self, name: str) -> tuple[str, str]:
        """Register a user.

        Returns:
            A token that may write, and one that may only read.
        """
        write, read = f"hf_{name}_write", f"hf_{name}_read"
        self.tokens.update({write: (name, "write"), read: (name, "read")})
        return write, read

    def add_organisation(self, name: str, members: dict[str, Role]) -> None:
        """Register an organisation and what its members may do there."""
        self.organisations[name] = members

    def identity(self, authorization: str | None) -> Identity | None:
        """Who a header ``Authorization`` speaks of; nobody, where there is none.

        Raises:
            Problem: Nobody has this token.
        """
        if authorization is None:
            return None
        user, role = self.tokens.get(authorization.removeprefix("Bearer "), (None, None))
        if user is None or role is None:
            raise Problem(401, "Invalid credentials in Authorization header")
        memberships = tuple((name, members[user]) for name, members in self.organisations.items() if user in members)
        return Identity(user, role, memberships)

    def exists(self, namespace: str) -> bool:
        """Whether a user or an organisation has this name."""
        return namespace in self.organisations or any(user == namespace for user, _ in self.tokens.values())
