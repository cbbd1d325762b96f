"""Choosing hyper-parameters: search and the learning-rate range test."""
