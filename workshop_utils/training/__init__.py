"""The training loops, and what is kept of a training."""
