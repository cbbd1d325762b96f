"""What tests of training share."""

import pytest

import regnet as rn


@pytest.fixture(params=["small pieces", "one piece"])
def pieces(request, monkeypatch):
    """Pieces of two or three batches, or of a whole epoch."""
    if request.param == "small pieces":
        monkeypatch.setattr(rn.training.augmented, "PIECE_BYTES", 1)
