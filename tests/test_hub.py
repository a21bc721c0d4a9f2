"""The configuration of a hub, and a class on one: `make hub-demo`."""

import os
import subprocess
import sys

import pytest
import yaml
from nbclient import NotebookClient
from nbformat.v4 import new_code_cell, new_notebook
from traitlets.config.loader import PyFileConfigLoader

from tools.places import BUILD, ROOT

HUB = ROOT / "hub"
GIB = 2**30
linux = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="limits need Linux")


def load(file):
    """What a configuration file says, as JupyterHub reads it; class -> name -> value."""
    return PyFileConfigLoader(str(file)).load_config()


@pytest.fixture
def demo(monkeypatch, tmp_path):
    """The demo's configuration."""
    monkeypatch.syspath_prepend(ROOT)  # it adds the folder itself: the test is to leave no trace
    monkeypatch.setenv("DEMO_FOLDER", str(tmp_path))
    monkeypatch.setenv("DEMO_PASSWORD", "1234")
    return load(HUB / "demo" / "jupyterhub_config.py")


# --- what is configured ---


def test_students_get_limits_and_one_folder_of_images():
    hub = load(HUB / "jupyterhub_config.py")
    assert hub.Spawner.mem_limit == "2G" and hub.Spawner.cpu_limit == 2
    assert hub.Spawner.environment["WORKSHOP_DATA"] == "/srv/data/convnet-workbook"
    [culler] = hub.JupyterHub.services
    assert "--timeout=3600" in culler["command"]
    assert hub.JupyterHub.load_roles[0]["services"] == [culler["name"]]


def test_a_hub_that_stops_takes_nothing_with_it():
    hub = load(HUB / "jupyterhub_config.py")
    assert hub.JupyterHub.cleanup_servers is False
    assert hub.ConfigurableHTTPProxy.should_start is False


def test_kubernetes_is_told_the_same():
    hub = load(HUB / "jupyterhub_config.py")
    values = yaml.safe_load((HUB / "z2jh.yaml").read_text(encoding="utf-8"))
    server = values["singleuser"]
    assert server["memory"]["limit"] == hub.Spawner.mem_limit
    assert server["cpu"]["limit"] == hub.Spawner.cpu_limit
    assert server["extraEnv"] == hub.Spawner.environment
    assert server["startTimeout"] == hub.Spawner.start_timeout
    [mount] = server["storage"]["extraVolumeMounts"].values()
    assert mount["readOnly"] and mount["mountPath"] == hub.Spawner.environment["WORKSHOP_DATA"]
    assert values["hub"]["concurrentSpawnLimit"] == hub.JupyterHub.concurrent_spawn_limit
    assert f"--timeout={values['cull']['timeout']}" in hub.JupyterHub.services[0]["command"]


def test_jupyterhub_knows_every_setting():
    app, auth, proxy, spawner = (
        pytest.importorskip(f"jupyterhub.{name}") for name in ("app", "auth", "proxy", "spawner")
    )
    known = (app.JupyterHub, auth.Authenticator, proxy.ConfigurableHTTPProxy, spawner.Spawner)
    classes = {one.__name__: one for one in known}
    settings = load(HUB / "jupyterhub_config.py")
    del settings["SystemdSpawner"]  # a package of its own, for servers with systemd
    for name, values in settings.items():
        assert values.keys() <= set(classes[name].class_trait_names(config=True)), name


def test_the_demo_swaps_the_spawner_the_authenticator_and_folders_alone(demo):
    ours = load(HUB / "jupyterhub_config.py")
    swapped = {
        f"{group}.{name}"
        for group in demo
        for name in demo[group]
        if ours.get(group, {}).get(name) != demo[group][name]
    }
    assert swapped == {
        "JupyterHub.spawner_class",
        "JupyterHub.authenticator_class",
        "JupyterHub.services",  # each is told the folder
        "DummyAuthenticator.password",
        "LimitedProcesses.args",
        "LimitedProcesses.home_dir_template",
        "Spawner.environment",
    }
    kept = ours.Spawner.environment.keys() - {"WORKSHOP_DATA"}
    assert {name: demo.Spawner.environment[name] for name in kept} == {
        name: ours.Spawner.environment[name] for name in kept
    }
    [culler] = demo.JupyterHub.services
    assert culler["command"] == ours.JupyterHub.services[0]["command"]


# --- a kernel with a limit ---


@linux
def test_a_cell_that_wants_too_much_is_told_and_costs_nothing_else(tmp_path):
    sources = (
        "import torch\nimport workshop_utils as wu\nsettings = wu.Settings.from_environment()",
        "kept = torch.ones(10**8)  # 0.4 of 2 GB",
        "torch.ones(10**9)",
        "list(range(10**9))",
        "1 / 0",
        "print(kept.sum().item())",
    )
    notebook = new_notebook(cells=[new_code_cell(source) for source in sources])
    client = NotebookClient(notebook, timeout=120, allow_errors=True)
    client.execute(env=os.environ | {"MEM_LIMIT": str(2 * GIB), "PYTHONPATH": str(ROOT)})
    _, fits, tensor, numbers, other, after = (
        [(one.get("ename"), one.get("text", "")) for one in cell.outputs] for cell in notebook.cells
    )
    assert fits == []
    for name, cell in (("RuntimeError", tensor), ("MemoryError", numbers)):
        [(error, _), (_, said)] = cell
        assert error == name
        assert said.startswith("This cell asked for more memory than you have on this server")
    assert other == [("ZeroDivisionError", "")]
    assert after == [(None, "100000000.0\n")]


# --- a class ---


@linux
@pytest.mark.long
def test_a_small_class_loses_nothing():
    pytest.importorskip("jupyterhub")
    services = pytest.importorskip("hub.demo.services")
    if said := services.missing():
        pytest.skip(said)
    command = [sys.executable, "-m", "hub.demo", "--students", "2", "--minutes", "15"]
    demo = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert demo.returncode == 0, demo.stdout[-5000:]
    table = (BUILD / "hub" / "table.txt").read_text(encoding="utf-8")
    lost = [line.split()[-1] for line in table.splitlines() if line.startswith("lost: ")]
    assert lost == ["0"] * 9
