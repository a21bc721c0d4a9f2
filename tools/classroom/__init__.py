"""A class of kernels at once, what they need, and the page that tells so."""
