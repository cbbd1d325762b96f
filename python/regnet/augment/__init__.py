"""Augmentation of rows that are images: other pictures with the same labels, drawn anew in each epoch."""

from .transforms import Compose, Elastic, HorizontalFlip, RandomCrop, Rotate, Shift, Transformation

__all__ = ["Compose", "Elastic", "HorizontalFlip", "RandomCrop", "Rotate", "Shift", "Transformation"]
