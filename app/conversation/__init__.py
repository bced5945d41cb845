"""A conversation: its turns, what is heard, thought, said and played, and what it tells its listeners.

Pure: `turns` (the turn machine) with `turn_state`, `happenings` and `turn_actions`; `turn_record`; `typed_further`.
Around it: `ear` and `listening` bring what is heard, `engine_link` the engine, `answer` and `mouth` what is said,
`turn_driver` carries out what the machine decides, `background` what nobody waits for, `outlet` takes `events` to
whoever reads them (`event_log` writes them down). `conversation` ties them together.
"""
