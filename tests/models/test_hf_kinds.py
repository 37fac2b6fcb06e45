"""Every kind of network that transformers calls a causal language model: parallel = stepwise = file, or one clear refusal."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from mdlbench import compress, decompress
from mdlbench.errors import MdlbenchError, NetworkError, SpecError
from mdlbench.models import load_model
from mdlbench.models.hf import HuggingFace
from mdlbench.models.hf.network import Cached, Replayed
from mdlbench.models.hf.predictor import Memories
from tests.models.tiny import tiny_network

SIZE = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "num_key_value_heads": 2, "head_dim": 16}
SIZE |= {"intermediate_size": 64, "max_position_embeddings": 48}
ENCODER = SIZE | {"max_position_embeddings": 50}  # some count positions from 2
DECODER = ENCODER | {"is_decoder": True, "context": 47}
GPT = {"n_embd": 32, "n_layer": 2, "n_head": 2, "n_positions": 48}
HALF = {"d_model": 32, "decoder_layers": 2, "encoder_layers": 2, "decoder_attention_heads": 2, "encoder_attention_heads": 2}
HALF |= {"decoder_ffn_dim": 64, "encoder_ffn_dim": 64, "max_position_embeddings": 48, "num_hidden_layers": 2}
REFORMER = {"hidden_size": 32, "attention_head_size": 16, "num_attention_heads": 2, "feed_forward_size": 64, "is_decoder": True}
REFORMER |= {"axial_pos_embds": False, "local_attn_chunk_length": 4, "max_position_embeddings": 48}
MAMBA = {"mamba_n_heads": 4, "mamba_d_head": 16, "mamba_n_groups": 1, "mamba_d_state": 8}
BLOOM = {"hidden_size": 32, "n_layer": 2, "n_head": 2}
XLM = {"emb_dim": 32, "n_layers": 2, "n_heads": 2, "max_position_embeddings": 48}
PROPHETNET = {"hidden_size": 32, "num_decoder_layers": 2, "num_encoder_layers": 2, "max_position_embeddings": 48, "context": 16}
XLNET = {"d_model": 32, "n_layer": 2, "n_head": 2, "d_inner": 64}

FAST, BY_STEPS, SLOW = Memories(), Memories(Cached, Replayed), Memories(Replayed, Replayed)
CODED: list[tuple[str, dict[str, Any], Memories]] = [
    ("openai-gpt", GPT, SLOW),
    ("rwkv", {"hidden_size": 32, "num_hidden_layers": 2, "attention_hidden_size": 32, "context_length": 48}, SLOW),
    ("xlnet", XLNET | {"attn_type": "uni"}, SLOW),
    ("xlm", XLM | {"causal": True, "vocab_size": 32, "pad_index": 31}, SLOW),
    ("recurrent_gemma", SIZE | {"lru_width": 32, "num_hidden_layers": 3, "attention_window_size": 16}, SLOW),  # keeps its cache
    ("bamba", SIZE | MAMBA | {"attn_layer_indices": [1], "mamba_chunk_size": 16}, SLOW),
    ("mamba", {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 4}, BY_STEPS),
    (
        "mamba2",
        {"hidden_size": 32, "num_hidden_layers": 2, "state_size": 8, "num_heads": 4, "head_dim": 16, "n_groups": 2},
        FAST,
    ),
    ("jamba", SIZE | {"attn_layer_period": 2, "attn_layer_offset": 1, "num_experts": 2, "use_mamba_kernels": False}, BY_STEPS),
    *((kind, GPT, FAST) for kind in ("gpt2", "gpt_bigcode")),
    *((kind, GPT | {"rotary_dim": 4, "n_head": 4}, FAST) for kind in ("codegen", "gptj")),
    ("ctrl", GPT | {"dff": 64}, FAST),
    (
        "gpt_neo",
        SIZE | {"num_layers": 2, "num_heads": 2, "attention_types": [[["global", "local"], 1]], "window_size": 8},
        FAST,
    ),
    ("bloom", BLOOM, FAST),
    ("falcon", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2}, FAST),
    ("mpt", {"d_model": 32, "n_layers": 2, "n_heads": 2, "max_seq_len": 48}, FAST),
    *((kind, SIZE, FAST) for kind in ("gpt_neox", "phi", "gemma", "biogpt", "olmo2", "qwen3", "cohere")),
    ("opt", {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 2, "ffn_dim": 64}, FAST),
    ("xglm", {"d_model": 32, "num_layers": 2, "attention_heads": 2, "ffn_dim": 64, "max_position_embeddings": 48}, FAST),
    *((kind, SIZE | {"sliding_window": 4}, FAST) for kind in ("gemma2", "gemma3_text", "mistral", "cohere2")),
    ("llama4_text", SIZE | {"num_local_experts": 2, "attention_chunk_size": 4, "intermediate_size_mlp": 32}, FAST),
    *((kind, DECODER, FAST) for kind in ("bert", "electra", "megatron-bert", "roformer", "big_bird")),
    ("camembert", DECODER | {"vocab_size": 32, "pad_token_id": 31, "max_position_embeddings": 80}, FAST),  # 48 after padding's
    ("roberta", DECODER, SLOW),  # its padding is a symbol here: it counts positions without it, and with it in a cache
    *((kind, HALF, FAST) for kind in ("bart", "marian", "pegasus", "blenderbot")),
]
REFUSED: list[tuple[str, dict[str, Any], str]] = [
    *(
        (kind, ENCODER, "(ForMaskedLM|ForCausalLM|LMHeadModel).*is not causal.*is_decoder")
        for kind in ("bert", "roberta", "electra")
    ),
    ("xlnet", XLNET, "XLNetLMHeadModel.*is not causal"),
    ("xlm", XLM, "is not causal"),
    ("xlm", XLM | {"causal": True}, "is not causal"),  # its padding is a symbol here: how many come is known from the start
    ("reformer", REFORMER | {"attn_layers": ["local", "local"]}, "ReformerModelWithLMHead.*fails when it is fed"),
    ("prophetnet", PROPHETNET, "ProphetNetForCausalLM.*is not causal"),
]


def network(folder: Path, kind: str, settings: dict[str, Any], options: str = "") -> HuggingFace:
    limit = settings.get("context", 48)
    given = {key: value for key, value in settings.items() if key != "context"}
    rows = 1 if "num_experts" in given or "num_local_experts" in given else 2
    model = load_model(f"hf:{tiny_network(folder, kind, **given)},context={limit},batch_size={rows}{options}")
    assert isinstance(model, HuggingFace)
    return model


def symbols(count: int, seed: int = 0) -> bytes:
    return np.random.default_rng(seed).integers(0, 24, count).astype(np.uint8).tobytes()


@pytest.mark.parametrize(("kind", "settings", "memories"), CODED, ids=[f"{kind}" for kind, *_ in CODED])
def test_parallel_is_stepwise_is_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, settings: dict[str, Any], memories: Memories
) -> None:
    """Over more than a window, in pieces of a window, a second block the same as the first."""
    monkeypatch.setattr("mdlbench.models.hf.predictor._CHUNK_LOGITS", 24 * 10)
    model = network(tmp_path, kind, settings)
    assert model.predictor.memories == memories
    blocks = [symbols(60), symbols(31, seed=1), symbols(60)]
    coded = model.encode(blocks)
    for one, bits in zip(coded, model.code_length(blocks), strict=True):
        assert one.ideal_bits == pytest.approx(bits.sum(), rel=1e-4)
    assert coded[0].ideal_bits == coded[2].ideal_bits
    assert model.decode([one.payload for one in coded], [len(block) for block in blocks]) == blocks


@pytest.mark.parametrize(("kind", "settings", "says"), REFUSED, ids=[f"{kind}" for kind, *_ in REFUSED])
def test_what_has_no_code_length_is_refused(tmp_path: Path, kind: str, settings: dict[str, Any], says: str) -> None:
    model = network(tmp_path, kind, settings)
    for call in (lambda: model.code_length([symbols(20)]), lambda: model.encode([symbols(20)]), model.prepare):
        with pytest.raises(MdlbenchError, match=says) as caught:
            call()
        assert "\n" not in str(caught.value)
        assert f"hf:{tmp_path}" in str(caught.value)


class Faulty(torch.nn.Module):
    """A network around another, with a fault."""

    def __init__(self, network: Any, fault: str) -> None:
        super().__init__()
        self.network, self.config, self.fault, self.calls = network, network.config, fault, 0

    def forward(self, input_ids: torch.Tensor, **settings: Any) -> Any:
        self.calls += 1
        fed = input_ids.shape[1]
        if self.fault == "fails" or (self.fault == "fails on long texts" and fed > 20):
            raise RuntimeError("no such kernel\nbut much advice")
        found = self.network(input_ids=input_ids, **settings)
        if self.fault == "no logits":
            return found.logits
        if self.fault == "one row":
            found.logits = found.logits[:, 0]
        elif self.fault == "few columns":
            found.logits = found.logits[..., :10]
        elif self.fault == "counts its calls":
            found.logits = found.logits + torch.linspace(0, 0.1, 24) * self.calls
        elif self.fault == "draws at random":
            found.logits = found.logits + torch.randn(24)
        elif self.fault == "knows the length":
            found.logits = found.logits + torch.linspace(0, 1, 24) * fed
        elif self.fault == "not a number":
            found.logits[..., 3] = float("nan")
        elif self.fault == "infinite":
            found.logits[..., 3] = float("inf")
        return found


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("fails", NetworkError, r"fails when it is fed \d+ tokens \(RuntimeError: no such kernel\)"),
        ("fails on long texts", NetworkError, r"fails when it is fed \d+ tokens .* give a smaller context="),
        ("no logits", NetworkError, "fails when it is fed .*AttributeError"),
        ("one row", NetworkError, r"gives logits \(1, 24\) for \(1, 48\) inputs"),
        ("few columns", NetworkError, "predicts 10 tokens, and its tokenizer has 24"),
        ("counts its calls", SpecError, "keeps state between texts"),
        ("draws at random", SpecError, "or draws at random"),
        ("knows the length", SpecError, "is not causal"),
        ("not a number", NetworkError, "not finite"),
        ("infinite", NetworkError, "not finite"),
    ],
)
def test_faults_of_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: str, error: type[Exception], says: str
) -> None:
    model = network(tmp_path, "gpt2", GPT)
    faulty = Faulty(model.load_network("cpu"), fault)
    monkeypatch.setattr(model, "load_network", lambda device: faulty)
    with pytest.raises(error, match=rf"^hf:\S+ \(Faulty\) .*{says}") as caught:
        model.prepare()
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("kind", "settings"),
    [
        ("xlnet", XLNET | {"attn_type": "uni"}),  # says -1 itself
        *(("bloom", BLOOM | limit) for limit in ({}, *({"max_position_embeddings": none} for none in (-1, 0, None)))),
    ],
)
def test_no_limit_of_positions(tmp_path: Path, kind: str, settings: dict[str, Any]) -> None:
    """Each symbol is still predicted once."""
    model = load_model(f"hf:{tiny_network(tmp_path, kind, **settings)},batch_size=1")
    assert model.policy()["context"] == "2048 tokens"
    assert len(model.code_length([symbols(10)])[0]) == 10
    assert decompress(compress(symbols(40), model), model) == symbols(40)


def test_every_symbol_is_measured_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = network(tmp_path, "gpt2", GPT)
    parallel = model.predictor.parallel
    monkeypatch.setattr(model.predictor, "parallel", lambda *given: [*parallel(*given)] * 2)
    with pytest.raises(AssertionError, match="once"):
        model.code_length([symbols(10)])
