"""Runs Python code, in a process of its own that keeps its names and files from step to step."""

from coding_env.client import CodingEnv
from coding_env.models import CodeAction, CodeObservation, CodeState

__all__ = ["CodeAction", "CodeObservation", "CodeState", "CodingEnv"]
