"""A class of made-up students on a hub, with what goes wrong: `make hub-demo`."""
