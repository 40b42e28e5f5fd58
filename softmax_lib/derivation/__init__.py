"""LaTeX equations, evaluated: see `check_derivation`."""

from .notes import NOTES
from .parser import DerivationError
from .report import Report, Step, check_derivation
from .vocabulary import BOOK, Symbol, Vocabulary

__all__ = [
    "BOOK",
    "NOTES",
    "DerivationError",
    "Report",
    "Step",
    "Symbol",
    "Vocabulary",
    "check_derivation",
]
