"""A trained network against its process: what it loses, and whether it holds the beliefs of the Bayes filter.

    prefixes.py     what may have been seen        loss_gap.py             bits above the Bayes predictor
    activations.py  the residual stream after it   regression.py            affine and ridge maps, held out by belief
    fidelity.py     R^2, intervals, distances      controls.py              what beliefs could be read from otherwise
    dynamics.py     does the image move as a belief?      intervention.py   does writing a belief change the prediction?
    synchronisation.py  bits saved as it learns the state   distortion.py   the least memory for a loss gap
    geometry.py     all of it for one network, and at every checkpoint
    study.py        all of it for a run            result.py, seed_result.py  the records of kinds hmm-belief and hmm-train
    exhibits.py     what to show: verdict.py, tables.py, pictures.py (points: clouds.py), gap_exhibits.py

Source: A. Shai, S. Marzen, L. Teixeira, A. Gietelink Oldenziel & P. Riechers, arXiv:2405.15943 (2024).
"""

from mdlbench.beliefs.prefixes import WEIGHTINGS, Prefixes, enumerate_prefixes

__all__ = ["WEIGHTINGS", "Prefixes", "enumerate_prefixes"]
