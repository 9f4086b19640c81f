"""A project's policy in a process of its own, so that nothing of the project is imported where the checks run.

``python -m openenv.validation.play.policy_host module:attribute`` reads a line of JSON for each call, and answers each
with one: ``{"reset": seed}`` and ``{"act": observation}``; ``{"action": …}`` or ``{"error": …}``.
"""

from __future__ import annotations

import asyncio
import inspect
import json
import os
import sys
from pathlib import Path
from typing import Any

from pydantic_core import to_json

from openenv.policies.loading import load_policy


def main(named: str) -> None:
    """Answer calls until nobody makes any more.

    Args:
        named: The policy, as ``module:attribute``.
    """
    answers = os.fdopen(os.dup(1), "wb", buffering=0)
    os.dup2(2, 1)  # what the policy prints is no answer
    sys.path.insert(0, str(Path.cwd()))
    loop = asyncio.new_event_loop()
    policy: Any = None

    def call(method: str, *arguments: Any) -> Any:
        function = getattr(policy, method, None)
        outcome = function(*arguments) if function is not None else None
        return loop.run_until_complete(outcome) if inspect.isawaitable(outcome) else outcome

    for line in sys.stdin:
        asked = json.loads(line)
        try:
            policy = policy or load_policy(named)()
            action = call("reset", asked["reset"]) if "reset" in asked else call("act", asked["act"])
            answer = to_json({"action": action})
        except Exception as error:  # told to whoever asked
            answer = to_json({"error": f"{type(error).__name__}: {error}"})
        answers.write(answer + b"\n")


if __name__ == "__main__":
    main(sys.argv[1])
