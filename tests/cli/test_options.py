"""Options that several commands have: what they make of what users of other tools write."""

import click
import pytest
from click.testing import CliRunner

from mdlbench.cli.common import option
from mdlbench.errors import UsageError


@click.command()
@option.model(default="cm", help="")
@option.model_args
def command(models: tuple[str, ...], model_args: option.ModelArgs) -> None:
    click.echo(" ".join(option.specs(models, model_args)))


@pytest.mark.parametrize(
    ("written", "specs"),
    [
        ("-m kt --model-args order=2", "kt,order=2"),
        ("-m kt --model-args order=2, -m ngram", "kt,order=2 ngram,order=2"),
        ("-m hf --model_args pretrained=./gpt2,dtype=float32", "hf:./gpt2,dtype=float32"),
        ("--model hf --model_args pretrained=./gpt2,max_length=64 --device cpu --batch_size 4",
         "hf:./gpt2,context=64,device=cpu,batch_size=4"),
        ("-m hf:./gpt2,overlap=3 --device cuda:0 --batch-size auto", "hf:./gpt2,overlap=3,device=cuda,batch_size=auto"),
        ("-m hf,overlap=3 --model-args pretrained=a/b -m cm", "hf:a/b,overlap=3 cm"),
        ("-m kt -m hf:x --device cpu", "kt hf:x,device=cpu"),
        ("", "cm"),
    ],
)  # fmt: skip
def test_specs(written: str, specs: str) -> None:
    found = CliRunner().invoke(command, written.split(), catch_exceptions=False)
    assert found.output.strip() == specs


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("--device cpu", "is for networks: write -m hf:FOLDER"),
        ("-m kt --batch-size 2", "is for networks"),
        ("--model-args pretrained=./gpt2", "pretrained= is for networks"),
        ("-m hf:a --model-args pretrained=b", "hf:a and pretrained=b both name a network"),
    ],
)
def test_specs_that_cannot_be(written: str, says: str) -> None:
    with pytest.raises(UsageError, match=says):
        CliRunner().invoke(command, written.split(), catch_exceptions=False)
