"""Philox, masks and inverted dropout."""

import numpy as np
import pytest

import cregnet
from twins import SHAPES, check_cases, reals

KEEP = (1e-6, 0.14, 0.5, 0.86, 0.999999, 1.0)


def philox_cases(rng, dtype):
    for n in (0, 1, 5, 100):
        words = rng.integers(0, 2**32, size=(n, 4), dtype=np.uint32)
        yield words, rng.integers(0, 2**32, size=2, dtype=np.uint32), np.zeros((n, 4), np.uint32)


def words_cases(rng, dtype):
    for n in (0, 1, 3, 4, 5, 1000):
        yield (
            n,
            int(rng.integers(2**63)),
            int(rng.integers(5)),
            3,
            int(rng.integers(2**40)),
            np.zeros(n, np.uint32),
        )


def mask_cases(rng, dtype):
    for number, shape in enumerate(SHAPES):
        keep_prob, D = KEEP[number % len(KEEP)], np.zeros(shape, np.uint8)
        yield shape, keep_prob, 2**63 + number, number % 7, number * 10**8, D


def dropout_cases(rng, dtype):
    for number, shape in enumerate(SHAPES):
        D = rng.integers(0, 2, size=shape).astype(np.uint8)
        yield reals(rng, *shape, dtype=dtype), D, KEEP[1 + number % 5], np.zeros(shape, dtype)


CASES = {
    "philox": philox_cases,
    "random_words": words_cases,
    "dropout_mask": mask_cases,
    "dropout": dropout_cases,
    "dropout_backward": dropout_cases,
}


@pytest.mark.parametrize("name", CASES)
def test_twins(core, dtype, name):
    check_cases(core, name, CASES[name](np.random.default_rng(1), dtype))


# The known-answer file of the Random123 distribution (kat_vectors), philox4x32 with 10 rounds.
VECTORS = [
    ("00000000 00000000 00000000 00000000", "00000000 00000000", "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ("ffffffff ffffffff ffffffff ffffffff", "ffffffff ffffffff", "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    ("243f6a88 85a308d3 13198a2e 03707344", "a4093822 299f31d0", "d16cfe09 94fdcceb 5001e420 24126ea1"),
]


@pytest.mark.parametrize(("counter", "key", "expected"), VECTORS)
@pytest.mark.parametrize("where", ["core", "twin"])
def test_philox_known_answers(core, where, counter, key, expected):
    def words(text):
        return np.array([int(word, 16) for word in text.split()], np.uint32)

    out = np.zeros((1, 4), np.uint32)
    (core if where == "core" else cregnet.reference).philox(words(counter)[None], words(key), out)
    np.testing.assert_array_equal(out[0], words(expected))


@pytest.mark.parametrize("keep_prob", [0.01, 0.14, 0.5, 0.86, 0.99])
def test_mask_frequency(core, keep_prob):
    D = core.dropout_mask((1000, 1000), keep_prob, 12345, 1, 7)
    error = np.sqrt(keep_prob * (1 - keep_prob) / D.size)
    assert abs(D.mean() - keep_prob) < 4 * error
    # no unit and no example is favoured: row and column means have the variance of chance
    for axis in (0, 1):
        spread = D.mean(axis=axis).var() / (keep_prob * (1 - keep_prob) / 1000)
        assert 0.8 < spread < 1.2


def test_masks_of_steps_layers_and_seeds_are_independent(core):
    masks = []
    for seed, layer, step in ((0, 0, 0), (1, 0, 0), (0, 1, 0), (0, 0, 1), (2**32, 0, 0)):
        D = core.dropout_mask((200, 200), 0.5, seed, layer, step)
        masks.append(D.ravel() - 0.5)
    correlation = np.corrcoef(masks) - np.eye(len(masks))
    assert np.abs(correlation).max() < 4 / np.sqrt(200 * 200)


def test_a_draw_does_not_depend_on_the_size_of_the_mask(core):
    small, large = (core.dropout_mask(shape, 0.5, 3, 1, 4) for shape in ((5, 17), (50, 300)))
    np.testing.assert_array_equal(small, large[:5, :17])


def test_keep_prob_of_one_keeps_everything(core):
    assert core.dropout_mask((7, 33), 1.0, 0, 0, 0).all()


@pytest.mark.parametrize("keep_prob", [0.0, 1.1, -0.5, float("nan")])
def test_keep_prob_outside_is_refused(core, keep_prob):
    with pytest.raises(ValueError, match=r"keep_prob is .*, wanted 0 < keep_prob <= 1"):
        core.dropout_mask((2, 2), keep_prob, 0, 0, 0)
    for kernel in (core.dropout, core.dropout_backward):
        with pytest.raises(ValueError, match=r"keep_prob is .*, wanted 0 < keep_prob <= 1"):
            kernel(np.ones((2, 2)), np.ones((2, 2), np.uint8), keep_prob)


def test_expected_activation_is_kept(core):
    D = core.dropout_mask((500, 500), 0.8, 1, 0, 0)
    A = core.dropout(np.ones((500, 500)), D, 0.8)
    assert set(np.unique(A)) == {0.0, 1.25}
    assert abs(A.mean() - 1) < 4 * 0.5 / 500


def test_dropped_infinity_is_zero(core, dtype):
    A = np.full((1, 20), np.inf, dtype)
    np.testing.assert_array_equal(core.dropout(A, np.zeros((1, 20), np.uint8), 0.5), 0)
    assert np.isinf(A).all()
    assert core.dropout(A, np.zeros((1, 20), np.uint8), 0.5, A) is A
    np.testing.assert_array_equal(A, 0)


def test_purpose_and_layer_must_fit_their_word(core):
    for purpose, layer, message in (
        (16, 0, "purpose is 16, wanted a whole number from 0 to 15"),
        (0, 2**28, "layer is 268435456, wanted a whole number from 0 to 268435455"),
    ):
        with pytest.raises(ValueError, match=message):
            core.random_words(4, 0, purpose, layer, 0)
