"""Results: typed payloads with provenance (`record`), strict JSON in (`reading`), what to show of them (`exhibits`)."""

from mdlbench.result.reading import Collection, Found, collect, read
from mdlbench.result.record import Figures, Result, processor_name, provenance, result_kind

__all__ = ["Collection", "Figures", "Found", "Result", "collect", "processor_name", "provenance", "read", "result_kind"]
