"""What every command says of itself, and of values that cannot be."""

from collections.abc import Iterator

import click
import pytest

from mdlbench.cli import group, main


def commands(found: click.Command = group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command, with what is typed for it."""
    yield path, found
    if isinstance(found, click.Group):
        context = click.Context(found)
        for name in found.list_commands(context):
            inner = found.get_command(context, name)
            assert inner is not None
            yield from commands(inner, (*path, name))


ALL = dict(commands())
CANNOT_BE = {
    "--block-size": "0",
    "--jobs": "-1",
    "--repeat": "0",
    "--limit": "0",
    "--gap": "0",
    "--contexts": "0",
    "--folds": "2",
}
WRONG = [
    (path, name, CANNOT_BE[name])
    for path, command in ALL.items()
    for option in command.params
    for name in option.opts
    if name in CANNOT_BE
]


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    with pytest.raises(SystemExit) as stop:
        main(list(arguments))
    captured = capsys.readouterr()
    return int(stop.value.code or 0), captured.out, captured.err


def test_help_names_values_in_the_words_of_the_user(capsys: pytest.CaptureFixture[str]) -> None:
    """Its own words, not click's for a type: N rather than INTEGER RANGE; and no bounds where there are none."""
    for path in ALL:
        code, text, _ = run(capsys, *path, "--help")
        assert code == 0
        for word in ("RANGE", "None", " INTEGER", " FLOAT", " TEXT\n"):
            assert word not in text, (path, word)


@pytest.mark.parametrize(("path", "option", "value"), WRONG)
def test_a_value_that_cannot_be_is_wrong_usage(
    path: tuple[str, ...], option: str, value: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In one line that names the option; whether or not something is missing beside it."""
    code, out, err = run(capsys, *path, "README.md", option, value)
    assert (code, out) == (2, "")
    assert option in err
    assert err.count("\n") == 1
