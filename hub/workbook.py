"""What each student's server gets: limits, variables, and time to start.

The one home of these numbers. jupyterhub_config.py reads it, and The Littlest JupyterHub does, from
its folder jupyterhub_config.d. In z2jh.yaml they stand again, as Kubernetes wants them: a test
compares the two.
"""

c = get_config()  # type: ignore[name-defined]  # noqa: F821 - JupyterHub defines it

# Of server and kernels together. JupyterHub tells the kernels, in MEM_LIMIT, and the workbook ends
# a cell that asks for more with an error and a sentence, before the system ends the kernel.
c.Spawner.mem_limit = "2G"
c.Spawner.cpu_limit = 2
c.Spawner.environment = {
    "WORKSHOP_DATA": "/srv/data/convnet-workbook",  # one folder of images, which nobody can write
    "WORKSHOP_OFFLINE": "1",
    "WORKSHOP_THREADS": "1",
    "OMP_NUM_THREADS": "1",  # for what students compute without the workbook
}
# A class logs in within a minute. Who comes when so many are starting is asked to try again.
c.JupyterHub.concurrent_spawn_limit = 20
c.Spawner.start_timeout = 300
c.Spawner.http_timeout = 120
