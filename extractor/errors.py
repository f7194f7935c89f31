"""What can go wrong, in words that never carry report text."""

from __future__ import annotations


class MyelocodeError(Exception):
    """Base of every error that this package raises on purpose; its message is fit for a user."""


class TableError(MyelocodeError):
    """A data file is malformed: the message names the file and the line."""


class UsageError(MyelocodeError):
    """The call cannot be carried out as given (exit code 2)."""


class ReportError(MyelocodeError):
    """One report cannot be read; `reason` is a short code for the error table, the message a sentence."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class ModelError(MyelocodeError):
    """A confidence model is missing, damaged, or made for another version: the message names the folder."""
