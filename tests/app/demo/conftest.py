"""What the tests of traces share: a small tokenizer, examples of every kind, and a tiny model in which attention
matters.
"""

import pytest
import torch

from app.demo.mixture import Examples
from app.demo.paths import demo_prompts
from app.demo.recipe import QUICK, new_model
from app.demo.tokenizer import build_tokenizer
from engine.prompts import read_prompts


@pytest.fixture(scope="package")
def tokenizer():
    return build_tokenizer(1, problems=1500)


@pytest.fixture(scope="package")
def examples(tokenizer):
    return Examples.of(QUICK.shares, tokenizer, read_prompts(demo_prompts()))


@pytest.fixture(scope="package")
def prompts(examples):
    return examples.prompts


@pytest.fixture(scope="package")
def model(tokenizer):
    model = new_model(QUICK, tokenizer)
    torch.manual_seed(7)
    for parameter in model.parameters():  # away from the zeros it starts with, so that attention matters
        parameter.data.normal_(0, 0.3) if parameter.dim() > 1 else parameter.data.uniform_(0.5, 1.5)
    return model
