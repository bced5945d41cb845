"""A tiny random Whisper, built here and converted for faster-whisper: the real loading path without a download.

It hears nonsense. What matters is that every file is as faster-whisper expects it: control tokens in Whisper's order,
alignment heads in the generation config, and an empty string in the vocabulary, by which CTranslate2 tells a
multilingual model.
"""

import json
from pathlib import Path

LANGUAGE_COUNT = 99
SIZES = {
    "d_model": 64, "encoder_layers": 1, "decoder_layers": 1, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
    "encoder_ffn_dim": 64, "decoder_ffn_dim": 64,
}  # fmt: skip
BECOMES_EMPTY = "\u0120emptyentry"


def build_tiny_whisper(folder: Path) -> Path:
    """Writes the model; returns its folder, which holds the unconverted one as "hugging_face"."""
    from ctranslate2.converters import TransformersConverter

    source = folder / "hugging_face"
    _write_hugging_face_model(source)
    converter = TransformersConverter(str(source), copy_files=["tokenizer.json", "preprocessor_config.json"])
    target = folder / "tiny"
    converter.convert(str(target), quantization="float32", force=True)
    vocabulary = json.loads((target / "vocabulary.json").read_text(encoding="utf-8"))
    vocabulary[vocabulary.index(BECOMES_EMPTY)] = ""
    (target / "vocabulary.json").write_text(json.dumps(vocabulary), encoding="utf-8")
    return target


def _write_hugging_face_model(folder: Path) -> None:
    import torch
    from transformers import (
        GenerationConfig,
        WhisperConfig,
        WhisperFeatureExtractor,
        WhisperForConditionalGeneration,
        WhisperTokenizerFast,
    )

    torch.manual_seed(0)
    tokenizer, controls = _tokenizer()
    token = tokenizer.token_to_id
    end = token("<|endoftext|>")
    config = WhisperConfig(
        vocab_size=tokenizer.get_vocab_size(), num_mel_bins=80, bos_token_id=end, eos_token_id=end, pad_token_id=end,
        decoder_start_token_id=token("<|startoftranscript|>"), suppress_tokens=[], begin_suppress_tokens=[], **SIZES,
    )  # fmt: skip
    model = WhisperForConditionalGeneration(config).eval()
    model.generation_config = generation = GenerationConfig.from_model_config(config)
    generation.suppress_tokens = [token(name) for name in controls[-5:-1]]
    generation.begin_suppress_tokens = [end]
    generation.alignment_heads = [[0, 0]]
    generation.lang_to_id = {name: token(name) for name in controls[2 : 2 + LANGUAGE_COUNT]}
    generation.is_multilingual = True
    generation.no_timestamps_token_id = token("<|notimestamps|>")
    generation._from_model_config = False  # else transformers drops the fields above on reload
    model.save_pretrained(folder)
    WhisperFeatureExtractor(feature_size=80).save_pretrained(folder)
    fast = WhisperTokenizerFast(
        tokenizer_object=tokenizer, unk_token="<|endoftext|>", bos_token="<|endoftext|>", eos_token="<|endoftext|>",
        pad_token="<|endoftext|>", additional_special_tokens=controls[1:],
    )  # fmt: skip
    fast.save_pretrained(folder)
    tokenizer.save(str(folder / "tokenizer.json"))


def _tokenizer():  # type: ignore[no-untyped-def]
    """(a byte-level tokenizer with Whisper's control tokens, the names of these)."""
    from faster_whisper.tokenizer import _LANGUAGE_CODES
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=300, initial_alphabet=alphabet, special_tokens=[], show_progress=False)
    tokenizer.train_from_iterator(["what is forty seven plus thirty eight"] * 10, trainer)
    tokenizer.add_tokens([BECOMES_EMPTY])
    languages = [f"<|{code}|>" for code in _LANGUAGE_CODES if code != "yue"]
    tasks = ["<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    controls = ["<|endoftext|>", "<|startoftranscript|>", *languages, *tasks]
    tokenizer.add_special_tokens([AddedToken(name, special=True, normalized=False) for name in controls])
    times = [f"<|{step * 0.02:.2f}|>" for step in range(1501)]
    tokenizer.add_tokens([AddedToken(name, special=False, normalized=False) for name in times])
    return tokenizer, controls
