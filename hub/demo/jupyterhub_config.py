"""The hub of the demo: another spawner and authenticator, other folders; else the class's own."""

import os
import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent.parent))

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub defines it, and load_subconfig
load_subconfig(str(HERE.parent / "jupyterhub_config.py"))  # type: ignore[name-defined]  # noqa: F821

c.JupyterHub.spawner_class = "hub.demo.spawner.LimitedProcesses"
c.JupyterHub.authenticator_class = "dummy"
c.DummyAuthenticator.password = os.environ["DEMO_PASSWORD"]

folder = Path(os.environ["DEMO_FOLDER"])
c.LimitedProcesses.home_dir_template = str(folder / "homes" / "{username}")
c.LimitedProcesses.args = ["--allow-root"] if os.geteuid() == 0 else []
c.Spawner.environment |= {
    "DEMO_FOLDER": str(folder),
    "WORKSHOP_DATA": str(folder / "images"),
    "WORKSHOP_DATASET": "standin",
    "WORKSHOP_PROFILE": "quick",
    "WORKSHOP_PROGRESS": "0",
    "JUPYTER_CONFIG_PATH": str(folder / "nbgrader"),  # says where the exchange is
}
for service in c.JupyterHub.services:
    service["environment"] = {"DEMO_FOLDER": str(folder)}
