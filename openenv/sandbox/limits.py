"""How much the code in a sandbox may use."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Limits:
    """What a sandbox gives to the code in it.

    Attributes:
        time_s: How long one run may take, in seconds of real time.
        memory_mb: How much memory each process may map, in MiB.
        output_bytes: How much is kept of stdout, of stderr, and of a value's text, each.
        processes: How many processes and threads there may be at once, the one that runs the code included.
        files_mb: How much all files together may hold, in MiB.
        file_count: How many files and folders there may be.
    """

    time_s: float = 10.0
    memory_mb: int = 1024
    output_bytes: int = 65_536
    processes: int = 32
    files_mb: int = 64
    file_count: int = 4096

    def __post_init__(self) -> None:
        for name, value in vars(self).items():
            if value <= 0:
                raise ValueError(f"{name} must be more than 0, not {value}")
