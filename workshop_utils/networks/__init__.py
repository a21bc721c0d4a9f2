"""The networks of the workbook, and running them."""
