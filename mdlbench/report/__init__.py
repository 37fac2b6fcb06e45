"""Renderers of exhibits: terminal, page, figures for papers. They know no kind of result, import no room and derive no number.

terminal    tables as text, Markdown, CSV          page   one self-contained HTML page (html, assets)
charts      chart -> Vega-Lite specification        svg    clouds and graphs, which Vega-Lite has no marks for
figures     exhibits -> SVG, PNG, PDF               heat   a text coloured by code length
"""
