"""The colours of the page and of the plots for papers, one list for both.

Seven series colours a theme, searched for the largest least OKLab distance (12 light, 15 dark, of 100) under normal vision
and the three dichromacies of Machado et al. 2009 (doi:10.1109/TVCG.2009.113), each at least 3:1 against its background (WCAG
2.1, 1.4.11). Marks aside are drawn half through, hence so light in the dark. Text colours are at least 4.5:1 (1.4.3).
"""

SERIES = {
    "light": ("#242ea2", "#cd3101", "#117d69", "#731e55", "#428ffc", "#441512", "#c75ab6"),
    "dark": ("#4e71fb", "#e98301", "#76c4d1", "#9f6f99", "#bbfaff", "#bb420d", "#fdd175"),
}
TONES = {
    "light": {
        "page": "#fbfaf7",
        "panel": "#ffffff",
        "ink": "#20242a",
        "muted": "#59616b",
        "rule": "#e2dfd6",
        "grid": "#ece9e2",
        "accent": "#1d4f91",
        "soft": "#eef2f8",
        "grey": "#868c95",
        "aside": "#868c95",
        "body": "#7d93b3",
        "warn": "#8a4b00",
        "bad": "#a3231d",
    },
    "dark": {
        "page": "#14171b",
        "panel": "#1a1e23",
        "ink": "#e8e6e1",
        "muted": "#a3abb5",
        "rule": "#30363d",
        "grid": "#262b31",
        "accent": "#8fbcf2",
        "soft": "#222a34",
        "grey": "#767e88",
        "aside": "#c3cad3",
        "body": "#6b83a6",
        "warn": "#f0b45b",
        "bad": "#f28b82",
    },
}


def style_sheet() -> str:
    """CSS custom properties of both themes: light, dark by the reader's setting or by `data-theme`, light on paper."""
    light, dark = _properties("light"), _properties("dark")
    return (
        f":root{{color-scheme:light;{light}}}\n"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}\n"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}\n"
        f"@media print{{:root,:root:not([data-theme=light]),:root[data-theme=dark]{{color-scheme:light;{light}}}}}\n"
    )


def _properties(theme: str) -> str:
    series = {f"s{number}": colour for number, colour in enumerate(SERIES[theme])}
    return "".join(f"--{name}:{value};" for name, value in {**TONES[theme], **series}.items())
