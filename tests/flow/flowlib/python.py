"""Where the packages are that the tests need and Python doesn't bring."""
import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]
PREPARED = ROOT / ".local/cache/python/bin/python3"


def use_packages():
    """Goes on under the checkout's own Python when this one lacks the packages, so that a test can
    be called like any script and needs no activated environment."""
    try:
        import confluent_kafka  # noqa: F401
        import fastavro  # noqa: F401
        import redis  # noqa: F401
    except ImportError:
        if Path(sys.executable).absolute() == PREPARED or not PREPARED.exists():
            sys.exit("the flow tests need packages of Python: "
                     "call deploy/local/install --tests")
        os.execv(PREPARED, [str(PREPARED), *sys.argv])
