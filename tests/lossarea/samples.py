"""Small logs of one curve, 9, 7.5, 6.25 nats a token at steps 1 to 3, in each format; event files by the usual writers."""

import base64
import json
from collections.abc import Mapping

LOSSES = (9.0, 7.5, 6.25)
# tensorboardX 2.6.5, SummaryWriter.add_scalar: `simple_value`; tags train/loss and eval/loss at steps 1 to 3
TENSORBOARDX = base64.b64decode(
    "GAAAAAAAAACjf0siCUk2LFbgwtpBGg1icmFpbi5FdmVudDoybY0K9yAAAAAAAAAAKe2pUAmiUixW4MLaQRABKhMKEQoKdHJhaW4vbG9zcxUAABBBQas3+h8A"
    "AAAAAAAAUUtEGAn5WyxW4MLaQRABKhIKEAoJZXZhbC9sb3NzFQAAIEF5WoAzIAAAAAAAAAAp7alQCVGELFbgwtpBEAIqEwoRCgp0cmFpbi9sb3NzFQAA8EBi"
    "qUE7HwAAAAAAAABRS0QYCbOFLFbgwtpBEAIqEgoQCglldmFsL2xvc3MVAAAIQdUYEfEgAAAAAAAAACntqVAJ/4YsVuDC2kEQAyoTChEKCnRyYWluL2xvc3MV"
    "AADIQLLvTe8fAAAAAAAAAFFLRBgJM4gsVuDC2kEQAyoSChAKCWV2YWwvbG9zcxUAAOhA2L5GHg=="
)
# tensorboard 2.21.0, EventFileWriter with a tensor of each scalar, as TensorFlow 2 writes it; train/loss at steps 0 to 2
TENSORBOARD = base64.b64decode(
    "SAAAAAAAAAD+kkidCUywZlbgwtpBGg1icmFpbi5FdmVudDoyUi4KLHRlbnNvcmJvYXJkLnN1bW1hcnkud3JpdGVyLmV2ZW50X2ZpbGVfd3JpdGVy0ChtkTIA"
    "AAAAAAAAJBlW7AkAAAAAZc3NQSonCiUKCnRyYWluL2xvc3NCCggBEgAqBAAAEEFKCwoJCgdzY2FsYXJzfxTsTTQAAAAAAAAAXjMXXAkAAIAAZc3NQRABKicK"
    "JQoKdHJhaW4vbG9zc0IKCAESACoEAADwQEoLCgkKB3NjYWxhcnMb2uSONAAAAAAAAABeMxdcCQAAAAFlzc1BEAIqJwolCgp0cmFpbi9sb3NzQgoIARIAKgQA"
    "AMhASgsKCQoHc2NhbGFyc1nC7yU="
)


def lines(*rows: Mapping[str, object]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def own_log(losses_bits: tuple[float, ...], tokens_per_step: int = 100) -> str:
    """As `mdlbench train` writes it."""
    rows = [
        {
            "step": step,
            "tokens": step * tokens_per_step,
            "bytes": step * tokens_per_step,
            "loss_bits_per_symbol": loss,
            "learning_rate": 0.1,
            "seconds": 0.5 * step,
        }
        for step, loss in enumerate(losses_bits, 1)
    ]
    return lines({"schema": "mdlbench.training-log/1", "seed": 0, "units": {}}, *rows)


TEXTS: dict[str, tuple[str, str]] = {  # file name -> its text, and the format that it is of
    "plain.csv": ("step,train/loss,lr\n" + "".join(f"{n},{loss},0.1\n" for n, loss in enumerate(LOSSES, 1)), "CSV"),
    "other.csv": ('"Iteration";"Loss"\r\n' + "".join(f"{n};{loss}\r\n" for n, loss in enumerate(LOSSES, 1)), "CSV"),
    "wandb.csv": (
        '"Step","big - train/loss","big - train/loss__MIN","big - train/loss__MAX"\n'
        + "".join(f'"{n}","{loss}","{loss}","{loss}"\n' for n, loss in enumerate(LOSSES, 1)),
        "CSV",
    ),
    "wandb-history.jsonl": (
        lines(*({"_step": n, "_runtime": 5 * n, "train": {"loss": loss}} for n, loss in enumerate(LOSSES, 1)), {"_step": 4}),
        "JSON lines",
    ),
    "rows.json": (json.dumps([{"step": n, "loss": loss} for n, loss in enumerate(LOSSES, 1)]), "JSON rows"),
    "trainer_state.json": (
        json.dumps(
            {
                "epoch": 0.1,
                "log_history": [
                    *({"epoch": 0.1, "loss": loss, "step": n} for n, loss in enumerate(LOSSES, 1)),
                    {"eval_loss": 3.0, "step": 3},
                    {"train_loss": 7.0, "step": 3},
                ],
            }
        ),
        "Hugging Face trainer_state",
    ),
    "train_loss": ("".join(f"17000000000{n:02} {loss} {n}\n" for n, loss in enumerate(LOSSES, 1)), "MLflow metrics file"),
    "history.json": (
        json.dumps(
            {"metrics": [{"key": "train_loss", "value": loss, "timestamp": 17, "step": n} for n, loss in enumerate(LOSSES, 1)]}
        ),
        "MLflow metric history",
    ),
    "mlflow.csv": (
        "run_id,key,value,step,timestamp\n" + "".join(f"a1,train_loss,{loss},{n},17\n" for n, loss in enumerate(LOSSES, 1)),
        "MLflow metric CSV",
    ),
}
