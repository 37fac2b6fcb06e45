"""Corpora: named files with sizes and digests, local files and folders, Hugging Face datasets, and slices of them."""

from mdlbench.corpora.corpus import Corpus, CorpusFile
from mdlbench.corpora.finding import find_corpus
from mdlbench.corpora.known import KnownCorpus, KnownFile, known_corpus, registry

__all__ = ["Corpus", "CorpusFile", "KnownCorpus", "KnownFile", "find_corpus", "known_corpus", "registry"]
