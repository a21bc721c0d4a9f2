"""The workbook as students get it, without solutions, and the solutions for afterwards."""
