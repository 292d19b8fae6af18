"""The network between the workers and their servers, and what a network does: it delays, tears
answers apart, swallows all that is sent one way or both, and refuses.

Each slot of workers has a line of its own to the broker and to Redis, so that one of two workers can
be cut off while the other lives; the tests' own clients are not on the line. Kafka tells its clients
where it is, so each line to it has a listener of its own whose advertised address is the line's."""
import asyncio
import socket
import struct
import threading

from flowlib.ports import free_port

KINDS = ("sequencer", "allocator", "caseworker")
HOST = "127.0.0.1"
CHUNK = 64 << 10
UNDERWAY_MAX = 64          # chunks of one way that are under way; then the sender is held up
UP, DOWN = "up", "down"    # to the server; to the worker
CALL_DEADLINE_S = 10
RESET = struct.pack("ii", 1, 0)  # a close sends RST, whatever is still unsent


class Line:
    """All connections through one port to one server. Its methods may be called by any thread."""

    def __init__(self, loop, target_port):
        """target_port: asked at each connection, because the server may not run yet."""
        self.port = free_port()
        self._loop = loop
        self._target_port = target_port
        self._server = None
        self._delay_s = 0
        self._tears = 0
        self._flows = {UP: asyncio.Event(), DOWN: asyncio.Event()}
        self._connections = set()
        self._call(self._heal())

    def delay(self, seconds):
        """All that is sent, both ways, comes so much later."""
        self._delay_s = seconds

    def tear(self, count):
        """Of the next `count` answers the first half comes, and then the connection's end."""
        self._tears = count

    @property
    def torn(self):
        """Whether all answers that were to be torn have been."""
        return self._tears == 0

    def swallow(self, *ways):
        """What is sent that way (or those) arrives nowhere, and nobody is told. As in a network, it
        is sent again until the line heals, and then it comes: as late as that."""
        self._call(self._swallow(ways))

    def cut(self):
        """Every connection is reset, whatever it is in the middle of."""
        self._call(self._cut())

    def refuse(self):
        """As cut, and there is no new connection until the line heals."""
        self._call(self._refuse())

    def heal(self):
        self._call(self._heal())

    def _call(self, work):
        asyncio.run_coroutine_threadsafe(work, self._loop).result(CALL_DEADLINE_S)

    async def _swallow(self, ways):
        for way in ways:
            self._flows[way].clear()

    async def _cut(self):
        for writers in list(self._connections):
            for writer in writers:
                reset(writer)

    async def _refuse(self):
        if self._server:
            self._server.close()
            self._server = None
        await self._cut()

    async def _heal(self):
        self._delay_s = 0
        self._tears = 0
        for flow in self._flows.values():
            flow.set()
        if not self._server:
            self._server = await asyncio.start_server(self._serve, HOST, self.port)

    async def _serve(self, reader, writer):
        try:
            far_reader, far_writer = await asyncio.open_connection(HOST, self._target_port())
        except OSError:
            reset(writer)
            return
        writers = (writer, far_writer)
        self._connections.add(writers)
        try:
            await asyncio.gather(self._pass_on(reader, far_writer, UP),
                                 self._pass_on(far_reader, writer, DOWN))
        except OSError:
            await self._cut_one(writers)
        finally:
            self._connections.discard(writers)
            for each in writers:
                each.close()

    async def _cut_one(self, writers):
        """The other side hears of a reset as it hears of all else: not while the line is silent."""
        for flow in self._flows.values():
            await flow.wait()
        for writer in writers:
            reset(writer)

    async def _pass_on(self, reader, writer, way):
        underway = asyncio.Queue(UNDERWAY_MAX)
        arriving = asyncio.ensure_future(self._arrive(underway, writer, way))
        try:
            chunk = b"."
            while chunk and not arriving.done():
                chunk = await reader.read(CHUNK)
                await first_of(underway.put((self._loop.time() + self._delay_s, chunk)), arriving)
            await arriving
        finally:
            arriving.cancel()

    async def _arrive(self, underway, writer, way):
        while True:
            at_s, chunk = await underway.get()
            await asyncio.sleep(max(0, at_s - self._loop.time()))
            await self._flows[way].wait()
            if not chunk:
                writer.write_eof()
                return
            torn = way == DOWN and self._tears > 0
            self._tears -= torn
            writer.write(chunk[:len(chunk) // 2] if torn else chunk)
            await writer.drain()
            if torn:
                raise ConnectionAbortedError("torn")


async def first_of(work, other):
    """Ends with whichever ends first; the error of the other one is not lost, it is awaited later."""
    task = asyncio.ensure_future(work)
    await asyncio.wait({task, other}, return_when=asyncio.FIRST_COMPLETED)
    task.cancel()


def reset(writer):
    end = writer.get_extra_info("socket")
    if end is not None and end.fileno() >= 0:
        end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
    writer.transport.abort()


class Network:
    """The lines of an instance that has not been started yet. Use with `with`, around the
    instance's."""

    def __init__(self, instance, slots):
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self.kafka, self.redis = {}, {}  # slot -> its line
        listeners = {slot: free_port() for slot in range(1, slots + 1)}
        for slot, port in listeners.items():
            self.kafka[slot] = Line(self._loop, lambda port=port: port)
            self.redis[slot] = Line(self._loop, lambda: instance.port("redis"))
            for kind in KINDS:
                instance.add_to(f"{kind}-{slot}", {
                    "bootstrap.servers": f"{HOST}:{self.kafka[slot].port}",
                    "redis.url": f"redis://{HOST}:{self.redis[slot].port}"})
        names = {slot: f"LINE{slot}" for slot in listeners}
        instance.add_to("kafka", {
            "listeners": ",".join([
                f"PLAINTEXT://{HOST}:@PORT@", f"CONTROLLER://{HOST}:@CONTROLLER_PORT@",
                *(f"{names[slot]}://{HOST}:{port}" for slot, port in listeners.items())]),
            "advertised.listeners": ",".join([
                f"PLAINTEXT://{HOST}:@PORT@",
                *(f"{names[slot]}://{HOST}:{self.kafka[slot].port}" for slot in listeners)]),
            "listener.security.protocol.map": ",".join(
                f"{name}:PLAINTEXT" for name in ("PLAINTEXT", "CONTROLLER", *names.values()))})

    @property
    def lines(self):
        return [*self.kafka.values(), *self.redis.values()]

    def __enter__(self):
        return self

    def __exit__(self, *error):
        for line in self.lines:
            line.refuse()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
