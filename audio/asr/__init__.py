"""Sound in, words out: speech recognition while somebody speaks."""
