from pathlib import Path

STEP = '        """Say it back."""\n'


def defect(project: Path) -> None:
    file = project / "my_env" / "server" / "environment.py"
    code = file.read_text(encoding="utf-8")
    spoilt = code.replace(STEP, f"{STEP}        if not action.message:\n            os._exit(3)\n")
    assert spoilt != code
    file.write_text(f"import os\n{spoilt}", encoding="utf-8")
