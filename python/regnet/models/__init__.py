"""The model: its layers, their initial weights and penalties; prediction, compression and files of models."""
