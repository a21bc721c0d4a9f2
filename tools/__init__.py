"""What builds, checks, shows and measures the workbook; run as `python -m tools.…`."""
