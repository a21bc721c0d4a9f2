"""The command line of the package."""

import io
import sys

USAGE = """usage: python -m workshop_utils doctor
       python -m workshop_utils data

doctor   look whether this computer has what the notebooks need
data     find or download CIFAR-10 ahead of the lab"""


def doctor() -> int:
    """Look at this computer and print what is found; the exit status is 1 if something is wrong."""
    from workshop_utils.doctor import main

    return main()


def data() -> int:
    """Find or download CIFAR-10, make the workbook's cache of it, and print where it is.

    Returns:
        The exit status: 1 if it cannot be had.
    """
    # Not at the top: the doctor has to run without the packages that these need.
    import dataclasses

    from workshop_utils.images.cifar10 import DataError, NotFoundError
    from workshop_utils.images.load import find_cifar10, load_data
    from workshop_utils.settings import Settings

    try:
        settings = dataclasses.replace(Settings.from_environment(), dataset="cifar10")
        load_data(settings)
        found = find_cifar10(settings.data_dir)
    except (DataError, NotFoundError, ValueError) as error:
        print(error, file=sys.stderr)
        return 1
    print(f"CIFAR-10 is ready: {found.cached.file if found.cached else found.place}")
    return 0


def main(arguments: list) -> int:
    """Run a command.

    Args:
        arguments: the words after `python -m workshop_utils`.

    Returns:
        The exit status: 2 if there is no such command.
    """
    commands = {"doctor": doctor, "data": data}
    if len(arguments) != 1 or arguments[0] not in commands:
        print(USAGE, file=sys.stderr)
        return 2
    if isinstance(sys.stdout, io.TextIOWrapper):
        sys.stdout.reconfigure(errors="replace")  # a name that cannot be shown is no obstacle
    try:
        return commands[arguments[0]]()
    except KeyboardInterrupt:
        print("\nStopped.")
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
