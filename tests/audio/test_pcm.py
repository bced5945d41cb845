"""Sound in: any WAV file becomes 16 kHz mono int16, and what is not sound is refused with a reason."""

import itertools
import struct
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.errors import EmptyAudio, NotAudio
from audio.pcm import INPUT_RATE_HZ, StreamResampler, read_wav, resample, to_pcm, write_wav
from audio.wav import EXTENSIBLE, FLOATS, INTEGERS


def tone(rate_hz: int, duration_s: float = 0.5, frequency_hz: float = 440.0) -> np.ndarray:
    time_s = np.arange(round(rate_hz * duration_s)) / rate_hz
    return 0.5 * np.sin(2 * np.pi * frequency_hz * time_s)


def packed(samples: np.ndarray, coding: int, bits: int) -> bytes:
    """Floats in [−1, 1] as raw samples of one WAV format."""
    match coding, bits:
        case 1, 8:
            return (samples * 127 + 128).astype(np.uint8).tobytes()
        case 1, 24:
            whole = (samples * (2**23 - 1)).astype("<i4")
            return whole.view(np.uint8).reshape(-1, 4)[:, :3].tobytes()
        case 1, _:
            return (samples * (2.0 ** (bits - 1) - 1)).astype(f"<i{bits // 8}").tobytes()
        case _:
            return samples.astype(f"<f{bits // 8}").tobytes()


def wav_file(
    path: Path, body: bytes, coding: int, bits: int, rate_hz: int, channels: int = 1, extensible: bool = False
) -> Path:
    block = channels * bits // 8
    form = struct.pack("<HHIIHH", EXTENSIBLE if extensible else coding, channels, rate_hz, rate_hz * block, block, bits)
    if extensible:
        form += struct.pack("<HHIH", 22, bits, 0, coding) + b"\x00" * 14
    odd_chunk = b"LIST" + struct.pack("<I", 3) + b"abc\x00"
    chunks = b"WAVE" + odd_chunk + b"fmt " + struct.pack("<I", len(form)) + form
    chunks += b"data" + struct.pack("<I", len(body)) + body
    path.write_bytes(b"RIFF" + struct.pack("<I", len(chunks)) + chunks)
    return path


@pytest.mark.parametrize("extensible", [False, True])
@pytest.mark.parametrize(
    ("coding", "bits"), [(INTEGERS, 8), (INTEGERS, 16), (INTEGERS, 24), (INTEGERS, 32), (FLOATS, 32), (FLOATS, 64)]
)
def test_every_sample_format_reads_as_the_same_sound(tmp_path: Path, coding: int, bits: int, extensible: bool) -> None:
    sound = tone(INPUT_RATE_HZ)
    path = wav_file(tmp_path / "a.wav", packed(sound, coding, bits), coding, bits, INPUT_RATE_HZ, 1, extensible)
    allowed = 400 if bits == 8 else 2
    assert np.abs(read_wav(path) - sound * 32_768).max() <= allowed


@pytest.mark.parametrize("rate_hz", [8_000, 22_050, 44_100, 48_000])
def test_every_rate_reads_as_the_same_tone(tmp_path: Path, rate_hz: int) -> None:
    path = wav_file(tmp_path / "a.wav", packed(tone(rate_hz), INTEGERS, 16), INTEGERS, 16, rate_hz)
    pcm = read_wav(path)
    assert abs(len(pcm) - INPUT_RATE_HZ / 2) <= 2
    strongest_hz = np.argmax(np.abs(np.fft.rfft(pcm))) * INPUT_RATE_HZ / len(pcm)
    assert abs(strongest_hz - 440) <= 2


def test_channels_are_averaged(tmp_path: Path) -> None:
    stereo = np.stack([np.full(1000, 0.5), np.full(1000, -0.25)], axis=1).reshape(-1)
    path = wav_file(tmp_path / "a.wav", packed(stereo, INTEGERS, 16), INTEGERS, 16, INPUT_RATE_HZ, channels=2)
    assert np.abs(read_wav(path) - 0.125 * 32_768).max() <= 2


def test_what_is_written_is_read_back(tmp_path: Path) -> None:
    pcm = (tone(INPUT_RATE_HZ) * 32_767).astype(np.int16)
    write_wav(tmp_path / "a.wav", pcm, INPUT_RATE_HZ)
    assert np.array_equal(read_wav(tmp_path / "a.wav"), pcm)


def test_a_file_cut_off_in_the_middle_gives_what_is_there(tmp_path: Path) -> None:
    pcm = (tone(INPUT_RATE_HZ) * 32_767).astype(np.int16)
    write_wav(tmp_path / "a.wav", pcm, INPUT_RATE_HZ)
    whole = (tmp_path / "a.wav").read_bytes()
    (tmp_path / "cut.wav").write_bytes(whole[: len(whole) // 2 + 1])
    cut = read_wav(tmp_path / "cut.wav")
    assert len(cut) > 1000
    assert np.array_equal(cut, pcm[: len(cut)])


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "it is empty"),
        (b"ID3\x04rest of an mp3", "MP3"),
        (b"OggS and more of it", "Ogg"),
        (b"hello, this is text", "starts with b'hell'"),
        (b"RIFF\x10\x00\x00\x00WAVE", "no data chunk"),
        (b"RIFF\x10\x00\x00\x00WAVEdata\x00\x00\x00\x00", "before its format"),
        (b"RIFF\x10\x00\x00\x00WAVEfmt \x02\x00\x00\x00ab" + b"data\x00\x00\x00\x00", "format chunk has 2 bytes"),
    ],
)
def test_what_is_no_wav_file_is_refused_with_the_reason(tmp_path: Path, content: bytes, reason: str) -> None:
    path = tmp_path / "a.wav"
    path.write_bytes(content)
    with pytest.raises(NotAudio, match=reason):
        read_wav(path)


def test_a_compressed_wav_file_is_refused_by_its_name(tmp_path: Path) -> None:
    path = wav_file(tmp_path / "a.wav", b"12345678", 0x0007, 8, 8000)
    with pytest.raises(NotAudio, match=r"mu-law.*ffmpeg"):
        read_wav(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAudio, match="No such file"):
        read_wav(tmp_path / "nothing.wav")


def test_a_file_without_samples_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EmptyAudio):
        read_wav(wav_file(tmp_path / "a.wav", b"", INTEGERS, 16, INPUT_RATE_HZ))


@given(st.binary(max_size=200))
def test_no_damaged_file_fails_in_another_way(tmp_path_factory: pytest.TempPathFactory, tail: bytes) -> None:
    path = tmp_path_factory.getbasetemp() / "damaged.wav"
    path.write_bytes(b"RIFF\x00\x01\x00\x00WAVEfmt \x10\x00\x00\x00" + tail)
    try:
        pcm = read_wav(path)
    except (NotAudio, EmptyAudio):
        return
    assert pcm.dtype == np.int16


def test_floats_out_of_range_are_clipped_and_nan_is_silence() -> None:
    sound = np.array([np.nan, np.inf, -np.inf, 3.0, -3.0, 0.5], np.float32)
    assert to_pcm(sound).tolist() == [0, 32_767, -32_768, 32_767, -32_768, 16_384]


def test_sound_of_another_type_is_refused() -> None:
    with pytest.raises(TypeError, match="int16 or floats"):
        to_pcm(np.zeros(10, np.int32))


@pytest.mark.parametrize(("from_hz", "to_hz"), [(22_050, 24_000), (24_000, 16_000), (48_000, 16_000), (16_000, 16_000)])
def test_a_stream_resampled_in_chunks_is_the_whole_resampled(from_hz: int, to_hz: int) -> None:
    pcm = (tone(from_hz) * 20_000).astype(np.int16)
    stream = StreamResampler(from_hz, to_hz)
    cuts = [0, 1, 1, 700, 2000, len(pcm)]
    parts = [stream.push(pcm[start:end], last=end == len(pcm)) for start, end in itertools.pairwise(cuts)]
    joined, whole = np.concatenate(parts), resample(pcm, from_hz, to_hz)
    assert abs(len(joined) - len(whole)) <= 1
    shared = min(len(joined), len(whole))
    assert np.abs(joined[:shared].astype(int) - whole[:shared]).max() <= 3
