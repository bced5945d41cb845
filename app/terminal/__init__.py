"""Chat in a terminal: keys in, thoughts and answer side by side out."""

QUIT = "/quit"
