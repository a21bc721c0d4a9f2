"""Exercises: for each a reference solution, known mistakes, and the check that a notebook calls."""
