"""The command `train`: annotated reports in, a confidence model with its card out."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from extractor.cli_options import DONE, say
from extractor.errors import UsageError


def train(
    corpora: Annotated[list[Path], typer.Argument(metavar="CORPUS...", help="Annotated reports: .jsonl or folders.")],
    out: Annotated[Path, typer.Option(metavar="FOLDER", help="Where model and card go; its name is the model's.")],
    notes: Annotated[
        list[Path] | None, typer.Option(metavar="FILE", help="Notes that are no myelograms: .jsonl or folders.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Which variants of the reports are made.")] = 0,
    force: Annotated[bool, typer.Option("--force", help="Replace a model that is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", help="No progress bar.")] = False,
) -> None:
    """Learn confidence from annotated reports; the same reports, seed and versions give the same bytes."""
    from threadpoolctl import threadpool_limits

    from extractor.confidence.card import card, markdown
    from extractor.confidence.store import CARD, MODEL, packed
    from extractor.confidence.training import load_notes
    from extractor.confidence.training import train as learn
    from extractor.corpus import corpus_files, load
    from extractor.gold_codes import disagreements
    from extractor.tables import coding_tables
    from extractor.terminal import StepProgress

    if out.exists() and not out.is_dir():
        raise UsageError(f"{out}: this is a file; give the name of a folder")
    if (out / MODEL).exists() and not force:
        raise UsageError(f"{out}: a model is there; give another name, or --force to replace it")
    rules = coding_tables().on(None)
    corpus = load(corpora)
    for problem in [*corpus.problems, *disagreements(corpus, rules)]:
        say(str(problem))
    # sums that several threads share are added in no fixed order, and the last bits of a model would change with them
    with StepProgress(quiet=quiet) as bar, threadpool_limits(limits=1):
        trained = learn(corpus.reports, load_notes(notes or ()), rules, version=out.name, seed=seed, progress=bar.step)
    data = packed(trained.model)
    note_files = [file for path in notes or () for file in (sorted(path.glob("*.jsonl")) if path.is_dir() else [path])]
    made = card(trained, data, name=out.name, files=corpus_files(corpora), notes=note_files)
    out.mkdir(parents=True, exist_ok=True)
    (out / MODEL).write_bytes(data)
    (out / CARD).write_text(json.dumps(made, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    (out / "card.md").write_text(markdown(made), encoding="utf-8")
    found = made["scores"]
    say(
        f"{out}: {found['reports']} reports; without their authors {found['code_set_right']:.3f} of code sets right "
        f"(rules {found['code_set_right_rules']:.3f}), calibration error {found['ece_codes']:.3f}"
    )
    raise typer.Exit(DONE)
