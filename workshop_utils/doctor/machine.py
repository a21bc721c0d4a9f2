"""Checks of the computer: images, folders, disk, memory, processor, speed."""

from __future__ import annotations

import math
import os
import shutil
from pathlib import Path

from workshop_utils.doctor.findings import (
    FAIL,
    NOTE,
    OK,
    Finding,
    Known,
    in_words,
    is_there,
    run_python,
    set_variable,
    why_not_writable,
)
from workshop_utils.experiments.memory import free_memory

GB = 1e9
# The archive, what is unpacked from it, and the cache: 0.17 + 0.18 + 0.18 GB, with a margin.
DISK_NEEDED = 1 * GB
# Measured: notebook 3 takes 1.5 GB at its peak (PCA), in the quick profile hardly less (1.3 GB);
# the rest is for JupyterLab.
MEMORY_NEEDED = 2 * GB
LONG = 30  # minutes; who has to compute longer is told of the quick profile
BUSY = 30  # per cent of the processor; with more than that, times are not what they could be
THREAD_VARIABLES = ("OMP_NUM_THREADS", "MKL_NUM_THREADS")


def check_data(known: Known) -> Finding:
    """CIFAR-10 is there and undamaged, or can be fetched, or the stand-in may take its place."""
    settings = known.need_settings()
    from workshop_utils.images import cifar10
    from workshop_utils.images.dataset import CIFAR10, STANDIN
    from workshop_utils.images.download import check_download
    from workshop_utils.images.load import find_cifar10

    if settings.dataset == "standin":
        known.dataset = STANDIN
        return Finding(OK, "the stand-in, drawn by code")
    found = find_cifar10(settings.data_dir)
    if found:
        what = cifar10.PLACES.get(found.name)
        if what:
            try:
                cifar10.check(found)
            except cifar10.DataError as error:
                return Finding(FAIL, in_words(error))
        known.cifar10, known.dataset = found, CIFAR10
        return Finding(OK, f"CIFAR-10, {what or 'the cache'} in {settings.data_dir}")
    try:
        check_download(settings.data_dir, settings.offline)
    except cifar10.NotFoundError as error:
        text = f"CIFAR-10 is not here, and {error.reason}."
        advice = f"To use it, put {cifar10.ARCHIVE} into the folder {settings.data_dir}."
        if settings.dataset == "cifar10":
            return Finding(FAIL, text, advice)
        known.dataset = STANDIN
        return Finding(NOTE, f"{text} The stand-in will be drawn.", advice)
    known.dataset = CIFAR10
    return Finding(
        NOTE,
        "CIFAR-10 is not here yet: notebook 1 will download it (170 MB).",
        "Better do so before the lab:",
        run_python("-m", "workshop_utils", "data"),
    )


def check_data_folder(known: Known) -> Finding:
    """The cache of the images can be written, or is not needed."""
    settings = known.need_settings()
    folder = settings.data_dir
    reason = why_not_writable(folder)
    if reason is None:
        return Finding(OK, f"{folder} can be written")
    if known.cifar10:
        return Finding(OK, f"{folder} can only be read, but the images are there")
    return _another_folder("WORKSHOP_DATA", folder, reason)


def check_runs_folder(known: Known) -> Finding:
    """Trained networks can be saved."""
    folder = known.need_settings().runs_dir
    reason = why_not_writable(folder)
    if reason is None:
        return Finding(OK, f"{folder} can be written")
    return _another_folder("WORKSHOP_RUNS", folder, reason)


def check_disk(known: Known) -> Finding:
    """There is room for the images, if they still have to be fetched or cached."""
    settings = known.need_settings()
    from workshop_utils.images.load import CACHE_FILES

    if known.cifar10 and known.cifar10.name in CACHE_FILES.values():
        return Finding(OK, "no room is needed, the images are there")
    free = shutil.disk_usage(is_there(settings.data_dir)).free
    text = f"{free / GB:.1f} GB free for the images, needed is {DISK_NEEDED / GB:.0f} GB"
    if free < DISK_NEEDED:
        advice = "Delete what you no longer need, or set WORKSHOP_DATA to a folder on another disk."
        return Finding(FAIL, f"only {text}.", advice)
    return Finding(OK, text)


def check_memory(known: Known) -> Finding:
    """The largest notebook fits into the memory that is free."""
    free = free_memory()
    text = f"{free / GB:.1f} GB free, a notebook needs {MEMORY_NEEDED / GB:.0f} GB"
    if free < MEMORY_NEEDED:
        return Finding(
            FAIL,
            f"only {text}.",
            "Close other programs, and notebooks that you are done with "
            "(in JupyterLab: Kernel, Shut Down All Kernels).",
        )
    return Finding(OK, text)


def check_cores(known: Known) -> Finding:
    """PyTorch uses the cores that there are: neither fewer nor more."""
    import joblib  # in a container or on a shared computer, fewer than there are

    cores = joblib.cpu_count()
    text = f"{cores} of {os.cpu_count()} can be used"
    if not known.torch_works:
        return Finding(OK, text)
    import torch

    threads = torch.get_num_threads()
    text += f", PyTorch uses {threads}"
    is_set = [name for name in THREAD_VARIABLES if name in os.environ]
    if threads < cores and is_set:  # without the variable, PyTorch knows better
        return Finding(NOTE, f"{text}.", f"Remove the variable {is_set[0]}: notebooks get faster.")
    if threads > cores:
        command = set_variable(THREAD_VARIABLES[0], str(cores))
        return Finding(NOTE, f"{text}, which is slow.", "In the terminal, run", command)
    return Finding(OK, text)


def check_speed(known: Known) -> Finding:
    """How long the notebooks will take, from a moment of training."""
    settings = known.need_settings()
    import psutil

    from workshop_utils.doctor.speed import expected_seconds, images_per_second
    from workshop_utils.experiments.reference import load_reference

    load = psutil.cpu_percent(interval=0.3)
    here = images_per_second(settings.device)
    profile = settings.profile.name
    recording = load_reference().get(known.dataset, {}).get(profile)
    if recording is None or not recording.images_per_second:
        speed = f"trains on {here['classifier']:,.0f} images per second"
        return Finding(NOTE, f"{speed}; no times are recorded to compare with.")
    seconds = expected_seconds(recording, here).values()
    minutes = [math.ceil(each / 6) / 10 for each in seconds]  # to one decimal, upwards
    text = (
        f"notebooks 1 to 4 compute {' + '.join(map(str, minutes))} = {sum(minutes):.1f} minutes "
        f"({known.dataset}, profile {profile})"
    )
    if load > BUSY:
        return Finding(
            NOTE,
            f"{text}. Less if nothing else runs: other programs keep the processor busy.",
            "Close them, and look again.",
        )
    if sum(minutes) > LONG and profile == "full":
        command = set_variable("WORKSHOP_PROFILE", "quick")
        return Finding(NOTE, f"{text}.", "For a shorter run, on fewer images:", command)
    return Finding(OK, text)


def _another_folder(variable: str, folder: Path, reason: str) -> Finding:
    command = set_variable(variable, str(Path.home() / "convnet-workbook"))
    return Finding(
        FAIL,
        f"{folder} cannot be written: {reason}.",
        f"Set {variable} to a folder of your own, for example",
        command,
    )
