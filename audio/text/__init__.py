"""From written text to text that can be spoken, cut into phrases."""
