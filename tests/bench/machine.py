"""What the kernel knows: CPU time and memory of processes, and what else the machine does."""

import glob
import os
import re

# On a machine with one CPU they are the same.
SERVER_CPU = min(os.sched_getaffinity(0))
CLIENT_CPU = max(os.sched_getaffinity(0))


def read(path):
    """The text of a file of proc(5); empty when its process or thread is gone."""
    try:
        with open(path, encoding="ascii", errors="replace") as file:
            return file.read()
    except OSError:
        return ""


def process_tree(pid):
    """`pid` and all that descend from it."""
    found, left = [], [pid]
    while left:
        found.append(left.pop())
        for path in glob.glob(f"/proc/{found[-1]}/task/*/children"):
            left += [int(child) for child in read(path).split()]
    return found


def cpu_ns(pid):
    """The CPU time of every task of the tree, by the scheduler's clock."""
    return sum(int((read(path).split() or ["0"])[0])
               for process in process_tree(pid)
               for path in glob.glob(f"/proc/{process}/task/*/schedstat"))


def memory_kib(pid):
    """Resident memory of the tree: pss has a share of pages that others map as well, rss has all of
    them; anon is what no file backs."""
    sums = {"Pss": 0, "Rss": 0, "Anonymous": 0}
    for process in process_tree(pid):
        text = read(f"/proc/{process}/smaps_rollup")
        for key in sums:
            match = re.search(rf"^{key}:\s+(\d+) kB", text, re.MULTILINE)
            sums[key] += int(match.group(1)) if match else 0
    return {"pss": sums["Pss"], "rss": sums["Rss"], "anon": sums["Anonymous"]}


def load_average():
    """Of the last minute."""
    return float(read("/proc/loadavg").split()[0])


class Steal:
    """The share of time in which somebody else's machine ran in place of this one."""

    def __init__(self):
        self.begin = self.ticks()

    @staticmethod
    def ticks():
        return [int(field) for field in read("/proc/stat").splitlines()[0].split()[1:9]]

    def share(self):
        """Since this was made."""
        passed = [now - then for now, then in zip(self.ticks(), self.begin)]
        return passed[7] / max(sum(passed), 1)


def describe():
    """A line about the machine."""
    model = re.search(r"^model name\s*: (.*)$", read("/proc/cpuinfo"), re.MULTILINE)
    return (f"{model.group(1) if model else os.uname().machine}, {os.cpu_count()} CPUs, "
            f"Linux {os.uname().release}")
