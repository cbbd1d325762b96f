"""Data to play with: a football field made here, and the course's own file."""

from .data.datasets import load_football, make_football

__all__ = ["load_football", "make_football"]
