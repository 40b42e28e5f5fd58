"""Answers to the exercises of *five sources*, right and wrong."""

from softmax_lib import one_hot, softmax


def layout(O, y, V, b, lam):
    error = softmax(O @ V + b) - one_hot(y, len(b))
    return O.T @ error + 2 * lam * V, error.sum(axis=0)


ANSWERS = {
    "note_001": (
        {"fail": (2, 6, 8, 13, 14)},
        [({"fail": (6, 7)}, "taken back"),
         ({"fail": (2, 5)}, "1 of the 2 named do fail, and 4 more")],
    ),
    "note_002": ({"fail": (1, 2, 7, 10)}, [({"fail": (7, 8)}, "the line before it")]),
    "note_003": (
        {"fail": (8, 32, 35, 36, 37, 38)}, [({"fail": (9, 32)}, "true of the gradient")]
    ),
    "note_004": ({"fail": (6, 12, 13, 14)}, [({"fail": 22}, "symmetric")]),
    "in_a_result": (
        {"note_000": 40, "note_001": 14, "note_003": 32}, [({"note_003": 38}, "a sentence")]
    ),
    "sixth_note": ({"slips": (3, 4)}, [({"slips": 3}, "cancel")]),
    "claims": (
        {"true_class": True, "others": False}, [({"others": True}, "three classes")]
    ),
    "another_layout": ({"gradients": layout}, []),
}  # fmt: skip
