"""The files of the source tree, for the lint scripts beside this one."""

import os
import subprocess

NOT_OURS = {".git", "build", "dist", "__pycache__"}


def tracked(source):
    """The paths, relative to `source`, of what git tracks or would add; without git, of all."""
    if not os.path.exists(os.path.join(source, ".git")):
        return sorted(walk(source))
    # A tree that belongs to another user is only read here, hence safe.directory.
    listing = subprocess.run(["git", "-c", "safe.directory=*", "-C", source, "ls-files", "-z",
                              "--cached", "--others", "--exclude-standard"],
                             capture_output=True, check=True)
    paths = set(os.fsdecode(listing.stdout).split("\0"))
    # What is deleted but not yet committed as such is listed as well.
    return sorted(path for path in paths if os.path.isfile(os.path.join(source, path)))


def walk(source):
    for folder, folders, files in os.walk(source):
        folders[:] = [name for name in folders if name not in NOT_OURS]
        for name in files:
            yield os.path.relpath(os.path.join(folder, name), source)


def read_lines(source, path):
    """The lines of a text file without their line feeds; None when it is no UTF-8 text."""
    with open(os.path.join(source, path), "rb") as file:
        content = file.read()
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text else text.split("\n")


def report(findings):
    """Prints (path, line, rule) as path:line: rule; the exit code."""
    for path, line, rule in findings:
        print(f"{path}:{line}: {rule}")
    return 1 if findings else 0
