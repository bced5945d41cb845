"""Tiny random coqui models, built as coqui-tts itself saves them: the real loading path without a download.

Their speech is noise. Run in a process of its own, for `import TTS` changes the process it happens in:
`python -m tests.audio.tts.tiny_coqui FOLDER` writes FOLDER/vits, FOLDER/vits_speakers and FOLDER/xtts.
"""

import sys
from pathlib import Path
from typing import Any

import torch

TEXT_TOKENS = "abcdefghijklmnopqrstuvwxyz0123456789 .,!?'-"
CONTROL_TOKENS = ["[STOP]", "[UNK]", "[SPACE]", "[START]", "[en]", "[de]"]
SPEAKERS = ("Anna", "Bert")


def build_vits(folder: Path, speakers: tuple[str, ...] = ()) -> None:
    """A grapheme VITS, with these speakers if there are any."""
    from TTS.config.shared_configs import BaseAudioConfig
    from TTS.tts.configs.vits_config import VitsArgs, VitsConfig
    from TTS.tts.models.vits import Vits

    sizes: dict[str, Any] = {
        "hidden_channels": 32, "hidden_channels_ffn_text_encoder": 64, "num_heads_text_encoder": 2,
        "num_layers_text_encoder": 1, "num_layers_flow": 1, "num_layers_posterior_encoder": 1,
        "upsample_initial_channel_decoder": 32, "resblock_kernel_sizes_decoder": [3],
        "resblock_dilation_sizes_decoder": [[1, 3, 5]], "use_sdp": False, "init_discriminator": False,
    }  # fmt: skip
    if speakers:
        sizes |= {"use_speaker_embedding": True, "speaker_embedding_channels": 16}
    config = VitsConfig(
        model_args=VitsArgs(**sizes),
        audio=BaseAudioConfig(
            sample_rate=22050, win_length=1024, hop_length=256, num_mels=80, mel_fmin=0, mel_fmax=None
        ),
        text_cleaner="english_cleaners",
        use_phonemes=False,
        phoneme_language="en-us",
        use_speaker_embedding=bool(speakers),
        speakers=list(speakers),
        run_eval=False,
    )
    _save(folder, config, Vits(config))


def build_xtts(folder: Path) -> None:
    """An XTTS that has two voices and can clone another."""
    from tokenizers import Tokenizer, models, pre_tokenizers
    from TTS.tts.configs.xtts_config import XttsArgs, XttsConfig
    from TTS.tts.layers.xtts.tokenizer import VoiceBpeTokenizer
    from TTS.tts.models.xtts import Xtts

    folder.mkdir(parents=True)
    vocabulary = {token: number for number, token in enumerate([*CONTROL_TOKENS, *TEXT_TOKENS])}
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[], unk_token="[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.add_special_tokens(CONTROL_TOKENS)
    tokenizer.save(str(folder / "vocab.json"))
    arguments = XttsArgs(
        gpt_layers=2, gpt_n_model_channels=64, gpt_n_heads=2, gpt_max_audio_tokens=60, gpt_max_text_tokens=300,
        gpt_max_prompt_tokens=70, gpt_num_audio_tokens=130, gpt_start_audio_token=128, gpt_stop_audio_token=129,
        decoder_input_dim=64, gpt_use_perceiver_resampler=True, tokenizer_file=str(folder / "vocab.json"),
    )  # fmt: skip
    config = XttsConfig(model_args=arguments, languages=["en", "de"])
    model = Xtts(config)
    model.tokenizer = VoiceBpeTokenizer(vocab_file=folder / "vocab.json")
    model.init_models()
    _save(folder, config, model)
    voices = {
        name: {"gpt_cond_latent": torch.randn(1, 32, 64), "speaker_embedding": torch.randn(1, 512, 1)}
        for name in SPEAKERS
    }
    torch.save(voices, folder / "speakers_xtts.pth")


def _save(folder: Path, config: Any, model: Any) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    config.save_json(str(folder / "config.json"))
    torch.save({"model": model.state_dict(), "config": config.to_dict()}, folder / "model.pth")


def main(folder: Path) -> None:
    torch.manual_seed(0)
    build_vits(folder / "vits")
    build_vits(folder / "vits_speakers", SPEAKERS)
    build_xtts(folder / "xtts")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
