"""Pages, slides and the explorer."""
