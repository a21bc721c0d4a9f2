"""Print the most memory, in MB, that one epoch of the CNN takes. A process of its own:

python tools/benchmarks/peak.py worksheet 50000
"""

import contextlib
import dataclasses
import io
import re
import sys
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parent.parent)]

import workshop_utils as wu  # noqa: E402
from benchmarks.epochs import few_of  # noqa: E402
from benchmarks.tasks import CNN, FULL, Images, channels_at_the_end  # noqa: E402
from benchmarks.ways import OURS, WAYS, in_a_plain_loop, pictures, pytorch_loaders  # noqa: E402


def peak_megabytes() -> float:
    """The most memory that this process has had so far."""
    if sys.platform == "win32":
        import psutil

        return psutil.Process().memory_info().peak_wset / 1e6
    if sys.platform == "linux":
        # `getrusage` would count what the process that started this one has.
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) * 1024 / 1e6
    import resource

    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6  # bytes on a Mac


def main(way: str, n_images: int) -> None:
    """Load the images, train for an epoch, and print."""
    settings = dataclasses.replace(wu.Settings.from_environment(), profile=FULL)
    with contextlib.redirect_stdout(io.StringIO()):
        images = few_of(Images(wu.load_data(settings)), n_images, n_images)
    if way == OURS:
        train, _ = WAYS[OURS].prepare(CNN, images, 0)
    else:
        # Not `images.arrays`: a second copy would count against the worksheet's way.
        data = images.data
        arrays = channels_at_the_end(data.train_images), channels_at_the_end(data.test_images)
        network = CNN.new_network(0, as_in_worksheet=True)
        loaders = pytorch_loaders(*pictures(arrays, data), seed=0)
        train, _ = in_a_plain_loop(CNN, network, loaders, images.device)
    train()
    print(peak_megabytes())


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
