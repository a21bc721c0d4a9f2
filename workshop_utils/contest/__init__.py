"""How good a network gets in some minutes: an entry, a referee, a board, and the ladder."""
