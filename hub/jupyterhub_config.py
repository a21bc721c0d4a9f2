"""A JupyterHub of your own, on one server with systemd; docs/class.md says how to start it.

The proxy runs beside the hub, not under it: then a hub that stops or is updated ends no server, no
kernel, and no connection to one.
"""

import sys
from pathlib import Path

IDLE_SECONDS = 3600  # after that, a server is stopped; nobody who reads or discusses loses one

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub defines it, and load_subconfig
load_subconfig(str(Path(__file__).with_name("workbook.py")))  # type: ignore[name-defined]  # noqa: F821

c.JupyterHub.bind_url = "http://127.0.0.1:8000"  # for the web server that speaks HTTPS to the class
c.JupyterHub.cleanup_servers = False
c.ConfigurableHTTPProxy.should_start = False
c.JupyterHub.last_activity_interval = 30  # seconds until a restarted proxy knows all servers again

c.JupyterHub.spawner_class = "systemd"
# The system ends the kernel that is too large, not the whole server.
c.SystemdSpawner.unit_extra_properties = {"OOMPolicy": "continue"}
c.JupyterHub.authenticator_class = "pam"
c.Authenticator.allow_all = True  # who has an account on this server

c.JupyterHub.services = [
    {
        "name": "culler",
        "command": [sys.executable, "-m", "jupyterhub_idle_culler", f"--timeout={IDLE_SECONDS}"],
    }
]
c.JupyterHub.load_roles = [
    {
        "name": "culler",
        "services": ["culler"],
        "scopes": ["list:users", "read:users:activity", "read:servers", "delete:servers"],
    }
]
