"""Whose turn it is: voice activity, ends of turns, back-channels.

`vad` tells speech from other sound, frame by frame, and `speech_level` how far it stands over the room. `endpoint`
makes of it the beginning and end of an utterance; how long it waits depends on a judge (`turn_end`): the words so far,
by the tables of `turn_words`, or by ear (`smart_turn`). `backchannel` knows what is said only to show that one listens,
`stop_words` what only stops the assistant.
"""
