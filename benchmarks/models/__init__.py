"""Real architectures as small random-weight models, for the demo, the benchmarks and the tests.

What may enter: rows of the table (one file a family), what builds them, and what compares two results.
Nothing here patches a model, registers anything or knows an exporter.
"""

from collections.abc import Mapping
from types import MappingProxyType

from benchmarks.models.audio_multimodal import AUDIO_MULTIMODAL
from benchmarks.models.compare import Difference, compare
from benchmarks.models.decoders import DECODE_STEPS, DECODERS
from benchmarks.models.deep import deep_models
from benchmarks.models.encoders import ENCODERS
from benchmarks.models.entry import FromTransformers, Model, Ranges, Sizes, constraints_of, evaluate, names_in
from benchmarks.models.recurrent import RECURRENT
from benchmarks.models.sequence_to_sequence import SEQUENCE_TO_SEQUENCE
from benchmarks.models.vision import VISION

# Read-only: a table that a program could change would be saved and compared at each export.
MODELS: Mapping[str, Model] = MappingProxyType(
    {
        model.name: model
        for family in (
            DECODERS,
            DECODE_STEPS,
            ENCODERS,
            SEQUENCE_TO_SEQUENCE,
            VISION,
            AUDIO_MULTIMODAL,
            RECURRENT,
        )
        for model in family
    }
)
"""Every model of the table by name."""

DEEP: Mapping[str, Model] = MappingProxyType(deep_models(MODELS))
"""The models whose export is timed."""

__all__ = [
    "DEEP",
    "MODELS",
    "Difference",
    "FromTransformers",
    "Model",
    "Ranges",
    "Sizes",
    "compare",
    "constraints_of",
    "evaluate",
    "names_in",
]
