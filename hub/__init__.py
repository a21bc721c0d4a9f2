"""JupyterHub for a class: its configuration, and a demo of it."""
