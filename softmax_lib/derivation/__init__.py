"""LaTeX equations, evaluated: see `check_derivation`."""

from .parser import DerivationError
from .report import Report, Step, check_derivation
from .vocabulary import BOOK, Symbol, Vocabulary

__all__ = ["BOOK", "DerivationError", "Report", "Step", "Symbol", "Vocabulary", "check_derivation"]
