"""Grading a class with nbgrader: release, submissions, grading, report."""
