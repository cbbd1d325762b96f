"""Augmentation of rows that are images: new images with the same labels, drawn anew in each epoch."""

from .compose import Compose
from .transforms import Elastic, HorizontalFlip, RandomCrop, Rotate, Shift, Transformation

__all__ = ["Compose", "Elastic", "HorizontalFlip", "RandomCrop", "Rotate", "Shift", "Transformation"]
