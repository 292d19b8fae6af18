"""When is everything done? When nobody has anything left to read, and nothing was added meanwhile.

Ends first, then commits, then the ends again: workers commit what they read together with what they
write, so if all had read up to the first ends, and the ends are still the same, nothing is on its
way anywhere. The tables are outside the groups; a caseworker's metric says how far it has read."""
import re
import urllib.error
import urllib.request

from flowlib.topics import GROUPS, TABLES
from flowlib.waiting import wait_until_nothing_is

DRAIN_DEADLINE_S = 60
HTTP_DEADLINE_S = 5
POSITION = re.compile(r'^shortfall_table_position\{topic="([^"]+)",partition="(\d+)"\} (\S+)$', re.M)
# Straight to the worker, whatever proxy the environment names.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Drain:
    def __init__(self, instance, offsets, groups=tuple(GROUPS)):
        self._instance = instance
        self._offsets = offsets
        self._groups = groups
        self._topics = sorted({topic for group in self._groups for topic in GROUPS[group]})

    def wait(self, seconds=DRAIN_DEADLINE_S):
        """Returns when drained; else an error that names what is not, and who should have read it."""
        ends = {}

        def missing():
            nonlocal ends
            before = ends or self._offsets.ends(self._topics)
            committed = {group: self._offsets.committed(group) for group in self._groups}
            ends = self._offsets.ends(self._topics)  # and the next check's first ones
            return (unread(before, committed) or added(before, ends)
                    or self._unread_tables())

        wait_until_nothing_is(missing, seconds, "the pipeline does not drain")

    def _unread_tables(self):
        if "shortfall-caseworker" not in self._groups:
            return []
        ends = self._offsets.ends(TABLES)
        return [line for address in self._instance.http_addresses("caseworker")
                for line in unread_by_caseworker(address, ends)]


def unread(ends, committed):
    return [f"{group} has committed {max(offset, 0)} of {ends[place]} in {place[0]}/{place[1]}"
            for group, offsets in committed.items()
            for place, offset in offsets.items() if max(offset, 0) < ends[place]]


def added(before, now):
    return [f"{place[0]}/{place[1]} grew from {before[place]} to {end}"
            for place, end in now.items() if end != before[place]]


def unread_by_caseworker(address, ends):
    try:
        with OPENER.open(f"http://{address}/metrics", timeout=HTTP_DEADLINE_S) as response:
            text = response.read().decode()
    except (urllib.error.URLError, OSError) as error:
        return [f"the caseworker at {address} gives no metrics: {error}"]
    positions = {(topic, int(number)): float(value)
                 for topic, number, value in POSITION.findall(text)}
    return [f"the caseworker at {address} has read {positions.get(place, 'nothing')} of {end} "
            f"in the table {place[0]}/{place[1]}"
            for place, end in ends.items() if positions.get(place, 0) < end]
