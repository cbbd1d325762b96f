"""What every kernel refuses: memory shared with what it writes, misaligned arrays, None, 1.9 for 1.

Everything is derived from the list of kernels, their cases and their signatures.
"""

import inspect
import itertools

import numpy as np
import pytest

import cregnet
import cregnet.reference
from twins import assert_same, cases_of_family

NAMES = [(family, name) for family, names in cregnet.KERNELS.items() for name in names]
IN_PLACE = {  # (output, input) that may be the same array
    **{name: {("A", "Z")} for name in cregnet.KERNELS["activation"] if not name.endswith("_backward")},
    **{
        name: {("dZ", "dA"), ("dZ", "A")}
        for name in cregnet.KERNELS["activation"]
        if name.endswith("_backward")
    },
    "binary_cross_entropy": {("dZ", "Z")},
    "categorical_cross_entropy": {("dZ", "Z")},
    "squared_error": {("dA", "A")},
    "batch_norm_fold": {("W_out", "W")},
    "philox": {("out", "counter")},
}


def cases_of(family, name):
    """Arguments by name, of cases whose arrays have more than one element; some of a network's are empty."""
    cases = cases_of_family(family)[name]
    names = list(inspect.signature(getattr(cregnet, name)).parameters)
    for case in cases(np.random.default_rng(1), np.dtype(np.float64)):
        sizes = [a.size for a in case if isinstance(a, np.ndarray)]
        if 1 not in sizes and (family == "network" or 0 not in sizes):
            yield dict(zip(names, case, strict=False))


def arguments(family, name):
    """The one of them with the fewest empty arrays."""
    return max(cases_of(family, name), key=lambda values: len(arrays_of(values)))


def arrays_of(values):
    return [name for name, value in values.items() if isinstance(value, np.ndarray) and value.size]


def fresh(values):
    return {name: v.copy() if isinstance(v, np.ndarray) else v for name, v in values.items()}


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_the_same_array_twice_is_refused_or_agrees_with_the_twin(core, family, name):
    values = arguments(family, name)
    accepted, refused = set(), set()
    for first, second in itertools.permutations(arrays_of(values), 2):
        if values[first].shape != values[second].shape or values[first].dtype != values[second].dtype:
            continue
        ours, theirs = fresh(values), fresh(values)
        ours[second], theirs[second] = ours[first], theirs[first]
        before = fresh(ours)
        try:
            our_result = getattr(core, name)(**ours)
        except ValueError as error:
            named = {f"{first} shares memory with {second}", f"{second} shares memory with {first}"}
            refused.add((first, second, str(error).split(",")[0] in named))
            for argument in arrays_of(values):
                assert_same(ours[argument], before[argument], f"{argument} after a refusal")
            continue
        accepted.add((first, second))
        with np.errstate(all="ignore"):
            their_result = getattr(cregnet.reference, name)(**theirs)
        if our_result is not None:
            assert_same(our_result, their_result, "the result", dtype=np.float64)
        for argument in arrays_of(values):
            assert_same(ours[argument], theirs[argument], f"{argument} with {second} = {first}")
    allowed = IN_PLACE.get(name, set())
    assert all(named for *_, named in refused)
    assert not allowed & {pair[:2] for pair in refused}
    assert allowed <= accepted


def overlapping(first, second):
    """Copies of two arrays that share memory, the second a little further on."""
    step = second.itemsize
    memory = np.zeros(first.nbytes + second.nbytes + 128, np.uint8)
    start = -memory.ctypes.data % 64
    places = (start, start + -(-step // first.itemsize) * max(step, first.itemsize))
    found = []
    for array, at in zip((first, second), places, strict=True):
        found.append(memory[at : at + array.nbytes].view(array.dtype).reshape(array.shape))
    found[0][...] = first
    return found


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_a_partial_overlap_with_what_is_written_is_refused(core, family, name):
    values = arguments(family, name)
    written = outputs(family, name)
    assert written or name == "penalty"
    for output, other in itertools.product(written, arrays_of(values)):
        if output == other or output not in arrays_of(values):
            continue
        given = fresh(values)
        given[output], given[other] = overlapping(given[output], given[other])
        assert np.shares_memory(given[output], given[other])
        with pytest.raises(ValueError, match="shares memory with"):
            getattr(core, name)(**given)


def outputs(family, name):
    """What the twin changes in some case."""
    changed = set()
    for values in itertools.islice(cases_of(family, name), 20):
        before = fresh(values)
        with np.errstate(all="ignore"):
            getattr(cregnet.reference, name)(**values)
        changed |= {a for a in arrays_of(values) if before[a].tobytes() != values[a].tobytes()}
    return sorted(changed)


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_misaligned_arrays_are_refused(core, family, name):
    values = arguments(family, name)
    for argument in arrays_of(values):
        array = values[argument]
        if array.itemsize == 1:
            continue
        memory = np.zeros(array.nbytes + 1, np.uint8)
        crooked = memory[1:].view(array.dtype).reshape(array.shape)
        crooked[...] = array
        assert not crooked.flags.aligned
        with pytest.raises(ValueError, match=rf"^{argument} is not aligned: .* np.require\({argument}, "):
            getattr(core, name)(**(fresh(values) | {argument: crooked}))


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_none_is_no_array(core, family, name):
    values = arguments(family, name)
    for argument, value in values.items():
        if isinstance(value, np.ndarray):
            with pytest.raises(TypeError):
                getattr(core, name)(**(fresh(values) | {argument: None}))


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_integers_are_whole_numbers(core, family, name):
    signature = inspect.signature(getattr(core, name)).parameters
    whole = [
        n
        for n in ("seed", "layer", "step", "purpose", "first", "t", "n_threads", "n_examples", "epoch")
        if n in signature
    ] + [n for n in ("batch_size", "first_step") if n in signature]
    for argument in whole:
        given = fresh(arguments(family, name)) | {argument: 1.9}
        with pytest.raises(TypeError, match=f"{argument} is 1.9, wanted a whole number"):
            getattr(core, name)(**given)
        with pytest.raises(ValueError, match=f"{argument} is -1, wanted a whole number"):
            getattr(core, name)(**(given | {argument: -1}))
        with pytest.raises(ValueError, match=f"{argument} is {2**64}, wanted a whole number from"):
            getattr(core, name)(**(given | {argument: 2**64}))
