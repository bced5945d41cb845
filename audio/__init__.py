"""Sound ↔ text: voice activity, endpointing, speech recognition, speech synthesis, and what lies between.

The way in: `listen` takes the sound of one stream and tells what happens in it (`events`). It asks `turns` whether
there is a voice and whether its turn is over, and has `asr` hear the words. The way out: `text` makes of an answer
phrases that can be spoken, `tts` speaks them, and `heard` tells how much of them was heard when the sound stopped.

asr/      sound in, words out, while somebody speaks
turns/    whose turn it is: voice activity, ends of turns, back-channels
text/     from written text to text that can be spoken
tts/      phrases in, sound with word positions out
listen    the listener: all of the way in, for one stream
heard     from samples played back to characters of the answer
pcm, wav  sound as arrays of samples, and as files
inventory, found   all that could hear and speak here, and what is missing

This package knows nothing of models that think, of conversations, or of user interfaces. The time of sound is
counted in samples of the stream, never read from a clock. Sound comes in as 16 kHz mono int16 and leaves as 24 kHz mono
int16.
"""
