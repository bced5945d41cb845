"""The desktop client: a local microphone and loudspeaker, and a terminal, tied to one conversation.

Pure parts, which are told the time: `ring`, `playback`, `clock`, `player` (sound out); `meter`, `ears`, `reference`
(sound in); `hold`, `keys` (the keyboard); `devices` (which one is meant), `watch` (is it still there); `screen` (what
is shown). Shells: `sound_card` (PortAudio), `echo` (WebRTC), `terminal`. `sound` and `client` tie them together,
`session` starts it.
"""
