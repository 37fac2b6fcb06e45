"""`mdlbench corpus path`: where a fetched corpus is, for scripts."""

import click

from mdlbench.cli.common import option
from mdlbench.cli.common.printing import tell
from mdlbench.corpora.known import known_corpus
from mdlbench.corpora.store import corpus_folder, fetched_path


@click.command(name="path")
@click.argument("name", metavar="NAME")
@option.json_lines
def command(name: str, as_json: bool) -> None:
    """Print where a fetched corpus is: the file, or the folder if there are several; NAME/FILE names one of them.

    \b
    Example:
      mdlbench corpus path canterbury
      mdlbench corpus path canterbury/alice29.txt
    """
    head, _, file_name = name.partition("/")
    known = known_corpus(head)
    wanted = [known.file(file_name)] if file_name else list(known.files)
    paths = [fetched_path(known, file) for file in wanted]
    path = paths[0] if len(paths) == 1 else corpus_folder(known)
    tell("corpus-path", {"name": name, "path": str(path), "files": list(map(str, paths))}, str(path), as_json=as_json)
