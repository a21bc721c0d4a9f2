"""A class on a hub of its own: `make hub-demo`, or `python -m hub.demo --students 16`.

The hub is configured as in hub/, but for the spawner, the authenticator, and its folders. Made-up
students log in, fetch the lab, run notebook 1 and hand it in. Meanwhile the hub and the proxy are
killed, and a kernel outgrows its memory. Then their work is graded and given back. What was lost,
how long it took and how much memory, is written to build/hub/table.txt.
"""

import argparse
import concurrent.futures
import contextlib
import functools
import io
import os
import queue
import shutil
import signal
import statistics
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

import nbformat
import psutil
import requests
from nbformat import NotebookNode
from nbgrader.api import Gradebook

from hub.demo.memory import Watch
from hub.demo.services import Hub, Service, missing, processes
from hub.demo.student import ASSIGNMENT, FILE, NOTEBOOK, Student
from tools.grading.release import nbgrader, release
from tools.places import BUILD, SOLUTIONS, write
from workshop_utils.table import print_table

GB = 10**9
FOR_ONE, FOR_ALL = 1.2 * GB, 2 * GB  # what the default number of students is reckoned from
NOT_PROVED = """\
Swapped here: the spawner, whose servers are processes of one account, each process with a limit of
its own, where systemd or Kubernetes limit a server with its kernels, and keep students apart; the
authenticator, with one password for all; addresses and folders. So this does not show that no
student reads another's home, nor real accounts, nor HTTPS, nor how the system chooses what it ends
when memory is short, nor what CIFAR-10 in the full profile takes, nor that an idle server is
stopped after an hour."""
LOST = ("servers", "kernels", "lines", "answers")
MEMORY_HOG = """import torch
kept = "still here"
torch.zeros(10**10)"""


def main() -> None:
    """Run the demo; exit with 1 if something was lost."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--students", type=int, default=0, help="else as many as memory allows")
    parser.add_argument("--minutes", type=float, default=15, help="after which it gives up")
    chosen = parser.parse_args()
    if problem := missing():
        sys.exit(problem)
    os.environ["WORKSHOP_PROGRESS"] = "0"
    for how in (signal.SIGALRM, signal.SIGTERM):
        signal.signal(how, end)
    signal.setitimer(signal.ITIMER_REAL, chosen.minutes * 60)
    fit = int((psutil.virtual_memory().available - FOR_ALL) / FOR_ONE)
    table = BUILD / "hub" / "table.txt"
    with tempfile.TemporaryDirectory(prefix="workbook-hub-") as folder:
        demo = Demo(Path(folder), chosen.students or max(1, min(fit, 30)))
        try:
            demo.run()
        except BaseException:
            for name in ("hub", "proxy"):
                log = Path(folder) / f"{name}.log"
                if log.exists():
                    shutil.copy(log, BUILD / "hub")
            raise
        finally:
            demo.hub.stop()
            left = processes(demo.folder)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        print_table([("what", "found"), *demo.rows(), ("processes left behind", len(left))])
        print(f"\n{NOT_PROVED}")
    print(printed.getvalue())
    write(table, printed.getvalue())
    if demo.problems or left:
        sys.exit(1)


def end(how: int, _frame: object) -> None:
    """End the demo when its time is up, or it is told to."""
    sys.exit("The demo's time is up: it was stopped." if how == signal.SIGALRM else 128 + how)


class Demo:
    """A class in a folder.

    Args:
        folder: an empty one, for everything.
        n_students: how many come.
    """

    def __init__(self, folder: Path, n_students: int) -> None:
        self.folder = folder
        self.begin = time.monotonic()
        self.hub = Hub(folder)
        names = [f"student{number:02}" for number in range(1, n_students + 1)]
        self.students = [Student(name, self.hub.url, self.hub.password) for name in names]
        self.faults_over = threading.Event()
        self.done: queue.Queue[Exception | None] = queue.Queue()
        self.found: list[tuple[str, object]] = []
        self.problems: list[str] = []
        solution = nbformat.read(SOLUTIONS / NOTEBOOK, as_version=4)
        self.answers = [cell.source for cell in solution.cells if cell.cell_type == "code"]

    def run(self) -> None:
        """From the release of the lab to the feedback."""
        self.release()
        watch = Watch(self.folder)
        watch.start()
        self.hub.start()
        self.say("the hub is up")
        works = [self.faults, *(functools.partial(self.attend, one) for one in self.students)]
        for work in works:
            threading.Thread(target=self.watched, args=(work,), daemon=True).start()
        for _ in works:
            if error := self.done.get():
                raise error
        watch.stop()
        self.grade()
        self.measured(watch)

    def measured(self, watch: Watch) -> None:
        """Note how long it took, how much memory, and what was lost on the way."""
        for what in self.students[0].seconds:
            times = [one.seconds.get(what, float("inf")) for one in self.students]
            text = f"{statistics.median(times):.0f}, the last {max(times):.0f}"
            self.found.append((f"seconds until {what}: median", text))
        for one, peak in watch.one.items():
            self.found.append((f"memory of {one}, at most (RSS)", f"{peak / GB:.2f} GB"))
        together = f"{watch.all_together / GB:.2f} GB"
        self.found.append(("memory of all together, at most (PSS)", together))
        self.found.append(
            ("requests sent again meanwhile", sum(one.asked_again for one in self.students))
        )
        more = sum(one.starts - 1 for one in self.students)
        self.found.append(("servers that started at the second try", more))
        lost = {what: sum(one.lost.get(what, 1) for one in self.students) for what in LOST}
        self.lose(**lost)

    def rows(self) -> list[tuple[str, object]]:
        """The table."""
        seconds = round(time.monotonic() - self.begin)
        return [("students", len(self.students)), *self.found, ("seconds in all", seconds)]

    def watched(self, work: Callable[[], None]) -> None:
        """Do something, and tell the main thread how it ended."""
        try:
            work()
            self.done.put(None)
        except Exception as error:
            self.done.put(error)

    def say(self, what: str) -> None:
        """Print what happened, and when."""
        print(f"{time.monotonic() - self.begin:5.0f} s  {what}", flush=True)

    # --- the course ---

    def release(self) -> None:
        """Make the course, release the lab, and lay out images that nobody can write."""
        self.course = self.folder / "course"
        release(self.course)
        exchange = self.folder / "exchange"
        exchange.mkdir()
        exchange.chmod(0o777)  # everybody's, as nbgrader wants it
        self.exchange = f"--Exchange.root={exchange}"
        nbgrader(self.course, "release_assignment", ASSIGNMENT, self.exchange)
        (self.folder / "nbgrader").mkdir()
        write(
            self.folder / "nbgrader" / "nbgrader_config.py",
            f"import os\nc = get_config()\nc.Exchange.root = {str(exchange)!r}\n"
            # All have one account here; elsewhere nbgrader asks the system for the name.
            "c.CourseDirectory.student_id = os.environ['JUPYTERHUB_USER']\n",
        )
        self.images = self.folder / "images"
        shutil.copytree(self.course / "home" / "data", self.images)
        for file in (*self.images.iterdir(), self.images):
            file.chmod(0o555 if file.is_dir() else 0o444)
        self.say("the lab is released")

    def grade(self) -> None:
        """Collect, grade and give back; look whether each has what they handed in."""
        one_account = "--ExchangeCollect.check_owner=False"
        nbgrader(self.course, "collect", ASSIGNMENT, self.exchange, one_account)
        nbgrader(self.course, "autograde", ASSIGNMENT)
        self.say("graded")
        nbgrader(self.course, "generate_feedback", ASSIGNMENT)
        nbgrader(self.course, "release_feedback", ASSIGNMENT, self.exchange)
        lost = {"submissions": 0, "saved notebooks": 0, "points": 0, "feedback": 0}
        with Gradebook(f"sqlite:///{self.course / 'gradebook.db'}") as gradebook:
            for graded in gradebook.assignment_submissions(ASSIGNMENT):
                lost["points"] += graded.score < 1
        for one in self.students:
            file = self.course / "submitted" / one.name / ASSIGNMENT / NOTEBOOK
            if not file.exists():
                lost["submissions"] += 1
            elif _saved(nbformat.read(file, as_version=4)) != _saved(one.notebook):
                lost["saved notebooks"] += 1
            one.assignment("fetch_feedback")
            lost["feedback"] += not one.has_feedback()
        self.lose(**lost)

    def lose(self, **lost: int) -> None:
        """Note how many of what were lost."""
        for what, number in lost.items():
            self.found.append((f"lost: {what}", number))
            if number:
                self.problems.append(f"{number} {what} lost")

    # --- the class ---

    def attend(self, one: Student) -> None:
        """What a student does from the login to handing in."""
        one.log_in()
        one.start_server()
        started = one.server_started()
        one.assignment("fetch")
        one.open()
        one.start_kernel()
        one.run("kept = 1")
        one.note("kernel ready")
        one.work_through(self.answers)
        one.note("notebook done")
        self.faults_over.wait()
        one.lost["servers"] = one.server_started() != started
        one.lost["kernels"] = one.run("kept").status != "ok"
        one.hand_in()
        one.note("handed in")
        self.say(f"{one.name} has handed in")

    def faults(self) -> None:
        """What goes wrong in the middle of it."""
        self.until(lambda: any(one.at_training.is_set() for one in self.students))
        self.hub.kill_hub()
        self.say("the hub was killed")
        time.sleep(3)
        self.found.append(("hub killed: seconds until it answers", self.restart(self.hub.hub)))
        self.until(lambda: any(one.at_lines.is_set() for one in self.students))
        self.hub.proxy.kill()
        self.say("the proxy was killed")
        time.sleep(2)
        self.found.append(("proxy killed: seconds until it answers", self.restart(self.hub.proxy)))
        begin = time.monotonic()
        self.students[0].server_started()
        seconds = round(time.monotonic() - begin)
        self.found.append(("proxy killed: seconds until it finds the servers", seconds))
        self.until(lambda: all(one.at_training.is_set() for one in self.students))
        self.hungry()
        self.forty()
        self.faults_over.set()

    def until(self, happened: Callable[[], bool]) -> None:
        """Wait until a condition holds."""
        while not happened():
            time.sleep(0.2)

    def restart(self, service: Service) -> int:
        """Start again what was killed; after how many seconds the hub answers."""
        begin = time.monotonic()
        service.start()
        self.hub.wait()
        self.say("it is back")
        return round(time.monotonic() - begin)

    def hungry(self) -> None:
        """Let a second kernel of one student outgrow its memory, and a third be ended for it."""
        second = self.students[-1].another_kernel()
        second.run("import workshop_utils as wu; settings = wu.Settings.from_environment()")
        error = second.run(MEMORY_HOG)
        says = error.text[error.text.find("This cell") :].partition(";")[0]
        self.found.append(("too much memory: the cell says", says))
        if "nothing else is lost" not in error.text:
            self.problems.append("nothing was said about memory")
        if "still here" not in second.run("print(kept)").text:
            self.problems.append("variables were lost")
        died = second.run("import os; os.kill(os.getpid(), 9)").status  # as the system does it
        self.found.append(("kernel ended by the system: its status", died))
        self.found.append(("kernel ended: a new one answers", second.run("1").status))
        self.say("a kernel was too large")

    def forty(self) -> None:
        """Ask forty things at once."""
        with concurrent.futures.ThreadPoolExecutor(40) as pool:
            begin = time.monotonic()
            replies = list(pool.map(self.one_of_forty, range(40)))
        seconds = round(time.monotonic() - begin, 1)
        self.found.append(("forty requests at once: answered", sum(replies)))
        self.found.append(("forty requests at once: seconds", seconds))
        self.lose(**{"answers of forty": 40 - sum(replies)})

    def one_of_forty(self, number: int) -> bool:
        """One request, without a second try."""
        one = self.students[number % len(self.students)]
        what = ("status", "contents", "kernels", f"contents/{FILE}")[number % 4]
        address = f"{one.url}/user/{one.name}/api/{what}"
        return requests.get(address, headers=one.headers, timeout=60).ok


def _saved(notebook: NotebookNode) -> str:
    """A notebook's cells as they are in a file; the server only adds whether it trusts them."""
    for cell in notebook.cells:
        cell.metadata.pop("trusted", None)
    return nbformat.writes(nbformat.v4.new_notebook(cells=notebook.cells))


if __name__ == "__main__":
    main()
