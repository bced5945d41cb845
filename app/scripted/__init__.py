"""The scripted latency measurement: a script of spoken and typed turns is run in real time through the same way as the
page takes, with a virtual microphone and a virtual loudspeaker, and every delay is taken from what was really played.

script → sound → take (microphone, conversation, loudspeaker) → measures → table, report, timeline
"""
