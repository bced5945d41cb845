"""Sound ↔ text: voice activity, endpointing, speech recognition, speech synthesis, and what lies between.

This package knows nothing of models that think, of conversations, or of user interfaces. Time in here is counted in
samples of the stream, never read from a clock. Sound comes in as 16 kHz mono int16 and leaves as 24 kHz mono int16.
"""
