"""The model: layers, initial weights and penalties; prediction, metrics, compression and files of models."""
