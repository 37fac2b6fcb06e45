"""Tiny causal language models with their tokenizers, saved as a hub repository would be: config, safetensors, tokenizer.

    tiny_model(folder, "gpt2", "bytelevel") -> folder

Architectures: gpt2, gpt_neox, llama, qwen2, qwen3, mistral (sliding window), mixtral (experts). Tokenizers: bytelevel
(GPT-2's kind), prefixed (the same, with a space put before a text), sentencepiece (Llama's kind: dummy prefix, byte
fallback), unstripped (the same, the prefix left in place), stripped (spaces before a text are lost), nfkc and lowercase
(normalising), whitespace (word level, loses spaces). Weights are random, from a fixed seed, unless `train_on` is given.
"""

import json
import random
from pathlib import Path
from typing import Any

import torch
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

from mdlbench.tokens import SymbolTokens

ARCHITECTURES = ("gpt2", "gpt_neox", "llama", "qwen2", "qwen3", "mistral")
TOKENIZERS = ("bytelevel", "prefixed", "sentencepiece", "unstripped", "stripped", "nfkc", "lowercase", "whitespace")

_VOCABULARY = (
    "the of and to in is that it was for on are as with his they at be this have from or one had by word but not what all "
    "were we when your can said there use an each which she do how their if will up other about out many then them these "
    "so some her would make like him into time has look two more write go see number no way could people my than first "
    "water been call who oil its now find long down day did get come made may part"
)


def sample_text(n_bytes: int, seed: int = 0) -> bytes:
    """English-like text of exactly `n_bytes`: words of unequal frequency, sentences, lines."""
    chooser, vocabulary = random.Random(seed), _VOCABULARY.split()
    weights = [1 / (rank + 2) for rank in range(len(vocabulary))]
    parts: list[str] = []
    size = 0
    while size < n_bytes:
        words = chooser.choices(vocabulary, weights, k=chooser.randint(3, 12))
        sentence = " ".join(words).capitalize() + chooser.choice([". ", ". ", ", ", ".\n"])
        parts.append(sentence)
        size += len(sentence)
    return "".join(parts).encode()[:n_bytes]


def tiny_tokenizer(kind: str, vocabulary_size: int = 600) -> transformers.PreTrainedTokenizerFast:
    """A tokenizer of the given kind, trained on `sample_text`."""
    corpus = sample_text(20_000).decode().splitlines()
    if kind == "whitespace":
        tokenizer = Tokenizer(models.WordLevel(unk_token="<unk>"))
        tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
        tokenizer.train_from_iterator(corpus, trainers.WordLevelTrainer(special_tokens=["<unk>", "<s>"]))
        return transformers.PreTrainedTokenizerFast(tokenizer_object=tokenizer, unk_token="<unk>", bos_token="<s>")
    if kind in ("bytelevel", "prefixed"):
        tokenizer = Tokenizer(models.BPE())
        tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=kind == "prefixed")
        tokenizer.decoder = decoders.ByteLevel()
        trainer = trainers.BpeTrainer(
            vocab_size=vocabulary_size,
            special_tokens=["<|endoftext|>"],
            initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
            show_progress=False,
        )
        tokenizer.train_from_iterator(corpus, trainer)
        return transformers.PreTrainedTokenizerFast(
            tokenizer_object=tokenizer, bos_token="<|endoftext|>", eos_token="<|endoftext|>"
        )
    tokenizer = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    steps = [normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")]
    extra = {"nfkc": [normalizers.NFKC()], "lowercase": [normalizers.NFKC(), normalizers.Lowercase()]}
    extra["stripped"] = [normalizers.Strip(left=True, right=False)]
    strip = [] if kind == "unstripped" else [decoders.Strip(" ", 1, 0)]
    tokenizer.normalizer = normalizers.Sequence(extra.get(kind, []) + steps)
    tokenizer.decoder = decoders.Sequence([decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), *strip])
    specials = ["<unk>", "<s>", "</s>"]
    fallback = [f"<0x{byte:02X}>" for byte in range(256)]
    trainer = trainers.BpeTrainer(vocab_size=vocabulary_size, special_tokens=specials + fallback, show_progress=False)
    tokenizer.train_from_iterator(corpus, trainer)
    # The byte tokens had to be special to be kept by the trainer; in a Llama tokenizer they are ordinary.
    state = json.loads(tokenizer.to_str())
    state["added_tokens"] = [token for token in state["added_tokens"] if token["content"] in specials]
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer.from_str(json.dumps(state)),
        bos_token="<s>",
        eos_token="</s>",
        unk_token="<unk>",
        clean_up_tokenization_spaces=False,
    )


def tiny_model(
    folder: str | Path,
    architecture: str = "gpt2",
    tokenizer_kind: str = "bytelevel",
    *,
    context: int = 128,
    layers: int = 2,
    extra_rows: int = 0,
    train_on: bytes = b"",
    steps: int = 0,
) -> Path:
    """Save a model of some 50,000 parameters and its tokenizer into `folder`, and return it.

    Args:
        folder: where; made if it is not there.
        architecture, tokenizer_kind: see the module.
        context, layers: positions that the model has, and its layers.
        extra_rows: rows of the embedding beyond the tokenizer's vocabulary, as in padded checkpoints.
        train_on: text on which to train for `steps` steps; weights stay random otherwise.
    """
    tokenizer = tiny_tokenizer(tokenizer_kind)
    rows = len(tokenizer) + extra_rows
    shape = {"hidden_size": 32, "num_hidden_layers": layers, "num_attention_heads": 4, "intermediate_size": 64}
    common = {
        "vocab_size": rows,
        "max_position_embeddings": context,
        "bos_token_id": tokenizer.bos_token_id,
        "eos_token_id": tokenizer.eos_token_id,
        "pad_token_id": None,
    }
    if architecture == "gpt2":
        config = transformers.GPT2Config(
            n_embd=32,
            n_layer=layers,
            n_head=4,
            n_positions=context,
            **{key: value for key, value in common.items() if key != "max_position_embeddings"},
        )
    else:
        grouped = {} if architecture == "gpt_neox" else {"num_key_value_heads": 2}
        extra = {"mistral": {"sliding_window": 24}, "mixtral": {"num_local_experts": 4}}.get(architecture, {})
        config = transformers.AutoConfig.for_model(architecture, **shape, **common, **grouped, **extra)
    torch.manual_seed(0)
    model = transformers.AutoModelForCausalLM.from_config(config)
    with torch.no_grad():
        for parameter in model.parameters():  # larger than the usual 0.02: predictions far from uniform
            parameter.mul_(5.0 if parameter.ndim > 1 and not steps else 1.0)
    if steps:
        _train(model, tokenizer, train_on, steps, context)
    model.eval().save_pretrained(folder)
    tokenizer.save_pretrained(folder)
    return Path(folder)


def _train(
    model: torch.nn.Module, tokenizer: transformers.PreTrainedTokenizerFast, text: bytes, steps: int, context: int
) -> None:
    ids = torch.tensor(tokenizer(text.decode(), add_special_tokens=False)["input_ids"])
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-2)
    generator = torch.Generator().manual_seed(0)
    model.train()
    threads = torch.get_num_threads()
    torch.set_num_threads(1)  # so small a model only waits for more
    for _ in range(steps):
        starts = torch.randint(0, len(ids) - context, (8,), generator=generator)
        batch = torch.stack([ids[start : start + context] for start in starts.tolist()])
        loss = model(input_ids=batch, labels=batch).loss
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    torch.set_num_threads(threads)


def tiny_network(folder: str | Path, kind: str, symbols: int = 24, **settings: Any) -> Path:
    """Save a network of any type that transformers knows as a causal one, over an alphabet of symbols, into `folder`.

    Args:
        kind, settings: `model_type` and further keys of its config; weights are random, from a fixed seed.
    """
    base = {"vocab_size": symbols, "bos_token_id": 0, "eos_token_id": 0, "pad_token_id": 0}
    torch.manual_seed(0)
    network = transformers.AutoModelForCausalLM.from_config(transformers.AutoConfig.for_model(kind, **base | settings))
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.mul_(8.0 if parameter.ndim > 1 else 1.0)
    network.eval().save_pretrained(folder)
    SymbolTokens(bytes(range(symbols))).save(Path(folder))
    return Path(folder)
