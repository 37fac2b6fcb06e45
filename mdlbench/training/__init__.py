"""The one trainer of small causal language models: seeds, checkpoints that continue bit for bit, loss logs in named units.

    config.py         what a run is              architectures.py  recurrent.py   networks with seeded weights
    data.py           windows of symbols         optimisers.py                    AdamW, SGD
    loop.py           one seed                   checkpoints.py                   weights and training state
    run.py            the folder of a run        seeds.py  worker.py              seeds side by side

Trains on the CPU, one thread a seed. Does not hold out data: measure a checkpoint with `mdlbench eval -m hf:CHECKPOINT`, or
against its source with `mdlbench hmm train`.

Example:
    config = TrainingConfig(Source(process="mess3"), tokens=64_000)
    run = open_run("runs/mess3", config, seeds=(0, 1))
    train_run(run, run.seeds, jobs=2)
    network = load_run("runs/mess3").last(seed=0).network()
"""

from mdlbench.training.checkpoints import Checkpoint
from mdlbench.training.config import Architecture, Optimiser, Source, TrainingConfig
from mdlbench.training.run import Run, load_run, open_run
from mdlbench.training.seeds import train_run

__all__ = ["Architecture", "Checkpoint", "Optimiser", "Run", "Source", "TrainingConfig", "load_run", "open_run", "train_run"]
