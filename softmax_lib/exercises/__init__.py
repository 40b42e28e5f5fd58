"""Checks of the book's exercises, a module for each chapter: right or not, and where to look.

A check takes answers by name and returns what it says of them, see `judges`. What is wanted is
computed, and never shown.
"""

import importlib
import pkgutil

for chapter in pkgutil.iter_modules(__path__):
    importlib.import_module(f"{__name__}.{chapter.name}")
