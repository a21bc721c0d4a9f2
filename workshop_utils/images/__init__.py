"""CIFAR-10 and its stand-in: found, read, kept, handed out in batches."""
