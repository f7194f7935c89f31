"""Whether a text is of the kind that the models were trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from extractor.confidence.features import ReportFeatures

# A text may be this many times as strange as the strangest training text.
_MARGIN = 0.75
_LONGER = 5


@dataclass(frozen=True, slots=True)
class Domain:
    """Bounds of the training texts: words that several authors use, how many of a text's words are such, how many
    cues stand in a hundred words, and how many words a text has."""

    vocabulary: frozenset[str]
    least_known: float
    least_mentions: float
    most_words: int

    def outside(self, features: ReportFeatures) -> bool:
        """Whether the text lies outside the bounds; what the models say of it then means nothing."""
        return (
            features.length > self.most_words
            or _known(features, self.vocabulary) < self.least_known
            or _density(features) < self.least_mentions
        )


def fit_domain(texts: Sequence[tuple[str, ReportFeatures]]) -> Domain:
    """The domain of training texts, each with the author (or group) that wrote it."""
    users: dict[str, set[str]] = {}
    for group, features in texts:
        for word in features.words:
            users.setdefault(word, set()).add(group)
    vocabulary = frozenset(word for word, groups in users.items() if len(groups) > 1)
    return Domain(
        vocabulary,
        round(_MARGIN * min(_known(features, vocabulary) for _, features in texts), 4),
        round(_MARGIN / 2 * min(_density(features) for _, features in texts), 4),
        _LONGER * max(features.length for _, features in texts),
    )


def _known(features: ReportFeatures, vocabulary: frozenset[str]) -> float:
    return len(features.words & vocabulary) / max(1, len(features.words))


def _density(features: ReportFeatures) -> float:
    return 100 * features.mentions / max(1, features.length)
