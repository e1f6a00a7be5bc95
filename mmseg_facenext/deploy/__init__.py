"""Trained models to files that run without PyTorch, each checked against PyTorch; `runtimes` runs them."""
