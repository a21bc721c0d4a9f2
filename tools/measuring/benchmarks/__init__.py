"""What the workbook costs in seconds and memory, measured side by side with other ways."""
