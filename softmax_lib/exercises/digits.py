"""Checks of the exercises of *digits*."""

import numpy as np

from softmax_lib.exercises import judges


def all_right(M=...):
    z = 1.96
    return judges.values(
        M=(M, int(np.ceil(99 * z**2)), {
            "not quite enough: round up": int(99 * z**2),
            "that is 0.99 to the power M below 0.05; take the lower end of Wilson's": 299,
            "that is the lower end without z": 99,
            "that is more than enough: what is the lower end for a = 1?": int(100 * z**2)})
    )  # fmt: skip


def copies(higher=..., chance=...):
    return judges.values(
        higher=(higher, "with copies", {
            "the model has seen most of the test images": "honest"}),
        chance=(chance, 1 / 16, {"both of the two others": 1 / 4,
                                 "the image itself is in the test part already": 1 / 64,
                                 "that is the chance of a copy in training": 15 / 16,
                                 "in the test part, which is a quarter": 9 / 16}))  # fmt: skip


def temperature(second=...):
    s = np.array([2.0, 0.0, -2.0])
    r = np.full(3, 1 / 3)
    slips = {
        "that is the first derivative's expected score": 0.0,
        "the mean of the squares, not their sum": np.sum(s**2),
        "the deviation, not the variance": np.sqrt(r @ s**2),
        "each of the three scores has the probability 1/3": np.sum(s**2) / 2,
    }
    return judges.values(second=(second, r @ s**2 - (r @ s) ** 2, slips))


def paired(together=..., apart=...):
    a, b = np.repeat([1, 1, 0, 0], [90, 6, 2, 2]), np.repeat([1, 0, 1, 0], [90, 6, 2, 2])
    paired_variance, apart_variance = np.var(a - b), np.var(a) + np.var(b)
    return judges.values(
        together=(together, paired_variance, {
            "that is for independent test sets": apart_variance,
            "the square of the mean difference is to be taken away": np.mean((a - b) ** 2)}),
        apart=(apart, apart_variance, {
            "that is for the same images": paired_variance,
            "variances of independent numbers add, also for a difference": np.var(a) - np.var(b)}),
    )  # fmt: skip


@judges.example
def luckiest(average=..., chosen=..., fresh=...):
    yield all(0 < a < 1 for a in (average, chosen, fresh)), "three accuracies"
    yield chosen > average, "the winner is the best where it is chosen: take the maximum"
    yield abs(chosen - fresh) > 1e-9, "look at the winner on the other half"
    yield fresh < chosen, "the winner does better where it was not chosen: average many halves"


@judges.example
def moved_images(before=..., after=...):
    yield before.shape == after.shape == (5,), "five accuracies: unmoved, then four moves"
    yield ((after > 0) & (after <= 1)).all(), "accuracies between 0 and 1"
    yield before[0] > before[1:].max(), "the old model is best on unmoved images"
    yield (after[1:] > before[1:]).all(), "the moved images should gain: are they in training?"
    yield after[0] < before[0], "the unmoved images pay a price: are the labels repeated alike?"


def two_pixels(probability=..., feature=...):
    no_such_W = "that would be right for all four images, which no W is"
    training = judges.values(probability=(probability, 0.5, {no_such_W: 1.0}))
    images = (0, 0), (1, 1), (0, 1), (1, 0)
    found = [... if feature is ... else judges.outcome(feature, image) for image in images]
    told_apart = _told_apart(... if all(value is ... for value in found) else found)
    return judges.Verdict(training.lines | told_apart.lines)


@judges.example
def _told_apart(feature):
    each = feature.shape == (4,) and np.isfinite(feature).all()
    yield each, "the feature must give a number for each pair of pixels"
    told = "its values on the two pairs of images have the same sum, as any linear one"
    yield abs(feature @ [1, 1, -1, -1]) > 1e-12, told


def timid(slope=...):
    lam, squares = 0.01, 50.0
    return judges.values(
        slope=(slope, -lam * squares, {
            "where the whole gradient is zero, that of L is minus that of the penalty": 0.5,
            "the half of the penalty cancels": -lam * squares / 2,
            "only the penalised objective is at its minimum": 0.0}))  # fmt: skip
