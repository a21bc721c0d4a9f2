import dataclasses
import json
import os
import subprocess
import sys
import types
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import psutil
import pytest
import torch
from making import accept

import workshop_utils as wu
from workshop_utils import __main__, doctor
from workshop_utils.doctor import computer, findings, python, speed
from workshop_utils.doctor.findings import FAIL, NOTE, OK, Finding, Known
from workshop_utils.experiments import memory, reference
from workshop_utils.files import write_tensors
from workshop_utils.images import cifar10, download
from workshop_utils.images.cache import PARTS
from workshop_utils.images.dataset import CIFAR10, STANDIN
from workshop_utils.settings import Settings

ROOT = Path(__file__).parent.parent


@pytest.fixture
def find(monkeypatch, capsys, tmp_path):
    """Make one check, which must come to a verdict; returns all that it says, as one line."""
    monkeypatch.setenv("WORKSHOP_DATA", str(tmp_path / "data"))
    monkeypatch.setenv("WORKSHOP_RUNS", str(tmp_path / "runs"))

    def run(check, verdict):
        known = Known(dataset=STANDIN)
        if check is not computer.check_settings:
            known.settings = Settings.from_environment()
        assert doctor.look(check, known) == verdict
        found, said = capsys.readouterr().out.split(maxsplit=1)
        assert found == verdict
        return " ".join(said.split())

    return run


def run_doctor(folder, *options, **environment):
    command = [sys.executable, *options, "-m", "workshop_utils", "doctor"]
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        timeout=60,
    )


def make_package(folder, name, requires):
    """Let a package count as installed."""
    info = folder / f"{name.replace('-', '_')}-1.0.dist-info"
    info.mkdir(parents=True)
    wanted = [f"Requires-Dist: {requirement}" for requirement in requires]
    header = ["Metadata-Version: 2.1", f"Name: {name}", "Version: 1.0"]
    (info / "METADATA").write_text("\n".join([*header, *wanted, ""]))


# --- the command ---


def test_a_computer_that_is_ready_passes(capsys):
    assert __main__.main(["doctor"]) == 0
    _, _, *lines = capsys.readouterr().out.splitlines()
    verdicts = [line.split()[0] for line in lines if line and not line.startswith(" ")]
    assert len(verdicts) == len(doctor.FIRST + doctor.THEN) + 1
    assert set(verdicts) <= {OK, NOTE, "Ready."}
    assert lines[-1] == "Ready."


@pytest.mark.parametrize("arguments", [[], ["help"], ["doctor", "now"]])
def test_any_other_command_is_answered_with_the_usage(arguments, capsys):
    assert __main__.main(arguments) == 2
    assert "usage: python -m workshop_utils doctor" in capsys.readouterr().err


def test_stopping_the_doctor_ends_it_quietly(monkeypatch, capsys):
    def stopped():
        raise KeyboardInterrupt

    monkeypatch.setattr(doctor, "main", stopped)
    assert __main__.main(["doctor"]) == 130
    assert capsys.readouterr().out == "\nStopped.\n"


def test_without_any_package_the_doctor_still_runs():
    said = run_doctor(ROOT, "-S", PYTHONPATH="")
    assert (said.returncode, said.stderr) == (1, "")
    assert "FAIL  The workbook is not installed in this Python" in said.stdout


def test_a_file_with_the_name_of_a_module_is_named_and_not_imported(tmp_path):
    (tmp_path / "random.py").write_text("raise SystemExit('imported')")
    said = run_doctor(tmp_path, PYTHONPATH=str(ROOT))
    assert (said.returncode, said.stderr) == (1, "")
    assert f"FAIL {tmp_path / 'random.py'} has the name" in " ".join(said.stdout.split())


def test_the_first_failure_ends_the_look_only_where_all_others_build_on_it(monkeypatch, capsys):
    def broken(known):
        return findings.install("Broken.")

    def fine(known):
        return Finding(OK, "Fine.")

    for first, then, seen in (
        ([broken, fine], [fine], [FAIL]),
        ([fine], [broken, fine], [OK, FAIL, OK]),
    ):
        monkeypatch.setattr(doctor, "FIRST", first)
        monkeypatch.setattr(doctor, "THEN", then)
        assert doctor.main() == 1
        words = capsys.readouterr().out.split()
        assert [word for word in words if word in (OK, FAIL)] == seen


def test_a_package_without_its_lazy_loader_says_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "lazy_loader", None)
    spec = spec_from_file_location("without_loader", wu.__file__)
    package = module_from_spec(spec)
    spec.loader.exec_module(package)
    with pytest.raises(ImportError, match="lazy_loader is missing.*pip install -e"):
        package.train  # noqa: B018


# --- a finding ---


def test_an_error_nobody_thought_of_is_a_line_of_its_own_and_nothing_else_is_printed(find):
    def check(known):
        """Is it so?"""
        import warnings

        print("a stray line")
        warnings.warn("a stray warning", stacklevel=1)
        raise KeyError("surprise\nin two lines")

    said = find(check, FAIL)
    assert said.startswith("Is it so? This could not be found out: KeyError: 'surprise")
    assert said.endswith("-> Show these lines to your tutor.")


def test_a_missing_package_is_named_with_the_command_that_installs_it(find):
    def check(known):
        import no_such_package  # noqa: F401

    said = find(check, FAIL)
    assert "No module named 'no_such_package'. -> In the workbook's folder, run" in said
    assert said.endswith("-m pip install -e .")


@pytest.mark.parametrize("columns", [80, 200])
def test_texts_fit_the_terminal_and_commands_stay_in_one_line(columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    finding = Finding(FAIL, "some words " * 30, "more words " * 20, "a-command " * 30)
    *texts, command = doctor.as_lines(finding).splitlines()
    assert max(map(len, texts)) <= min(columns, doctor.WIDEST)
    assert texts[0].startswith("FAIL  some words")
    assert all(line.startswith(doctor.INDENT) for line in texts[1:])
    assert command.count("a-command") == 30


def test_commands_are_those_of_the_terminal(monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    assert findings.run_python("-m", "pip", python="/a b/python") == "'/a b/python' -m pip"
    assert findings.set_variable("A", "b c") == "export A='b c'"
    monkeypatch.setattr(sys, "platform", "win32")
    assert findings.run_python("-m", "x", "a>1", python=r"C:\a b\python.exe") == (
        r'& "C:\a b\python.exe" -m x "a>1"'
    )
    assert findings.run_python("-m", "x", python=r"C:\python.exe") == r"& C:\python.exe -m x"
    assert findings.set_variable("A", "b c") == '$env:A = "b c"'


# --- Python, packages, PyTorch ---


def test_an_old_python_is_named_with_the_one_that_is_needed(find, monkeypatch):
    monkeypatch.setattr(sys, "version_info", (3, 9, 2, "final", 0))
    assert "Python 3.9.2, but the workbook needs >=3.10. -> Install a newer one" in find(
        python.check_python, FAIL
    )


def test_where_the_workbook_has_an_environment_its_python_is_named(find, monkeypatch, tmp_path):
    monkeypatch.setattr(python, "DISTRIBUTION", "no-such-workbook")
    monkeypatch.setattr(python, "ENVIRONMENT", tmp_path / "python")
    assert find(python.check_python, FAIL).endswith(" -m pip install -e .")
    (tmp_path / "python").touch()
    assert find(python.check_python, FAIL).endswith(
        f"environment: {tmp_path / 'python'} -m workshop_utils doctor"
    )


def test_packages_that_are_missing_or_of_another_version_are_named(find, monkeypatch, tmp_path):
    requires = ["no-such-package", "numpy>=99", "pillow", "never; extra == 'dev'"]
    make_package(tmp_path, "some-workbook", requires)
    make_package(tmp_path, "ipywidgets", ["jupyterlab_widgets>=99"])
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(python, "DISTRIBUTION", "some-workbook")
    said = find(python.check_packages, FAIL)
    assert "no-such-package is missing; numpy is" in said
    assert "; jupyterlab_widgets is" in said
    assert said.count(", needed is >=99") == 2
    assert "pillow" not in said
    assert "never" not in said
    assert said.endswith(" -m pip install -e .")


def test_files_that_hide_nothing_may_have_any_name(find, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    for name in ("test.py", "my_network.py", "torch.txt"):
        (tmp_path / name).touch()
    find(python.check_own_files, OK)
    (tmp_path / "PIL.py").touch()  # its package has another name: pillow
    find(python.check_own_files, FAIL)


@pytest.mark.parametrize("platform", ["linux", "win32"])
@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("raise OSError('c10.dll')", "OSError: c10.dll"),
        ("import os; os._exit(3)", "Python ended with status 3"),
    ],
)
def test_a_pytorch_that_cannot_be_imported_fails(
    find, monkeypatch, tmp_path, code, reason, platform
):
    (tmp_path / "torch.py").write_text(code)
    monkeypatch.setenv("PYTHONPATH", str(tmp_path))
    run = subprocess.run

    def on_platform(*arguments, **options):
        done = run(*arguments, **options)
        monkeypatch.setattr(sys, "platform", platform)
        return done

    monkeypatch.setattr(subprocess, "run", on_platform)
    said = find(python.check_torch, FAIL)
    assert f"PyTorch cannot be imported: {reason}" in said
    assert "--force-reinstall" in said
    assert ("Visual C++" in said, '"torch>=' in said) == (platform == "win32",) * 2


# --- the kernel ---


@pytest.fixture
def other_kernel(monkeypatch, tmp_path):
    """Describe another kernel in the user's folder, where it hides that of the environment."""
    folder = tmp_path / "user" / "kernels" / python.KERNEL

    def describe(code):
        folder.mkdir(parents=True)
        argv = [sys.executable, "-c", code, "-f", "{connection_file}"]
        spec = {"argv": argv, "display_name": "Python 3", "language": "python"}
        (folder / "kernel.json").write_text(json.dumps(spec))
        monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "user"))
        monkeypatch.setenv("JUPYTER_PREFER_ENV_PATH", "0")
        return folder

    return describe


def test_a_kernel_of_another_python_is_named_and_where_it_comes_from(find, other_kernel):
    folder = other_kernel(
        "import sys; sys.prefix, sys.executable = '/elsewhere', '/elsewhere/python';"
        "from ipykernel.kernelapp import launch_new_instance; launch_new_instance()"
    )
    said = find(python.check_kernel, FAIL)
    assert "with another Python: /elsewhere/python. -> Remove the folder" in said
    assert str(folder) in said


def test_a_kernel_that_dies_fails_with_its_last_words(find, other_kernel, monkeypatch, tmp_path):
    folder = other_kernel("import no_such_module")
    said = find(python.check_kernel, FAIL)
    assert "No module named 'no_such_module' -> Remove the folder" in said
    assert str(folder) in said
    monkeypatch.setattr(sys, "prefix", str(tmp_path))  # the environment's own
    assert find(python.check_kernel, FAIL).endswith(" -m ipykernel install --sys-prefix")


def test_a_kernel_that_hangs_is_given_up_and_ended(find, other_kernel, monkeypatch, tmp_path):
    pid = tmp_path / "pid"
    other_kernel(
        f"import os, time; open({str(pid)!r}, 'w').write(str(os.getpid())); time.sleep(60)"
    )
    monkeypatch.setitem(python.PATIENCE, "kernel", 1)
    said = find(python.check_kernel, FAIL)
    assert "didn't respond in 1 seconds" in said
    assert not psutil.pid_exists(int(pid.read_text()))


def test_a_kernel_whose_description_is_damaged_fails(find, other_kernel):
    folder = other_kernel("")
    (folder / "kernel.json").write_text("{")
    assert "kernel does not work" in find(python.check_kernel, FAIL)


# --- settings ---


@pytest.mark.parametrize("variable", ["WORKSHOP_DEVICE", "WORKSHOP_PROGRESS"])
def test_a_bad_setting_is_named(find, monkeypatch, variable):
    monkeypatch.setenv(variable, "perhaps")
    assert f"{variable} is 'perhaps', but it must be" in find(computer.check_settings, FAIL)


@pytest.fixture
def threads():
    """Settings that say how many threads there are hold for one test."""
    before = torch.get_num_threads()
    yield
    torch.set_num_threads(before)


@pytest.mark.usefixtures("threads")
def test_cores_that_a_variable_keeps_idle_are_worth_a_note(find, monkeypatch):
    monkeypatch.setattr("joblib.cpu_count", lambda only_physical_cores: 4)
    monkeypatch.setenv("WORKSHOP_THREADS", "1")
    for variable in ("OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        monkeypatch.delenv(variable, raising=False)
    find(computer.check_settings, OK)
    monkeypatch.setenv("MKL_NUM_THREADS", "1")
    assert "4 cores could be used. -> Remove the variable MKL_NUM_THREADS" in find(
        computer.check_settings, NOTE
    )


# --- images, folders, memory ---


@pytest.fixture
def data_dir(monkeypatch, tmp_path, find):
    """The data folder, in which CIFAR-10 is looked for."""
    monkeypatch.setenv("WORKSHOP_DATASET", "auto")
    folder = tmp_path / "data"
    folder.mkdir(exist_ok=True)
    return folder


def put_cache(data_dir):
    tensors = {part: torch.arange(10) for part in PARTS}
    about = {"variant": "", "made_from": cifar10.ARCHIVE}
    write_tensors(data_dir / "cifar10.safetensors", tensors, about)


def test_cifar10_is_found_without_being_loaded(find, image_folder, data_dir, monkeypatch):
    assert "CIFAR-10 is there: the folder of images in" in find(computer.check_images, OK)
    archive = data_dir / cifar10.ARCHIVE
    archive.write_bytes(b"not packed at all, but with the sums that are asked for")
    accept(archive, monkeypatch.setattr)
    assert "CIFAR-10 is there: the official archive in" in find(computer.check_images, OK)
    put_cache(data_dir)
    assert f"CIFAR-10 is there: the cache in {data_dir}" in find(computer.check_images, OK)


def test_damaged_images_fail(find, data_dir):
    (data_dir / cifar10.ARCHIVE).write_bytes(b"part of it")
    assert "incomplete or not the official archive" in find(computer.check_images, FAIL)


def test_without_cifar10_the_stand_in_is_announced(find, data_dir):
    (data_dir / "cifar10.safetensors").write_bytes(b"half a cache counts for nothing")
    said = find(computer.check_images, NOTE)
    assert "WORKSHOP_OFFLINE=1 forbids to fetch it. The stand-in will be drawn." in said
    assert f"put cifar-10-python.tar.gz into the folder {data_dir}" in said


def test_cifar10_asked_for_by_name_but_missing_fails(find, data_dir, monkeypatch):
    monkeypatch.setenv("WORKSHOP_DATASET", "cifar10")
    assert "-> To use it, put cifar-10-python.tar.gz" in find(computer.check_images, FAIL)


def test_a_download_in_the_lab_is_announced(find, data_dir, monkeypatch):
    monkeypatch.setattr(download, "check_download", lambda *_: None)  # it is found to be possible
    assert "notebook 1 will download it (170 MB)" in find(computer.check_images, NOTE)


@pytest.mark.parametrize("variable", ["WORKSHOP_DATA", "WORKSHOP_RUNS"])
def test_a_folder_that_cannot_be_written_fails(find, monkeypatch, tmp_path, variable):
    (tmp_path / "file").touch()
    monkeypatch.setenv(variable, str(tmp_path / "file" / "folder"))
    said = find(computer.check_folders, FAIL)
    assert "cannot be written: " in said
    assert said.endswith(findings.set_variable(variable, str(Path.home() / "convnet-workbook")))


def test_looking_leaves_nothing_behind(find, tmp_path):
    find(computer.check_folders, OK)
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_can_only_be_read_is_fine_with_the_images_in_it(
    find, data_dir, monkeypatch
):
    only_runs = {data_dir: "Permission denied"}
    monkeypatch.setattr(computer, "why_not_writable", lambda folder: only_runs.get(folder, ""))
    find(computer.check_folders, FAIL)
    put_cache(data_dir)
    find(computer.check_folders, OK)


def test_a_full_disk_fails_unless_the_images_are_cached(find, data_dir, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda _: types.SimpleNamespace(free=0.9e9))
    assert f"Only 0.9 GB are free in {data_dir}; the images need 1 GB." in find(
        computer.check_folders, FAIL
    )
    put_cache(data_dir)
    find(computer.check_folders, OK)


@pytest.mark.parametrize(
    ("available", "limit", "verdict", "words"),
    [
        (1.5e9, "max", FAIL, "Only 1.5 GB of memory are free; a notebook needs 2 GB."),
        (8e9, "max", OK, "8.0 GB of memory are free"),
        (8e9, "4000000000", FAIL, "Only 1.0 GB"),
        (8e9, "6000000000", OK, "3.0 GB"),
    ],
)
def test_memory_is_what_the_computer_or_the_container_has_left(
    find, monkeypatch, tmp_path, available, limit, verdict, words
):
    free = types.SimpleNamespace(available=available)
    monkeypatch.setattr(psutil, "virtual_memory", lambda: free)
    monkeypatch.setattr(memory, "LIMIT", tmp_path / "memory.max")
    memory.LIMIT.write_text(f"{limit}\n")
    (tmp_path / "memory.current").write_text("3500000000\n")
    (tmp_path / "memory.stat").write_text("anon 3000000000\ninactive_file 500000000\n")
    assert words in find(computer.check_memory, verdict)


# --- how long the notebooks take ---


@pytest.fixture
def calm(monkeypatch):
    """A computer on which nothing else runs, and that is as fast as the recording one."""
    seconds = {"01_mlp": [10.0], "02_cnn": [9.0, 12.0, 9.5], "03_autoencoder": [13.2]}
    known = reference.load_reference()[STANDIN]
    recording = dataclasses.replace(known["quick"], seconds={**seconds, "04_interpolation": [7.0]})
    known = {STANDIN: {"quick": recording, "full": recording}}
    monkeypatch.setattr(reference, "load_reference", lambda: known)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 0.0)
    monkeypatch.setattr(speed, "images_per_second", lambda device: recording.images_per_second)
    return recording


def test_on_an_equal_computer_the_recorded_times_are_expected(find, calm):
    assert find(computer.check_time, OK) == (
        "Notebooks 1 to 4 will compute 0.2 + 0.2 + 0.3 + 0.2 = 0.9 minutes here "
        "(stand-in, profile quick)."
    )


def test_a_slower_computer_needs_longer_and_each_notebook_has_its_measure(calm):
    there = calm.images_per_second
    here = {"classifier": there["classifier"] / 2, "autoencoder": there["autoencoder"] / 3}
    equal, slower = (speed.expected_seconds(calm, rate) for rate in (there, here))
    factors = [round(slower[notebook] / equal[notebook], 6) for notebook in calm.seconds]
    assert factors == [2, 2, 3, 3]


def test_a_slow_or_busy_computer_is_told_what_makes_it_faster(find, calm, monkeypatch):
    slow = {name: rate / 60 for name, rate in calm.images_per_second.items()}
    monkeypatch.setattr(speed, "images_per_second", lambda device: slow)
    monkeypatch.setenv("WORKSHOP_PROFILE", "full")
    quick = findings.set_variable("WORKSHOP_PROFILE", "quick")
    assert find(computer.check_time, NOTE).endswith(quick)
    monkeypatch.setattr(psutil, "cpu_percent", lambda interval: 80.0)
    assert "Less if nothing else runs" in find(computer.check_time, NOTE)


@pytest.mark.parametrize("profile", ["quick", "full"])
def test_what_was_not_recorded_takes_no_longer_than_all_of_cifar10(
    find, calm, monkeypatch, profile
):
    known = {STANDIN: {}, CIFAR10: {"full": calm}}
    monkeypatch.setattr(reference, "load_reference", lambda: known)
    monkeypatch.setenv("WORKSHOP_PROFILE", profile)
    assert "will compute at most 0.2 + 0.2 + 0.3 + 0.2" in find(computer.check_time, OK)


def test_measuring_the_speed_leaves_the_random_numbers_alone():
    before = torch.get_rng_state()
    here = speed.images_per_second(torch.device("cpu"), seconds=0.1)
    assert torch.equal(torch.get_rng_state(), before)
    assert here.keys() == set(speed.PROBED_BY.values())
    assert min(here.values()) > 0


def test_every_recording_has_the_notebooks_and_the_speed_of_its_computer():
    for profiles in reference.load_reference().values():
        for recording in profiles.values():
            assert recording.seconds.keys() >= speed.PROBED_BY.keys()
            assert recording.images_per_second.keys() == set(speed.PROBED_BY.values())
