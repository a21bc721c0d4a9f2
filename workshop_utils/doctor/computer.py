"""Are the images there, is there room for them, and how long will the notebooks take here?"""

from __future__ import annotations

import functools
import math
import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from workshop_utils.doctor.findings import (
    FAIL,
    NOTE,
    OK,
    Finding,
    Known,
    in_words,
    run_python,
    set_variable,
)

if TYPE_CHECKING:
    from workshop_utils.images.load import Found

GB = 1e9
# The archive, what is unpacked from it, and the cache: 0.17 + 0.18 + 0.18 GB, with a margin.
DISK_NEEDED = 1 * GB
# Measured: notebook 3 takes 1.5 GB at its peak (PCA), in the quick profile hardly less (1.3 GB);
# the rest is for JupyterLab.
MEMORY_NEEDED = 2 * GB
LONG = 30  # minutes; who has to compute longer is told of the quick profile
BUSY = 30  # per cent of the processor; with more than that, times are not what they could be


def check_settings(known: Known) -> Finding:
    """Do the WORKSHOP_ variables have values that the workbook knows?"""
    import joblib  # in a container or on a shared computer, fewer cores than there are

    from workshop_utils.settings import Settings, progress_bars_wanted

    try:
        known.settings = Settings.from_environment()
        progress_bars_wanted()
    except ValueError as error:
        return Finding(FAIL, f"{in_words(error)}.", "Correct the variable, or remove it.")
    cores = joblib.cpu_count(only_physical_cores=True)
    limits = [name for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS") if name in os.environ]
    if known.settings.threads < cores and limits:
        return Finding(
            NOTE,
            f"These are the settings: {known.settings}. {cores} cores could be used.",
            f"Remove the variable {limits[0]}: the notebooks get faster.",
        )
    return Finding(OK, f"These are the settings: {known.settings}.")


def check_images(known: Known) -> Finding:
    """Is CIFAR-10 there and undamaged, or can it be fetched, or is the stand-in to be drawn?"""
    from workshop_utils.images import cifar10
    from workshop_utils.images.dataset import CIFAR10, STANDIN
    from workshop_utils.images.download import check_download
    from workshop_utils.images.load import find_cifar10

    settings = known.settings
    known.dataset = STANDIN
    if settings.dataset == "standin":
        return Finding(OK, "The stand-in, drawn by code, takes the place of CIFAR-10 as you asked.")
    try:
        found = find_cifar10(settings.data_dir)
        if found.cached or found.place:
            known.dataset = CIFAR10
            return _describe(found, settings.data_dir)
    except cifar10.DataError as error:
        return Finding(FAIL, f"{in_words(error)}.")
    try:
        check_download(settings.data_dir, settings.offline)
        if reason := why_not_writable(settings.data_dir):
            raise cifar10.NotFoundError(settings.data_dir, f"it cannot be kept there ({reason})")
    except cifar10.NotFoundError as error:
        text = " ".join([*found.remarks, f"CIFAR-10 is not here, and {error.reason}."])
        advice = f"To use it, put {cifar10.ARCHIVE} into the folder {settings.data_dir}."
        if settings.dataset == "cifar10":
            return Finding(FAIL, text, advice)
        return Finding(NOTE, f"{text} The stand-in will be drawn.", advice)
    known.dataset = CIFAR10
    return Finding(
        NOTE,
        "CIFAR-10 is not here yet: notebook 1 will download it (170 MB).",
        "Better do so before the lab:",
        run_python("-m", "workshop_utils", "data"),
    )


def _describe(found: Found, data_dir: Path) -> Finding:
    """What there is, how many images, and what a reader should know about them."""
    import torch

    from workshop_utils.images import cifar10
    from workshop_utils.images.load import uneven

    what, labels = "the cache", []
    if found.cached:
        labels = found.cached.tensors[1::2]
    elif found.place:
        what = cifar10.PLACES[found.place.name]
        if found.place.name == cifar10.IMAGE_FOLDER:  # the others are known by their sums
            labels = [torch.from_numpy(array) for array in cifar10.read(found.place)[0][1::2]]
    text = f"CIFAR-10 is there: {what} in {data_dir}"
    if labels:
        text += f", {len(labels[0]):,} training and {len(labels[1]):,} test images"
    remarks = [*found.remarks, uneven(*labels)]
    return Finding(NOTE if any(remarks) else OK, f"{text}. {' '.join(remarks)}".strip())


def check_folders(known: Known) -> Finding:
    """Can images and trained networks be kept, and is there room for them?"""
    from workshop_utils.images.cifar10 import DataError
    from workshop_utils.images.load import Found, find_cifar10

    images, runs = known.settings.data_dir, known.settings.runs_dir

    @functools.cache
    def found() -> Found:
        try:
            return find_cifar10(images)
        except DataError:  # told by the check of the images
            return Found()

    for variable, folder, else_ in (
        ("WORKSHOP_DATA", images, "CIFAR-10 cannot be downloaded"),
        ("WORKSHOP_RUNS", runs, "trained networks are not kept"),
    ):
        reason = why_not_writable(folder)
        # Images that are there are only read.
        if reason and not (folder == images and (found().cached or found().place)):
            return Finding(
                FAIL,
                f"{folder} cannot be written: {reason}. The notebooks run, but {else_}.",
                f"Set {variable} to a folder of your own, for example",
                set_variable(variable, str(Path.home() / "convnet-workbook")),
            )
    free = shutil.disk_usage(is_there(images)).free
    text = f"{free / GB:.1f} GB are free in {images}"
    if free < DISK_NEEDED and not found().cached:
        return Finding(
            FAIL,
            f"Only {text}; the images need {DISK_NEEDED / GB:.0f} GB.",
            "Delete what you no longer need, or set WORKSHOP_DATA to a folder on another disk.",
        )
    return Finding(OK, f"{text} for images, and trained networks can be kept in {runs}.")


def check_memory(known: Known) -> Finding:
    """Does the largest notebook fit into the memory that is free?"""
    from workshop_utils.experiments.memory import free_memory

    free = free_memory()
    text = f"{free / GB:.1f} GB of memory are free; a notebook needs {MEMORY_NEEDED / GB:.0f} GB."
    if free < MEMORY_NEEDED:
        return Finding(
            FAIL,
            f"Only {text}",
            "Close other programs, and notebooks that you are done with "
            "(in JupyterLab: Kernel, Shut Down All Kernels).",
        )
    return Finding(OK, text)


def check_time(known: Known) -> Finding:
    """How long will the notebooks compute here? A moment of training tells."""
    import psutil

    from workshop_utils.doctor.speed import expected_seconds, images_per_second
    from workshop_utils.experiments.reference import load_reference
    from workshop_utils.images.dataset import CIFAR10

    load = psutil.cpu_percent(interval=0.3)
    here = images_per_second(known.settings.device)
    profile = known.settings.profile.name
    recordings = load_reference()
    recording = recordings[known.dataset].get(profile)
    at_most = "" if recording else "at most "
    # What was not recorded takes no longer than all of CIFAR-10.
    seconds = expected_seconds(recording or recordings[CIFAR10]["full"], here)
    minutes = [math.ceil(s / 6) / 10 for s in seconds.values()]
    text = (
        f"Notebooks 1 to 4 will compute {at_most}{' + '.join(map(str, minutes))} = "
        f"{sum(minutes):.1f} minutes here ({known.dataset}, profile {profile})."
    )
    if load > BUSY:
        text += " Less if nothing else runs: other programs keep the processor busy."
        return Finding(NOTE, text, "Close them, and look again.")
    if sum(minutes) > LONG and profile == "full":
        command = set_variable("WORKSHOP_PROFILE", "quick")
        return Finding(NOTE, text, "For a shorter run, on fewer images:", command)
    return Finding(OK, text)


def is_there(folder: Path) -> Path:
    """The folder, or if it does not exist yet, the innermost folder around it that does."""
    return next((path for path in (folder, *folder.absolute().parents) if path.exists()), folder)


def why_not_writable(folder: Path) -> str:
    """Try to write into a folder and leave nothing behind, not even the folder."""
    # Not with tempfile: on Windows it does not give up in a folder that denies access.
    trial = is_there(folder) / f".doctor-{os.getpid()}"
    try:
        trial.mkdir()
        trial.rmdir()
    except OSError as error:
        return error.strerror or in_words(error)
    return ""
