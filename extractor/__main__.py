"""`python -m extractor` is the command `myelocode`."""

from extractor.cli import main

main()
