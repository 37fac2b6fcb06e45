"""`python -m mdlbench` and the `mdlbench` command."""

from mdlbench.cli import main

if __name__ == "__main__":
    main()
