"""A page that runs a network in the browser, with every number to look at and to change."""
