"""Projects that are healthy but for one thing: what makes them so, and what is found."""

from __future__ import annotations

from specimens import DOCKERFILE, PACKAGED, README

MANIFEST = PACKAGED["openenv.yaml"]
PYPROJECT = PACKAGED["pyproject.toml"]
DYNAMIC = PYPROJECT.replace('version = "0.1.0"', 'dynamic = ["version"]') + (
    '[tool.hatch.version]\npath = "openenv.yaml"\n'
)
APPLESS: dict[str, str | None] = {
    "openenv.yaml": MANIFEST.replace("app: my_env.server.app:app\n", ""),
    "my_env/server/app.py": None,
}
REGISTERED = '\n[project.entry-points."openenv.environments"]\nmy-env = "my_env"\n'

SPOILT: list[tuple[str, dict[str, str | None], dict[str, list[str]]]] = [
    (
        "a misspelt key",
        {"openenv.yaml": MANIFEST + "prot: 80\n"},
        {"S001": ["openenv.yaml:7:1: unknown key 'prot'"]},
    ),
    (
        "two mistakes in the manifest",
        {"openenv.yaml": "naem: x\nname: a\nport: 0\n"},
        {
            "S001": [
                "openenv.yaml:1:1: unknown key 'naem'",
                "openenv.yaml:3:7: 'port' must be a whole number from 1 to 65535, not a number (0)",
            ]
        },
    ),
    (
        "capitals in the name",
        {"openenv.yaml": MANIFEST.replace("my-env", "My-Env"), "pyproject.toml": PYPROJECT},
        {"S002": ["openenv.yaml:1:7: 'My-Env' has capitals, which image names may not have"]},
    ),
    (
        "no version",
        {"openenv.yaml": MANIFEST.replace("version: 0.1.0\n", "")},
        {"S003": ["openenv.yaml: no version is stated"]},
    ),
    ("no pyproject.toml", {"pyproject.toml": None}, {"S004": ["pyproject.toml: there is no pyproject.toml"]}),
    ("no __init__.py", {"my_env/__init__.py": None}, {"S004": ["my_env/__init__.py: there is no my_env/__init__.py"]}),
    ("no Dockerfile", {"Dockerfile": None}, {"S005": ["Dockerfile: there is no Dockerfile"]}),
    ("no README", {"README.md": None}, {"S005": ["README.md: there is no README.md"]}),
    (
        "broken TOML",
        {"pyproject.toml": "[project\n"},
        {"S006": ["pyproject.toml:1: not TOML: "]},
    ),
    ("no [project]", {"pyproject.toml": "[tool.x]\n"}, {"S006": ["pyproject.toml: project: field required"]}),
    (
        "a misspelt key of [project]",
        {"pyproject.toml": PYPROJECT.replace('version = "0.1.0"', 'version = "0.1.0"\nrequires-pythn = ">=3.10"')},
        {"S006": ["pyproject.toml:4: unknown key 'requires-pythn' in [project]"]},
    ),
    (
        "another version",
        {"pyproject.toml": PYPROJECT.replace("0.1.0", "0.2.0")},
        {"S007": ["pyproject.toml:3: the manifest says 0.1.0, pyproject.toml version 0.2.0"]},
    ),
    (
        "no version in pyproject.toml",
        {"pyproject.toml": PYPROJECT.replace('version = "0.1.0"\n', "")},
        {"S007": ["pyproject.toml: the manifest says 0.1.0, pyproject.toml no version"]},
    ),
    (
        "a version that the pattern does not find",
        {"pyproject.toml": DYNAMIC + 'pattern = "release: (?P<version>.+)"\n'},
        {"S007": ["pyproject.toml: the manifest says 0.1.0, pyproject.toml no version"]},
    ),
    (
        "a pattern that is no regular expression",
        {"pyproject.toml": DYNAMIC + "pattern = 'version: (?P<version>'\n"},
        {"S007": ["pyproject.toml:13: the pattern of the version cannot be read: missing )"]},
    ),
    (
        "a pattern without the group",
        {"pyproject.toml": DYNAMIC + "pattern = 'version: (.+)'\n"},
        {"S007": ["pyproject.toml:13: the pattern of the version cannot be read: it has no group 'version'"]},
    ),
    (
        "another name",
        {"pyproject.toml": PYPROJECT.replace('"my-env"', '"your-env"')},
        {"S008": ["pyproject.toml:2: the manifest says my-env, pyproject.toml your-env"]},
    ),
    (
        "not registered",
        {"pyproject.toml": PYPROJECT.replace(REGISTERED, "")},
        {"S009": ["pyproject.toml: no entry point of openenv.environments names my_env"]},
    ),
    (
        "another package registered",
        {"pyproject.toml": PYPROJECT.replace('"my_env"', '"your_env"')},
        {"S009": ["pyproject.toml:6: 'my-env' is registered as your_env, but the package is my_env"]},
    ),
    (
        "a syntax error in a file that is imported late",
        {"my_env/server/late.py": "def f(:\n"},
        {"S010": ["my_env/server/late.py:1: invalid syntax: def f(:"]},
    ),
    (
        "brackets without end",
        {"my_env/odd.py": "(" * 500},
        {"S010": ["my_env/odd.py:1: "]},
    ),
    (
        "more than the parser can hold",
        {"my_env/odd.py": "-" * 100_000 + "1"},
        {"S010": ["my_env/odd.py:"]},
    ),
    (
        "no app module",
        {"my_env/server/app.py": None},
        {"S011": ["openenv.yaml:3:6: there is no module my_env.server.app in the project"]},
    ),
    (
        "an app of another name",
        {"my_env/server/app.py": "application = object()\n"},
        {"S011": ["openenv.yaml:3:6: my_env/server/app.py does not define app"]},
    ),
    (
        "a client of another name",
        {"openenv.yaml": MANIFEST.replace(":MyEnv", ":YourEnv")},
        {"S012": ["openenv.yaml:4:9: my_env/client.py does not define YourEnv"]},
    ),
    (
        "an action nowhere",
        {"openenv.yaml": MANIFEST.replace("my_env.models:MyAction", "YourAction")},
        {"S012": ["openenv.yaml:5:9: my_env/models.py does not define YourAction"]},
    ),
    (
        "a policy nowhere",
        {"openenv.yaml": MANIFEST + "policies:\n  known-good: my_env.models:GoodPolicy\n"},
        {"S012": ["openenv.yaml:8:15: my_env/models.py does not define GoodPolicy"]},
    ),
    (
        "a client.py without a class",
        {"openenv.yaml": MANIFEST.replace("client: my_env.client:MyEnv\n", ""), "my_env/client.py": "x = 1\n"},
        {"S012": ["my_env/client.py: my_env/client.py defines no class"]},
    ),
    (
        "an import of a name that is not there, in a function",
        {"my_env/late.py": "def f():\n    from my_env.models import YourAction\n    from .models import MyAction\n"},
        {"S013": ["my_env/late.py:2: my_env/models.py does not define YourAction"]},
    ),
    (
        "an import of a module that is not there",
        {"my_env/server/late.py": "from ..model import MyAction\n"},
        {"S013": ["my_env/server/late.py:1: there is no module my_env.model"]},
    ),
    (
        "a misspelt instruction",
        {"Dockerfile": DOCKERFILE + "EXPSE 8000\n"},
        {"S014": ["Dockerfile:6: 'EXPSE' is no instruction"]},
    ),
    (
        "copies of what is not there",
        {"Dockerfile": DOCKERFILE + "COPY requirements.txt wheels/ $X /tmp/\nCOPY --from=build /x /\n"},
        {
            "S014": [
                "Dockerfile:6: COPY copies requirements.txt, which does not exist",
                "Dockerfile:7: COPY --from=build /x / copies from a stage that does not exist",
            ]
        },
    ),
    (
        "a copy of what is left out",
        {".dockerignore": "*\n!my_env\n"},
        {"S014": ["Dockerfile:2: COPY copies pyproject.toml, which .dockerignore leaves out"]},
    ),
    (
        "another port in the image",
        {"Dockerfile": DOCKERFILE.replace("8000", "8080")},
        {"S015": ["README.md:3: the port is 8000 here, and 8080 in Dockerfile:3"]},
    ),
    (
        "another port in the manifest",
        {"openenv.yaml": PACKAGED["openenv.yaml"] + "port: 8001\n"},
        {"S015": ["Dockerfile:3: the port is 8000 here, and 8001 in openenv.yaml:7:7"]},
    ),
    (
        "other ports in the README and the command",
        {"README.md": README.replace("8000", "7860"), "Dockerfile": DOCKERFILE.replace("$PORT", "80")},
        {
            "S015": [
                "Dockerfile:5: the port is 80 here, and 8000 in Dockerfile:3",
                "README.md:3: the port is 7860 here, and 8000 in Dockerfile:3",
            ]
        },
    ),
    (
        "a user who is root",
        {"Dockerfile": DOCKERFILE.replace("USER 1000", "USER root:root")},
        {"S016": ["Dockerfile:4: it runs as root"]},
    ),
    (
        "a user who is root by an argument",
        {"Dockerfile": "ARG U=root\n" + DOCKERFILE.replace("USER 1000", "ARG U\nUSER ${U}:1")},
        {"S016": ["Dockerfile:6: it runs as root"]},
    ),
    (
        "no user",
        {"Dockerfile": DOCKERFILE.replace("USER 1000\n", "")},
        {"S016": ["Dockerfile: it names no USER"]},
    ),
    (
        "the latest base image, by an argument",
        {"Dockerfile": f"ARG BASE=host:5000/python:latest\n{DOCKERFILE.replace('python:3.12-slim', '$BASE')}"},
        {"S017": ["Dockerfile:2: it builds on host:5000/python:latest, whichever that is today"]},
    ),
    (
        "a base image without a tag",
        {"Dockerfile": DOCKERFILE.replace("python:3.12-slim", "host:5000/python AS x")},
        {"S017": ["Dockerfile:1: it builds on host:5000/python, whichever that is today"]},
    ),
    (
        "secrets in the image",
        {"Dockerfile": DOCKERFILE + "ARG HF_TOKEN\nENV A=1 OPENAI_API_KEY=sk-1\nENV MAX_TOKENS=5 TOKEN_FILE=/run/x\n"},
        {
            "S018": [
                "Dockerfile:6: ARG HF_TOKEN can be read by whoever has the image",
                "Dockerfile:7: ENV OPENAI_API_KEY can be read by whoever has the image",
            ]
        },
    ),
    (
        "an image that runs another app",
        {"Dockerfile": DOCKERFILE.replace("server.app:app", "server.main:app")},
        {"S023": ["Dockerfile:5: there is no module my_env.server.main"]},
    ),
    (
        "an image that runs an app of another name, for itself",
        {"Dockerfile": DOCKERFILE.replace("app:app --host 0.0.0.0", "app:application")},
        {
            "S023": [
                "Dockerfile:5: my_env/server/app.py does not define application",
                "Dockerfile:5: the server listens on 127.0.0.1, which nothing outside of the container can reach",
            ]
        },
    ),
    (
        "an import of what nothing brings",
        {"my_env/server/app.py": PACKAGED["my_env/server/app.py"] + "import os, yaml, numpy.random\n"},
        {"S024": ["my_env/server/app.py:5: numpy is imported, and nothing in pyproject.toml brings it"]},
    ),
    (
        "a copy of the whole folder",
        {"Dockerfile": DOCKERFILE + "COPY . /app\n", ".dockerignore": ".git\n.venv/\n"},
        {"S019": ["Dockerfile:6: 'COPY . /app' would copy secrets (.env) too"]},
    ),
    ("a README without front matter", {"README.md": "# my-env\n"}, {"S020": ["README.md: there is no front matter"]}),
    (
        "a README for another kind of Space",
        {"README.md": "---\ntitle: x\nsdk: gradio\ntags: [x]\ncolorTo: teal\n---\n"},
        {
            "S020": [
                "README.md:3: 'sdk' is gradio: the Hub would not build the Dockerfile",
                "README.md:2: 'app_port' is missing: the Hub would look for the server on port 7860",
                "README.md:4: the tag openenv is missing",
                "README.md:5: 'colorTo' is teal, which the Hub does not take",
            ]
        },
    ),
    (
        "secrets in files",
        {".env": "A=1\n", "kept/.env": "A=1\n", ".gitignore": "kept/\n", "my_env/key.py": f"KEY = 'hf_{'aB3' * 12}'\n"},
        {
            "S021": [
                ".env: it looks like variables of an environment",
                "my_env/key.py:1: it looks like a token of Hugging Face",
            ]
        },
    ),
    (
        "front matter that does not end",
        {"README.md": "---\ntitle: x\n"},
        {"S020": ["README.md:1: the front matter has no end"]},
    ),
]
"""What is wrong, the files that make it so, and the beginning of what is found."""
