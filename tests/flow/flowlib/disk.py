"""A disk for the broker's log that can be full.

Where we may mount, it is a small file system in memory, which says "No space left on device" as a
real one does. Where we may not, the broker's process gets a limit to the size of its files, which
stops all its writing just as much; that needs no rights."""
import errno
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SIZE = "64m"  # an empty broker needs 1 MB
CHUNK = 1 << 20


class Disk:
    """Of an instance that has not been started yet. Use with `with`, around the instance's."""

    def __init__(self, instance):
        self._instance = instance
        self._folder = Path(tempfile.mkdtemp(prefix="shortfall-disk-"))
        (instance.state / "data").symlink_to(self._folder)
        done = subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "shortfall-flow",
                               str(self._folder)], capture_output=True, text=True, check=False)
        self._mounted = done.returncode == 0
        if not self._mounted:
            print(f"no disk of its own for the broker, its files get a limit instead: {done.stderr}",
                  file=sys.stderr)

    def __enter__(self):
        return self

    def __exit__(self, *error):
        if self._instance.state.exists():  # it failed, and is kept: so is what it wrote
            data = self._instance.state / "data"
            data.unlink()
            shutil.copytree(self._folder, data, ignore=shutil.ignore_patterns(self._ballast.name))
        if self._mounted:
            subprocess.run(["umount", str(self._folder)], check=True)
        shutil.rmtree(self._folder)

    @property
    def words(self):
        """What the broker's log says of it; under a limit it can't write there either."""
        return os.strerror(errno.ENOSPC) if self._mounted else ""

    def fill(self):
        if not self._mounted:
            subprocess.run(["prlimit", "--pid", str(self._instance.pid("kafka")), "--fsize=1:1"],
                           check=True)
            return
        with open(self._ballast, "wb", buffering=0) as ballast:
            try:
                while True:
                    ballast.write(b"\1" * CHUNK)
            except OSError as error:
                if error.errno != errno.ENOSPC:
                    raise

    def make_space(self):
        """For the broker's next start; a limit has gone with the process that had it."""
        if self._mounted:
            self._ballast.unlink()

    @property
    def _ballast(self):
        return self._folder / "ballast"
