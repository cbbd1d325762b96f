"""What helps to choose hyper-parameters: search, the learning-rate range test, diagnosis."""
