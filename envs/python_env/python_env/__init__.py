"""Write or mend Python functions, which hidden tests judge."""

from python_env.client import PythonEnv
from python_env.models import PythonAction, PythonObservation, PythonState, TestReport

__all__ = ["PythonAction", "PythonEnv", "PythonObservation", "PythonState", "TestReport"]
