"""Reports: tables, plots and one self-contained HTML page; they read results and compute nothing new.

`section.MODULES` says which module shows which kind of result.
"""

from mdlbench.report.collect import Found, collect
from mdlbench.report.page import render
from mdlbench.report.section import Section, sections

__all__ = ["Found", "Section", "collect", "render", "sections"]
