"""The HTTP door for programs: OpenAI's chat completions over the running engine, and what a server needs around them.

Where to read on: requests, transcript (what is asked) → generation, course, stop (what the engine makes of it) →
responses, event_stream, chat (what is told) → door (the application under `/v1`). Around it: keys, allowance, guard,
errors (who may ask, and how a refusal is told), metrics, health, logs (who watches).

Requests share the engine's steps with all other conversations, the page's too. Nothing is stored: a program brings the
conversation with every request, as the API has it.
"""
