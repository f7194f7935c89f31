"""The command `myelocode`: its subcommands, and what every call ends with."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from typing import Annotated, Any

import typer

from extractor import __version__
from extractor.cli_evaluate import evaluate
from extractor.cli_explain import explain
from extractor.cli_options import BROKEN_PIPE, DONE, FAULT, INTERRUPTED, UNUSABLE, say
from extractor.cli_score import score
from extractor.cli_train import train
from extractor.errors import MyelocodeError

app = typer.Typer(add_completion=False, pretty_exceptions_enable=False, rich_markup_mode=None)


@app.callback(invoke_without_command=True)
def myelocode(
    version: Annotated[bool, typer.Option("--version", help="Print the version and stop.")] = False,
) -> None:
    """Read myelogram reports and propose the CPT codes that the text supports, with the words that support them.

    Exit codes: 0 done, 1 some rows or reports failed, 2 the call cannot be carried out.
    """
    if version:
        typer.echo(f"myelocode {__version__}")
        raise typer.Exit


for command in (score, explain, evaluate, train):
    app.command()(command)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the command line and leave the process with its exit code; nothing of a report reaches standard error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a terminal that cannot show a sign shows a question mark
    sys.exit(_run(arguments))


def _run(arguments: Sequence[str] | None) -> int:
    command = typer.main.get_command(app)
    try:
        code = _exit_code(command, list(sys.argv[1:] if arguments is None else arguments))
        if sys.stdout is not None:
            sys.stdout.flush()
        return code
    except MyelocodeError as error:
        return _stop(UNUSABLE, str(error))
    except (KeyboardInterrupt, typer.Abort):
        return _stop(INTERRUPTED, "interrupted")
    except BrokenPipeError:
        # The reader of the pipe has enough. What Python would still flush at exit has no reader either.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return BROKEN_PIPE
    except OSError as error:
        return _stop(UNUSABLE, ": ".join(str(part) for part in (error.filename, error.strerror) if part))
    except Exception as error:
        if hasattr(error, "format_message"):  # what the parser says of a wrong call
            return _stop(UNUSABLE, f"{error.format_message()} (myelocode --help shows how to call it)")
        from extractor.score import fault

        return _stop(FAULT, f"this is a fault of the program, please tell the maintainers: {fault(error)}")


def _exit_code(command: Any, arguments: list[str]) -> int:
    # Not `command.main`: it would end the process itself, in its own words, on an interrupt and on a broken pipe.
    try:
        with command.make_context("myelocode", arguments or ["--help"]) as context:
            command.invoke(context)
    except typer.Exit as stopped:
        return stopped.exit_code if arguments else UNUSABLE
    return DONE


def _stop(code: int, message: str) -> int:
    say(" ".join(message.split()))
    return code
