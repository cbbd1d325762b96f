"""What every kernel refuses: memory shared with what it writes, None, 1.9 for 1."""

import inspect
import itertools

import numpy as np
import pytest

import cregnet
import cregnet.reference
from cregnet.spec import ACTIVATIONS, LOSSES
from kernels.calls import DOUBLE, NAMES, arguments, arrays_of, fresh, inputs, misaligned, outputs, written_by
from twins import assert_same, assert_same_results

IN_PLACE = {  # (output, input) that may be the same array
    **{name: {("A", "Z")} for name in ACTIVATIONS},
    **{name + "_backward": {("dZ", given) for given in inputs(name + "_backward")} for name in ACTIVATIONS},
    **{name: {("d" + inputs(name)[0], inputs(name)[0])} for name in LOSSES},
    "batch_norm": {("Zhat", "Z")},
    "batch_norm_backward": {("dZ", "dA")},
    "batch_norm_fold": {("W_out", "W")},
    "batch_norm_predict": {("A", "Z")},
    "dropout": {("out", "A")},
    "dropout_backward": {("out", "dA")},
    "gaussian_noise": {("out", "A")},
    "apply_factors": {("out", "A")},
    "soft_threshold": {("out", "W")},
    "max_norm": {("out", "W")},
    "clip_values": {("out", "gradient")},
    "clip_norm": {("out", "gradient")},
    "philox": {("out", "counter")},
}


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
        assert_same_results(our_result, their_result, dtype=DOUBLE)
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
    written = written_by(family, name)
    assert written or name == "penalty"
    for output, other in itertools.product(written, arrays_of(values)):
        if output == other or output not in arrays_of(values):
            continue
        given = fresh(values)
        given[output], given[other] = overlapping(given[output], given[other])
        assert np.shares_memory(given[output], given[other])
        with pytest.raises(ValueError, match="shares memory with"):
            getattr(core, name)(**given)


@pytest.mark.parametrize("name", cregnet.KERNELS["network"])
def test_the_network_works_on_copies_of_misaligned_arrays(core, name):
    values = arguments("network", name)
    expected = fresh(values)
    result = getattr(core, name)(**expected)
    for argument in arrays_of(values):
        given = fresh(values) | {argument: misaligned(values[argument])}
        assert_same_results(getattr(core, name)(**given), result)
        for other in arrays_of(values):
            assert_same(given[other], expected[other], other)


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_none_is_no_array(core, family, name):
    values = arguments(family, name)
    for argument, value in values.items():
        optional = argument in outputs(name) or (argument == "weight" and family == "loss")
        optional = optional or (argument in ("Y", "labels", "weight") and family == "network")
        if isinstance(value, np.ndarray) and not optional:
            with pytest.raises(TypeError):
                getattr(core, name)(**(fresh(values) | {argument: None}))


@pytest.mark.parametrize(("family", "name"), NAMES)
def test_integers_are_whole_numbers(core, family, name):
    parameters = inspect.signature(getattr(core, name)).parameters
    known = ("seed", "layer", "step", "purpose", "first", "t", "n_threads", "n_examples", "epoch", "n")
    for argument in [n for n in (*known, "n_classes", "batch_size", "first_step") if n in parameters]:
        given = fresh(arguments(family, name)) | {argument: 1.9}
        with pytest.raises(TypeError, match=f"{argument} is 1.9, wanted a whole number"):
            getattr(core, name)(**given)
        with pytest.raises(ValueError, match=f"{argument} is -1, wanted a whole number"):
            getattr(core, name)(**(given | {argument: -1}))
        with pytest.raises(ValueError, match=f"{argument} is {2**64}, wanted a whole number from"):
            getattr(core, name)(**(given | {argument: 2**64}))
