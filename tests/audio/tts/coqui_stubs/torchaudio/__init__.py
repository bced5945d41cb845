"""Stands in for torchaudio where only its builds for CUDA can be had: what XTTS's way from a WAV file to a voice uses.

The mel filters are librosa's, which torchaudio's are made after (Slaney's norm, HTK's scale).
"""

import types

import librosa
import torch

__version__ = "0.0.0+stub"


class _MelSpectrogram(torch.nn.Module):
    def __init__(
        self, sample_rate=16000, n_fft=400, win_length=None, hop_length=None, f_min=0.0, f_max=None, n_mels=128,
        power=2.0, normalized=False, norm=None, window_fn=torch.hann_window, **unused,
    ):  # fmt: skip
        super().__init__()
        assert not normalized
        win_length = win_length or n_fft
        self._sizes, self._power = (n_fft, hop_length or win_length // 2, win_length), power
        filters = librosa.filters.mel(
            sr=sample_rate, n_fft=n_fft, n_mels=n_mels, fmin=f_min, fmax=f_max, htk=True, norm=norm
        )
        self.register_buffer("_filters", torch.from_numpy(filters), persistent=False)
        self.register_buffer("_window", window_fn(win_length), persistent=False)

    def forward(self, waveform):
        spectrum = torch.stft(waveform, *self._sizes, self._window, return_complex=True)
        return self._filters @ spectrum.abs() ** self._power


def _resample(waveform, orig_freq, new_freq):
    assert orig_freq == new_freq, "resampled before"
    return waveform


class _Missing:
    def __init__(self, *_, **__):
        raise RuntimeError("the stub of torchaudio has not this")


transforms = types.SimpleNamespace(MelSpectrogram=_MelSpectrogram, Resample=_Missing, Vad=_Missing)
functional = types.SimpleNamespace(resample=_resample)


def load(*_, **__):
    raise RuntimeError("the stub of torchaudio reads no files; Sotto reads them itself")
