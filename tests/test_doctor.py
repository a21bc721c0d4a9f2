import dataclasses
import json
import os
import re
import subprocess
import sys
import types
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import joblib
import psutil
import pytest
import torch
import torch.nn.functional as F
from making import accept

import workshop_utils as wu
from tools.notebooks import record
from workshop_utils import __main__, doctor
from workshop_utils.doctor import findings, kernel, machine, python, speed
from workshop_utils.doctor.findings import FAIL, OK, Finding, Known
from workshop_utils.experiments import memory, reference
from workshop_utils.files import write_tensors
from workshop_utils.images import cifar10, download
from workshop_utils.images.cache import PARTS
from workshop_utils.images.dataset import CIFAR10, CLASSES, STANDIN

ROOT = Path(__file__).parent.parent
MEGABYTE = 1e6


@pytest.fixture
def examine(monkeypatch, capsys, tmp_path):
    """Run the doctor with some of its checks; returns exit status and what it prints."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKSHOP_RUNS", str(tmp_path / "runs"))

    def torch_is_fine(known):
        known.torch_works = True
        return Finding(OK, "")

    def run(*titles):
        checks = {title: check for title, check in doctor.CHECKS.items() if title in titles}
        assert len(checks) == len(titles)
        if "PyTorch" not in titles:
            checks = {"PyTorch": torch_is_fine, **checks}
        with monkeypatch.context() as patch:
            patch.setattr(doctor, "CHECKS", checks)
            status = doctor.main()
        return status, capsys.readouterr().out

    return run


def lines_of(output):
    """Title -> (verdict, all that is said, as one line)."""
    found = {}
    for line in output.splitlines():
        if match := re.match(r"(OK|NOTE|FAIL) +(\w+(?: folder)?) *(.*)", line):
            title = match[2]
            found[title] = (match[1], match[3])
        elif line.startswith(doctor.INDENT):
            found[title] = (found[title][0], f"{found[title][1]} {line.strip()}")
    return found


def failed(result, title):
    """What a failure says; the doctor must have ended with status 1."""
    status, output = result
    verdict, said = lines_of(output)[title]
    assert (verdict, status) == ("FAIL", 1), output
    assert " failed. Begin with the first" in output
    return said


def passed(result, title, verdict="OK"):
    """What is said where nothing stands in the way; the doctor must have ended with status 0."""
    status, output = result
    found, said = lines_of(output)[title]
    assert (found, status) == (verdict, 0), output
    return said


def make_package(folder, name, requires):
    """Let a package count as installed."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    wanted = [f"Requires-Dist: {requirement}" for requirement in requires]
    header = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0", "Requires-Python: >=3.10"]
    (info / "METADATA").write_text("\n".join([*header, *wanted, ""]))


# --- the command ---


def test_a_computer_that_is_ready_passes(capsys):
    assert __main__.main(["doctor"]) == 0
    output = capsys.readouterr().out
    found = lines_of(output)
    assert list(found) == list(doctor.CHECKS)
    assert "FAIL" not in output
    assert f"PyTorch {torch.__version__.split('+')[0]}" in found["packages"][1]
    assert "profile quick, data standin, device cpu" in found["settings"][1]
    assert "notebooks 1 to 4 compute" in found["speed"][1]
    assert output.endswith("Ready.\n")


@pytest.mark.parametrize("arguments", [[], ["help"], ["doctor", "now"]])
def test_any_other_command_is_answered_with_the_usage(arguments, capsys):
    assert __main__.main(arguments) == 2
    assert "usage: python -m workshop_utils doctor" in capsys.readouterr().err


def test_stopping_the_doctor_ends_it_quietly(monkeypatch, capsys):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(__main__, "doctor", stopped)
    assert __main__.main(["doctor"]) == 130
    assert capsys.readouterr().out == "\nStopped.\n"


def test_without_its_packages_the_doctor_still_runs(tmp_path):
    for name in ("torch", "lazy_loader", "platformdirs"):
        missing = f"raise ModuleNotFoundError(\"No module named '{name}'\")"
        (tmp_path / f"{name}.py").write_text(missing)
    said = subprocess.run(
        [sys.executable, "-m", "workshop_utils", "doctor"],
        env={**os.environ, "PYTHONPATH": os.pathsep.join([str(tmp_path), str(ROOT)])},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (said.returncode, said.stderr) == (1, "")
    found = lines_of(said.stdout)
    assert list(found) == list(doctor.CHECKS)
    assert found["PyTorch"][0] == "FAIL"
    assert "No module named 'torch'" in found["PyTorch"][1]
    assert "-m pip install -e ." in found["PyTorch"][1]
    assert found["settings"] == ("NOTE", "skipped: it needs PyTorch, see above")
    for title in ("images", "data folder", "runs folder", "disk", "speed"):
        assert found[title] == ("NOTE", "skipped: it needs the settings, see above")
    assert found["memory"][0] == "OK"


def test_a_package_without_its_lazy_loader_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lazy_loader", None)
    spec = spec_from_file_location("without_loader", wu.__file__)
    package = module_from_spec(spec)
    spec.loader.exec_module(package)
    with pytest.raises(ImportError, match="lazy_loader is missing.*pip install -e"):
        package.train  # noqa: B018


# --- a finding ---


def test_an_error_nobody_thought_of_is_a_line_of_its_own():
    def check(known):
        print("this belongs to nobody")
        raise KeyError("surprise\nin two lines")

    finding = doctor.examine(check, Known())
    assert finding.verdict == FAIL
    assert "could not be checked: KeyError: 'surprise" in finding.text
    assert "\n" not in finding.text
    assert finding.advice == "Show this line to your tutor."


def test_what_a_check_prints_or_warns_of_stays_out_of_the_report(capsys):
    def check(known):
        print("a stray line")
        import warnings

        warnings.warn("a stray warning", stacklevel=1)
        return Finding(OK, "fine")

    assert doctor.examine(check, Known()).text == "fine"
    assert capsys.readouterr() == ("", "")


def test_a_missing_package_is_named_with_the_command_that_installs_it():
    def check(known):
        import no_such_package  # noqa: F401

    finding = doctor.examine(check, Known())
    assert (finding.verdict, finding.text) == (FAIL, "No module named 'no_such_package'.")
    assert finding.command.endswith("-m pip install -e .")


@pytest.mark.parametrize("columns", [80, 100, 200])
def test_texts_fit_the_terminal_and_commands_stay_in_one_line(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    finding = Finding(FAIL, "some words " * 30, "more words " * 20, "a-command " * 30)
    *texts, command = doctor.as_lines("memory", finding).splitlines()
    assert max(map(len, texts)) <= min(columns, doctor.WIDEST)
    assert texts[0].startswith("FAIL  memory       some words")
    assert all(line.startswith(doctor.INDENT) for line in texts[1:])
    assert command.count("a-command") == 30


def test_commands_are_those_of_the_terminal(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert findings.run_python("-m", "pip", python="/home/a b/python") == (
        "'/home/a b/python' -m pip"
    )
    assert findings.set_variable("A", "b c") == "export A='b c'"
    assert findings.remove_variable("A") == "unset A"
    monkeypatch.setattr(sys, "platform", "win32")
    assert findings.run_python("-m", "x", "a>1", python=r"C:\a b\python.exe") == (
        r'& "C:\a b\python.exe" -m x "a>1"'
    )
    assert findings.run_python("-m", "x", python=r"C:\python.exe") == r"C:\python.exe -m x"
    assert findings.set_variable("A", "b c") == '$env:A = "b c"'
    assert findings.remove_variable("A") == "Remove-Item Env:A"


def test_a_command_is_shown_once(monkeypatch, capsys):
    broken = {title: lambda known: findings.install("broken") for title in ("one", "two")}
    monkeypatch.setattr(doctor, "CHECKS", broken)
    assert doctor.main() == 1
    output = capsys.readouterr().out
    assert output.count("pip install -e .") == 1
    assert output.count("-> The command above mends this, too.") == 1


# --- Python and packages ---


def test_an_old_python_is_named_with_the_one_that_is_needed(examine, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    said = failed(examine("Python"), "Python")
    assert "3.9.2, but the workbook needs >=3.10" in said
    assert "Install a newer Python" in said


def test_a_python_without_the_workbook_is_named(examine, monkeypatch, tmp_path):
    monkeypatch.setattr(python, "DISTRIBUTION", "no-such-workbook")
    monkeypatch.setattr(python, "ENVIRONMENT", tmp_path / "python")
    said = failed(examine("Python"), "Python")
    assert f"{sys.executable}, where the workbook is not installed" in said
    assert f"{findings.run_python('-m', 'pip')} install -e ." in said
    (tmp_path / "python").touch()
    said = failed(examine("Python"), "Python")
    assert "Use the Python of the workbook's environment" in said
    assert said.endswith("python -m workshop_utils doctor")


def test_packages_that_are_missing_or_of_another_version_are_named(examine, monkeypatch, tmp_path):
    requires = ["no-such-package", "numpy>=99", "pillow", "never; extra == 'dev'"]
    make_package(tmp_path, "some-workbook", requires)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(python, "DISTRIBUTION", "some-workbook")
    said = failed(examine("packages"), "packages")
    assert "no-such-package is missing; numpy is" in said
    assert ", needed is >=99" in said
    assert "pillow" not in said
    assert "never" not in said
    assert findings.run_python("-m", "pip", "install", "-e", ".") in said


# --- PyTorch and settings ---


@pytest.fixture
def other_torch(monkeypatch, tmp_path):
    """Let new processes import something else by the name of torch."""

    def make(code):
        (tmp_path / "torch.py").write_text(code)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return make


@pytest.mark.parametrize(
    ("code", "reason", "command"),
    [
        ("raise ModuleNotFoundError('torch')", "ModuleNotFoundError: torch", "install -e ."),
        ("raise OSError('c10.dll')", "OSError: c10.dll", "--force-reinstall"),
        ("import os; os._exit(3)", "Python ended with status 3", "--force-reinstall"),
    ],
)
def test_a_pytorch_that_cannot_be_imported_fails(examine, other_torch, code, reason, command):
    other_torch(code)
    result = examine("PyTorch", "settings")
    said = failed(result, "PyTorch")
    assert f"PyTorch cannot be imported: {reason}" in said
    assert command in said
    assert lines_of(result[1])["settings"] == ("NOTE", "skipped: it needs PyTorch, see above")


def test_a_pytorch_that_hangs_is_given_up(examine, other_torch, monkeypatch):
    other_torch("import time; time.sleep(30)")
    monkeypatch.setattr(python, "PATIENCE", 0.5)
    assert "timed out after 0.5 seconds" in failed(examine("PyTorch"), "PyTorch")


def test_a_pytorch_that_miscalculates_fails(examine, other_torch, monkeypatch):
    other_torch("")
    right = F.conv2d
    monkeypatch.setattr(F, "conv2d", lambda x, filters: right(x, filters) * 1.01)
    said = failed(examine("PyTorch"), "PyTorch")
    assert "wrong results" in said
    assert "torchvision" in said


def test_on_windows_the_runtime_that_pytorch_needs_is_named(examine, other_torch, monkeypatch):
    other_torch("raise OSError('c10.dll')")
    real = python._install_torch_again

    def on_windows(text):
        with monkeypatch.context() as patch:
            patch.setattr(sys, "platform", "win32")
            return real(text)

    monkeypatch.setattr(python, "_install_torch_again", on_windows)
    said = failed(examine("PyTorch"), "PyTorch")
    assert "Visual C++" in said
    assert '"torch' in said


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("WORKSHOP_DEVICE", "tpu"),
        ("WORKSHOP_DATASET", "mnist"),
        ("WORKSHOP_PROFILE", "fast"),
        ("WORKSHOP_SEED", "one"),
        ("WORKSHOP_OFFLINE", "yes"),
        ("WORKSHOP_PROGRESS", "no"),
    ],
)
def test_a_bad_setting_is_named_and_what_needs_it_is_skipped(examine, monkeypatch, variable, value):
    monkeypatch.setenv(variable, value)
    result = examine("settings", "disk")
    said = failed(result, "settings")
    assert f"{variable} is '{value}', but it must be" in said
    assert said.endswith(findings.remove_variable(variable))
    assert lines_of(result[1])["disk"][1] == "skipped: it needs the settings, see above"


def test_a_device_that_is_not_there_fails(examine, monkeypatch):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setenv("WORKSHOP_DEVICE", "cuda")
    assert "no such device on this computer" in failed(examine("settings"), "settings")


def test_a_device_that_miscalculates_fails(examine, monkeypatch):
    monkeypatch.setattr(python, "computes_rightly", lambda device: False)
    said = failed(examine("settings"), "settings")
    assert "wrong results on the device cpu" in said
    assert "set WORKSHOP_DEVICE to cpu" in said


# --- the kernel ---


@pytest.fixture
def other_kernel(monkeypatch, tmp_path):
    """Describe another kernel in the user's folder, where it hides that of the environment."""
    folder = tmp_path / "user" / "kernels" / kernel.KERNEL

    def describe(code, python=sys.executable):
        folder.mkdir(parents=True)
        argv = [str(python), "-c", code, "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
        monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "user"))
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        return folder

    return describe


def test_a_kernel_of_another_python_is_named_and_where_it_comes_from(examine, other_kernel):
    folder = other_kernel(
        "import sys; sys.prefix, sys.executable = '/elsewhere', '/elsewhere/python';"
        "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    said = failed(examine("kernel"), "kernel")
    assert "Jupyter runs another Python: /elsewhere/python." in said
    assert f"Remove the folder {folder}" in said


def test_a_kernel_that_dies_fails_with_its_last_words(examine, other_kernel):
    folder = other_kernel("import no_such_module")
    said = failed(examine("kernel"), "kernel")
    assert "Kernel died" in said
    assert "No module named 'no_such_module'" in said
    assert f"Remove the folder {folder}" in said


def test_a_kernel_that_hangs_is_given_up_and_ended(examine, other_kernel, monkeypatch, tmp_path):
    pid = tmp_path / "pid"
    other_kernel(
        f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    monkeypatch.setattr(kernel, "PATIENCE", 1)
    assert "didn't respond in 1 seconds" in failed(examine("kernel"), "kernel")
    assert not psutil.pid_exists(int(pid.read_text()))


def test_a_kernel_of_a_python_that_is_gone_fails(examine, other_kernel, tmp_path):
    folder = other_kernel("", python=tmp_path / "removed" / "python")
    said = failed(examine("kernel"), "kernel")
    assert "does not work" in said
    assert f"Remove the folder {folder}" in said


def test_a_damaged_description_of_the_kernel_fails(examine, other_kernel):
    folder = other_kernel("")
    (folder / "kernel.json").write_text("{")
    assert f"Remove the folder {folder}" in failed(examine("kernel"), "kernel")


def test_the_environments_own_kernel_is_mended_by_installing_it_anew(
    examine, other_kernel, monkeypatch, tmp_path
):
    other_kernel("import no_such_module")
    monkeypatch.setattr(sys, "prefix", str(tmp_path))
    said = failed(examine("kernel"), "kernel")
    assert said.endswith(findings.run_python("-m", "ipykernel", "install", "--sys-prefix"))


def test_no_kernel_at_all_fails(examine, monkeypatch):
    monkeypatch.setitem(sys.modules, "ipykernel", None)
    said = failed(examine("kernel"), "kernel")
    assert "ipykernel is missing" in said
    assert "-m pip install -e ." in said


# --- widgets ---


def test_without_widgets_only_the_progress_bars_are_missed(examine, monkeypatch):
    monkeypatch.setattr("jupyter_core.paths.jupyter_path", lambda: [])
    said = passed(examine("widgets"), "widgets", "NOTE")
    assert "JupyterLab's part of ipywidgets is missing" in said
    assert re.search("--force-reinstall .*ipywidgets.*jupyterlab_widgets", said)


def test_widgets_of_versions_that_do_not_fit_are_named(examine, monkeypatch, tmp_path):
    make_package(tmp_path, "ipywidgets", ["jupyterlab_widgets>=99"])
    monkeypatch.syspath_prepend(tmp_path)
    said = passed(examine("widgets"), "widgets", "NOTE")
    assert "jupyterlab_widgets is" in said
    assert "needed is >=99" in said


def test_missing_widgets_are_named(examine, monkeypatch):
    requires = python.metadata.requires

    def without_ipywidgets(name):
        if name == "ipywidgets":
            raise python.metadata.PackageNotFoundError(name)
        return requires(name)

    monkeypatch.setattr(python.metadata, "requires", without_ipywidgets)
    assert "ipywidgets is missing" in passed(examine("widgets"), "widgets", "NOTE")


# --- images ---


@pytest.fixture
def data_dir(monkeypatch, tmp_path, examine):
    """The data folder, in which CIFAR-10 is looked for."""
    monkeypatch.setenv("WORKSHOP_DATASET", "auto")
    folder = tmp_path / "data"
    folder.mkdir()
    return folder


def put_archive(data_dir, monkeypatch):
    archive = data_dir / cifar10.ARCHIVE
    archive.write_bytes(b"not packed at all, but with the sums that are asked for")
    accept(archive, monkeypatch.setattr)


def put_image_folder(data_dir):
    for part in ("train", "test"):
        for name in CLASSES:
            folder = data_dir / cifar10.IMAGE_FOLDER / part / name
            folder.mkdir(parents=True)
            (folder / "0.png").touch()


def put_cache(data_dir):
    tensors = {part: torch.arange(3) for part in PARTS}
    about = {"variant": "", "made_from": cifar10.ARCHIVE}
    write_tensors(data_dir / "cifar10.safetensors", tensors, about)


def test_cifar10_is_found_without_being_loaded(examine, data_dir, monkeypatch):
    put_image_folder(data_dir)
    assert "CIFAR-10, the folder of images in" in passed(examine("settings", "images"), "images")
    put_archive(data_dir, monkeypatch)
    assert "CIFAR-10, the official archive in" in passed(examine("settings", "images"), "images")
    put_cache(data_dir)
    assert "CIFAR-10, the cache in" in passed(examine("settings", "images"), "images")


def test_a_truncated_archive_fails(examine, data_dir):
    (data_dir / cifar10.ARCHIVE).write_bytes(b"part of it")
    said = failed(examine("settings", "images"), "images")
    assert "incomplete or not the official archive" in said
    assert "fetch it again" in said


def test_an_altered_official_folder_fails(examine, data_dir):
    (data_dir / cifar10.OFFICIAL_FOLDER).mkdir()
    said = failed(examine("settings", "images"), "images")
    assert "data_batch_1 cannot be read" in said
    assert "Unpack the archive" in said


def test_a_folder_of_images_without_one_of_the_classes_fails(examine, data_dir):
    put_image_folder(data_dir)
    (data_dir / cifar10.IMAGE_FOLDER / "test" / "frog" / "0.png").unlink()
    said = failed(examine("settings", "images"), "images")
    assert "no images in" in said
    assert "unpack it again" in said


def test_a_damaged_cache_is_not_counted(examine, data_dir):
    (data_dir / "cifar10.safetensors").write_bytes(b"half of it")
    said = passed(examine("settings", "images"), "images", "NOTE")
    assert "The stand-in will be drawn." in said


def test_without_cifar10_the_stand_in_is_announced(examine, data_dir):
    said = passed(examine("settings", "images"), "images", "NOTE")
    assert "WORKSHOP_OFFLINE=1 forbids to fetch it. The stand-in will be drawn." in said
    assert f"put cifar-10-python.tar.gz into the folder {data_dir}" in said


def test_cifar10_asked_for_by_name_but_missing_fails(examine, data_dir, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATASET", "cifar10")
    monkeypatch.setenv("WORKSHOP_OFFLINE", "0")
    monkeypatch.setattr(download, "any_answers", lambda *_: False)
    said = failed(examine("settings", "images"), "images")
    assert "CIFAR-10 is not here, and none of its hosts can be reached (zenodo.org, " in said
    assert f"put cifar-10-python.tar.gz into the folder {data_dir}" in said


def test_a_download_in_the_lab_is_announced(examine, data_dir, monkeypatch):
    monkeypatch.setenv("WORKSHOP_OFFLINE", "0")
    monkeypatch.setattr(download, "any_answers", lambda *_: True)
    said = passed(examine("settings", "images"), "images", "NOTE")
    assert "will download it (170 MB)" in said
    assert "before the lab" in said


# --- folders and disk ---


@pytest.mark.parametrize(
    ("title", "variable"), [("data folder", "WORKSHOP_DATA"), ("runs folder", "WORKSHOP_RUNS")]
)
def test_a_folder_that_cannot_be_written_fails(examine, monkeypatch, tmp_path, title, variable):
    (tmp_path / "file").touch()
    monkeypatch.setenv(variable, str(tmp_path / "file" / "folder"))
    said = failed(examine("settings", title), title)
    assert "cannot be written: " in said
    assert f"Set {variable} to a folder of your own" in said
    assert findings.set_variable(variable, str(Path.home() / "convnet-workbook")) in said


def test_looking_leaves_nothing_behind(examine, tmp_path):
    passed(examine("settings", "data folder", "runs folder"), "runs folder")
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_can_only_be_read_is_fine_with_the_images_in_it(
    examine, data_dir, monkeypatch
):
    monkeypatch.setattr(machine, "why_not_writable", lambda folder: "Permission denied")
    put_image_folder(data_dir)
    said = passed(examine("settings", "images", "data folder"), "data folder")
    assert "can only be read, but the images are there" in said


def test_a_full_disk_fails_unless_the_images_are_cached(examine, data_dir, monkeypatch):
    disk = types.SimpleNamespace(free=900 * MEGABYTE)
    monkeypatch.setattr("shutil.disk_usage", lambda folder: disk)
    said = failed(examine("settings", "images", "disk"), "disk")
    assert "only 0.9 GB free for the images, needed is 1 GB." in said
    assert "set WORKSHOP_DATA to a folder on another disk" in said
    put_cache(data_dir)
    passed(examine("settings", "images", "disk"), "disk")


# --- memory, cores, speed ---


def test_too_little_free_memory_fails(examine, monkeypatch):
    free = types.SimpleNamespace(available=1500 * MEGABYTE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    said = failed(examine("memory"), "memory")
    assert "only 1.5 GB free, a notebook needs 2 GB." in said
    assert "Close other programs" in said


@pytest.mark.parametrize(
    ("limit", "is_enough"), [("4000000000\n", False), ("6000000000\n", True), ("max\n", True)]
)
def test_a_container_may_take_what_is_left_of_its_own_limit(
    examine, monkeypatch, tmp_path, limit, is_enough
):
    free = types.SimpleNamespace(available=8000 * MEGABYTE)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(memory, "LIMIT", tmp_path / "memory.max")
    memory.LIMIT.write_text(limit)
    (tmp_path / "memory.current").write_text("3500000000\n")
    (tmp_path / "memory.stat").write_text("anon 3000000000\ninactive_file 500000000\n")
    if is_enough:
        found = "8.0 GB free" if limit == "max\n" else "3.0 GB free"
        assert found in passed(examine("memory"), "memory")
    else:
        assert "only 1.0 GB free" in failed(examine("memory"), "memory")


def test_cores_that_lie_idle_are_worth_a_note(examine, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 1)
    for variable in machine.THREAD_VARIABLES:
        monkeypatch.delenv(variable, raising=False)
    assert "4 of" in passed(examine("cores"), "cores")
    monkeypatch.setenv("MKL_NUM_THREADS", "1")
    said = passed(examine("cores"), "cores", "NOTE")
    assert "4 of" in said
    assert "PyTorch uses 1. -> Remove the variable MKL_NUM_THREADS" in said


def test_more_threads_than_a_container_has_cores_are_worth_a_note(examine, monkeypatch):
    monkeypatch.setattr(joblib, "cpu_count", lambda: 1)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 2)
    said = passed(examine("cores"), "cores", "NOTE")
    assert said.startswith("1 of")
    assert findings.set_variable("OMP_NUM_THREADS", "1") in said


def test_cores_are_counted_without_pytorch():
    finding = machine.check_cores(Known())
    assert finding.text == f"{joblib.cpu_count()} of {os.cpu_count()} can be used"


@pytest.fixture
def calm(monkeypatch):
    """A computer on which nothing else runs, and that is as fast as the recording one."""
    seconds = {"01_mlp": [10.0], "02_cnn": [9.0, 12.0, 9.5], "03_autoencoder": [13.2]}
    known = reference.load_reference()[STANDIN]
    recording = dataclasses.replace(known["quick"], seconds={**seconds, "04_interpolation": [7.0]})
    known = {STANDIN: {**known, "quick": recording}}
    monkeypatch.setattr(reference, "load_reference", lambda: known)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 0.0)
    monkeypatch.setattr(speed, "images_per_second", lambda device: recording.images_per_second)
    return recording


def test_on_an_equal_computer_the_recorded_times_are_expected(examine, calm):
    said = passed(examine("settings", "images", "speed"), "speed")
    assert said == (
        "notebooks 1 to 4 compute 0.2 + 0.2 + 0.3 + 0.2 = 0.9 minutes (stand-in, profile quick)"
    )


def test_a_slower_computer_needs_longer_and_each_notebook_has_its_measure(calm):
    there = calm.images_per_second
    here = {"classifier": there["classifier"] / 2, "autoencoder": there["autoencoder"] / 3}
    equal, slower = (speed.expected_seconds(calm, rate) for rate in (there, here))
    factors = [round(slower[notebook] / equal[notebook], 6) for notebook in calm.seconds]
    assert factors == [2, 2, 3, 3]


def test_a_slow_computer_is_told_of_the_quick_profile(examine, calm, monkeypatch):
    slow = {name: rate / 40 for name, rate in calm.images_per_second.items()}
    monkeypatch.setattr(speed, "images_per_second", lambda device: slow)
    monkeypatch.setenv("WORKSHOP_PROFILE", "full")
    said = passed(examine("settings", "images", "speed"), "speed", "NOTE")
    assert said.endswith(findings.set_variable("WORKSHOP_PROFILE", "quick"))


def test_a_busy_computer_is_told_that_it_could_be_faster(examine, calm, monkeypatch):
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 80.0)
    said = passed(examine("settings", "images", "speed"), "speed", "NOTE")
    assert "Less if nothing else runs" in said


def test_without_recorded_times_none_are_promised(examine, calm, monkeypatch):
    never = dataclasses.replace(calm, images_per_second={})
    monkeypatch.setattr(reference, "load_reference", lambda: {STANDIN: {"quick": never}})
    said = passed(examine("settings", "images", "speed"), "speed", "NOTE")
    assert "no times are recorded" in said
    assert "minutes" not in said


def test_measuring_the_speed_is_bounded_and_leaves_the_random_numbers_alone():
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    here = speed.images_per_second(torch.device("cpu"), seconds=0.1)
    assert torch.equal(torch.rand(3), expected)
    assert here.keys() == set(speed.PROBED_BY.values())
    assert min(here.values()) > 0


def test_every_recording_has_the_notebooks_and_the_speed_of_its_computer():
    for dataset in (CIFAR10, STANDIN):
        for recording in reference.load_reference()[dataset].values():
            assert recording.seconds.keys() == speed.PROBED_BY.keys() | {"05_variational"}
            assert recording.images_per_second.keys() == set(speed.PROBED_BY.values())


def test_the_median_of_several_measurements_is_recorded(monkeypatch, tmp_path):
    file = tmp_path / "reference.json"
    file.write_text(json.dumps({STANDIN: {"quick": {"variant": ""}, "full": {"variant": ""}}}))
    rates = iter([5, 1, 100, 3, 4, 2, 6])
    monkeypatch.setattr(record, "REFERENCE_FILE", file)
    monkeypatch.setattr(record, "images_per_second", lambda device: {"classifier": next(rates)})
    record.write_speed()
    written = {"variant": "", "images_per_second": {"classifier": 4}}
    assert json.loads(file.read_text()) == {STANDIN: {"quick": written, "full": written}}
