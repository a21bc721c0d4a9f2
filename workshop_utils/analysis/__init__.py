"""What networks see, and what they make of changed images."""
