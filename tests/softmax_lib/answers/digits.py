"""Answers to the exercises of *digits*, right and wrong."""

BEFORE = [0.96, 0.4, 0.3, 0.3, 0.4]

ANSWERS = {
    "all_right": ({"M": 381}, [({"M": 380}, "round up"), ({"M": 299}, "lower end")]),
    "copies": ({"higher": "with copies", "chance": 1 / 16}, [({"chance": 1 / 64}, "itself")]),
    "temperature": ({"second": 8 / 3}, [({"second": 8}, "not their sum")]),
    "paired": ({"together": 0.0784, "apart": 0.112}, [({"together": 0.08}, "square of the")]),
    "luckiest": (
        {"average": 0.95, "chosen": 0.972, "fresh": 0.958},
        [({"average": 0.95, "chosen": 0.972, "fresh": 0.972}, "other half"),
         ({"average": 0.95, "chosen": 0.94, "fresh": 0.93}, "maximum")],
    ),
    "moved_images": (
        {"before": BEFORE, "after": [0.91, 0.8, 0.8, 0.7, 0.8]},
        [({"before": BEFORE, "after": [0.95, 0.4, 0.3, 0.3, 0.4]}, "gain"),
         ({"before": BEFORE, "after": [0.97, 0.8, 0.8, 0.7, 0.8]}, "price")],
    ),
    "two_pixels": (
        {"probability": 0.5, "feature": lambda a, b: a * b},
        [({"probability": 0.5, "feature": lambda a, b: a + b}, "any linear"),
         ({"probability": 1, "feature": lambda a, b: ...}, "feature: nothing here yet"),
         ({"probability": 1, "feature": min}, "all four"),
         ({"probability": 0.5, "feature": lambda a, b: None}, "a number")],
    ),
    "timid": ({"slope": -0.5}, [({"slope": -0.25}, "half")]),
}  # fmt: skip
