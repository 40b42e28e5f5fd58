"""For each check of an exercise a right answer, and wrong ones with a word of their hint.

A module for each chapter, as in `softmax_lib.exercises`.
"""

import importlib
import pkgutil

ANSWERS = {
    f"{module.name}.{name}": answers
    for module in pkgutil.iter_modules(__path__)
    if module.name != "solutions"
    for name, answers in importlib.import_module(f"{__name__}.{module.name}").ANSWERS.items()
}
