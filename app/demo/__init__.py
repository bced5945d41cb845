"""The bundled demo model: the problems it is trained on, its tokenizer, and its training."""
