"""Run the commands that the README shows and write what they print beneath them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
SHOWN = re.compile(r"^```console\n(?P<body>.*?)^```$", re.MULTILINE | re.DOTALL)
QUIET = re.compile(r"^```sh\n(?P<body>myelocode .*?)^```$", re.MULTILINE | re.DOTALL)
COLUMNS = "110"


def run(command: str, folder: Path) -> tuple[int, str]:
    """The exit code of a shell command, and what it writes to both of its streams, without blanks at line ends."""
    environment = {**os.environ, "COLUMNS": COLUMNS, "PYTHONPATH": str(ROOT), "NO_COLOR": "1", "LC_ALL": "C.UTF-8"}
    script = f'set -o pipefail; myelocode() {{ "{sys.executable}" -m extractor "$@"; }}; {command}'
    bash = ["bash", "-c", f"exec 2>&1; {script}"]
    done = subprocess.run(bash, cwd=folder, env=environment, capture_output=True, check=False)
    lines = done.stdout.decode("utf-8", "replace").splitlines()
    return done.returncode, "".join(line.rstrip() + "\n" for line in lines)


def with_output(readme: str) -> str:
    """The README with the present output of each command that it shows."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "corpora").symlink_to(ROOT / "corpora")

        def block(found: re.Match[str]) -> str:
            commands = [line[2:] for line in found["body"].splitlines() if line.startswith("$ ")]
            body = "".join(f"$ {command}\n{run(command, folder)[1]}" for command in commands)
            return f"```console\n{body}```"

        return SHOWN.sub(block, readme)


if __name__ == "__main__":
    README.write_text(with_output(README.read_text(encoding="utf-8")), encoding="utf-8")
