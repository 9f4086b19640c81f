"""Checks of an environment: small functions by family, a registry, a run and a report.

``run.validate`` is the way in; the command line and the tests of environments only call it.
"""

from __future__ import annotations
