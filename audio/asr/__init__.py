"""Sound in, words out: speech recognition while somebody speaks.

`recognizer` says what a recogniser is and `hypothesis` what it tells on the way; `choose` takes one of the two:

whisper_asr        faster-whisper, pass after pass over a `sound_window`, as its `pass_budget` allows; `whisper_folder`
                   finds the model, `whisper_model` runs it as `whisper_options` say, `invented` drops what nobody said
pocketsphinx_asr   the fallback; `stable_words` are told on the way, `noise_floor` and `cepstral_mean` help it to hear

Both commit words on which two passes agree (`local_agreement`). `transcript` writes numbers as digits, and `settled`
knows which words are written for good.
"""
