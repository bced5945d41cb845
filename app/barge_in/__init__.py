"""A barge-in without amnesia, measured on the whole program: `python -m app.barge_in`.

`pulse` is a sound card of software, `recording` what is heard at it, `talk_process` the real client in a terminal,
`witnessed_talk` that client's process and `witness` what is watched inside it; `trial` asks, interrupts and listens,
`fit` finds sounds in recordings, `figures` sums up.
"""
