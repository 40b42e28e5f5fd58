"""LaTeX derivations, evaluated step by step: see `check_derivation`."""

from .check.derivation import check_derivation
from .report import Report, Step
from .syntax import DerivationError
from .vocabulary import Symbol, Vocabulary

__all__ = ["DerivationError", "Report", "Step", "Symbol", "Vocabulary", "check_derivation"]
