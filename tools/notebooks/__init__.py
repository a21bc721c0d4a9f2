"""From the sources to executed notebooks and recorded results."""
