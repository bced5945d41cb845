"""Phrases in, sound with word positions out: speech synthesis in worker processes.

`synthesizer` says what a synthesizer is; `choose` takes espeak-ng or coqui. On our side, `worker` owns the process of a
voice (`worker_process`), `worker_stream` is the sound of one phrase, whatever happens to that process (`splice`), and
`shaping` makes it what everybody above gets; `coqui` and `coqui_folder` find a coqui model and what it lacks. In the
process, `worker_main` takes commands (`worker_protocol`) and speaks with espeak-ng (`espeak_process`, `espeak`,
`espeak_voices`) or coqui (`coqui_process` and the other `coqui_*`). `word_estimate` guesses where words begin if a
voice does not tell.
"""
