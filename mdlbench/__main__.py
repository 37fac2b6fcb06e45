"""`python -m mdlbench` and the `mdlbench` command."""

import sys


def main() -> None:
    """Run the command line; an interrupt while it is being loaded leaves as one line too."""
    try:
        from mdlbench.cli import main as run
    except KeyboardInterrupt:
        print("mdlbench: interrupted before it began", file=sys.stderr)
        sys.exit(130)
    run()


if __name__ == "__main__":
    main()
