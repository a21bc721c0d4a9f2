"""The command line of the package."""

import sys

from workshop_utils.doctor import main as doctor

USAGE = """usage: python -m workshop_utils doctor

doctor   look whether this computer has what the notebooks need"""


def main(arguments: list) -> int:
    """Run a command.

    Args:
        arguments: the words after `python -m workshop_utils`.

    Returns:
        The exit status: 2 if there is no such command.
    """
    if arguments != ["doctor"]:
        print(USAGE, file=sys.stderr)
        return 2
    sys.stdout.reconfigure(errors="replace")  # a name that the terminal cannot show is no obstacle
    try:
        return doctor()
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
