"""A shop that sells more than it has, its buyers and its payment system: the load of fault tests.

Facts are a function of the seed and their number, so that a failing run can be played again. Time
is what the records say. The shop sells on a thread of its own, as many orders as the test grants, so
that what is done to the workers hits them at work; buyers and payments answer when the test asks."""
import random
import threading
from datetime import datetime, timezone
from zlib import crc32

from flowlib.case import UNITS_MS
from flowlib.waiting import wait_until_nothing_is

MINUTE_MS, HOUR_MS, DAY_MS = UNITS_MS["m"], UNITS_MS["h"], UNITS_MS["d"]
OPENS_MS = round(datetime(2026, 11, 11, tzinfo=timezone.utc).timestamp() * 1000)
MARKETPLACE = "accept-taobao"  # of the acceptance policies: no penalties, silence means refund

SKUS = 200
BETWEEN_ORDERS_MS = 50  # in the records' time: 6,000 orders are 300 s, more than a grace
ORDERS_A_SLICE = 5
SLICE_S = 0.02          # in ours: 250 orders a second
PARTITIONS = 4          # of an instance, where nobody says otherwise
STOCK_MAX = 100         # of a level; about as many are ordered, so levels make and end shortages
RESTOCK_AFTER_MS = 3 * DAY_MS
SALES_DEADLINE_S = 60


class Market:
    def __init__(self, feeder, seed=1):
        self._feeder = feeder
        self._random = random.Random(seed)
        self._thread = None
        self._closing = threading.Event()
        self._failure = None
        self._answered = set()
        self._orders = 0
        self._granted = 0
        self._versions = {sku: 0 for sku in self.skus}
        self.now_ms = OPENS_MS
        self.lines = {}    # (order, line) -> the line as it was paid
        self.sold = []     # what may still be closed
        self.levels = {}   # sku -> the last level sent

    @property
    def skus(self):
        return [f"F-{number}" for number in range(SKUS)]

    def __enter__(self):
        self._name_substitutes()
        for sku in self.skus:
            self.count(sku)
        self._thread = threading.Thread(target=self._sell, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, kind, error, trace):
        self._closing.set()
        self._thread.join()
        if kind is None:
            self._close()

    def _close(self):
        """Counts everything once more, so that all that was shipped is out."""
        if self._failure:
            raise self._failure
        self.now_ms += MINUTE_MS
        for sku in self.skus:
            self.count(sku)
        self._feeder.flush()

    def sell(self, count):
        """Grants the shop so many more orders, and returns when half of them have come: whatever the
        test does next, it does in the middle."""
        self._granted += count
        self._await_orders(self._granted - count // 2)

    def pause(self):
        """Until all granted orders have come and are acknowledged; more must be granted to go on."""
        self._await_orders(self._granted)
        self._feeder.flush()

    def _await_orders(self, goal):
        def missing():
            if self._orders >= goal or not self._thread.is_alive():
                return []
            return [f"{self._orders} orders of {goal}"]

        wait_until_nothing_is(missing, SALES_DEADLINE_S, "the shop does not sell")

    def load_old(self, count, age_ms):
        """Open orders of long ago, as a shop has them that begins with Shortfall."""
        for number in range(1, count + 1):
            sku = self.skus[number % SKUS]
            line = {"line_no": 1, "sku": sku, "quantity": 1, "paid_minor": 1000}
            self._feeder.send("order-paid", {
                "order_id": f"OLD-{number}", "marketplace": MARKETPLACE, "seller_id": "s1",
                "buyer_id": "b1", "locale": "zh-CN", "currency": "CNY",
                "paid_at": self.now_ms - age_ms + number, "lines": [line]}, self.now_ms)
            self.lines[f"OLD-{number}", 1] = line

    # --- the shop ---

    def _sell(self):
        try:
            while not self._closing.wait(SLICE_S) or self._orders < self._granted:
                for _ in range(min(ORDERS_A_SLICE, self._granted - self._orders)):
                    self._one_fact()
        except Exception as error:  # pylint: disable=broad-except
            self._failure = error  # raised where the test can see it

    def _one_fact(self):
        """An order, and now and then what else happens in a shop."""
        self.now_ms += BETWEEN_ORDERS_MS
        order = self._order()
        chance = self._random.random()
        if chance < 0.02:
            self._pay(order, 2)  # a client that sends again what was not acknowledged to it
        else:
            self._pay(order, 1)
        if chance > 0.9:
            self.count(self._random.choice(self.skus))
        if chance > 0.95:
            self._close_one("SHIPPED")
        elif chance > 0.92:
            self._close_one("CANCELLED")
        elif chance > 0.91:
            self._report_one()

    def _order(self):
        self._orders += 1
        count = self._random.choice((1, 1, 1, 2, 3))
        lines = [{"line_no": number, "sku": sku, "quantity": self._random.choice((1, 1, 2, 5)),
                  "paid_minor": self._random.randint(100, 100_000)}
                 for number, sku in enumerate(self._random.sample(self.skus, count), start=1)]
        return {"order_id": f"FO-{self._orders}", "marketplace": MARKETPLACE, "seller_id": "s1",
                "buyer_id": "b1", "locale": "zh-CN", "currency": "CNY", "paid_at": self.now_ms,
                "lines": lines}

    def _pay(self, order, copies):
        for _ in range(copies):
            self._feeder.send("order-paid", order, self.now_ms)
        for line in order["lines"]:
            place = order["order_id"], line["line_no"]
            self.lines[place] = line
            self.sold.append(place)

    def count(self, sku, more=0):
        """A new level, of any height, or of the last one's and more; half of the SKUs are on order,
        so that buyers have a date to wait for."""
        self._versions[sku] += 1
        on_hand = self.levels[sku]["on_hand"] + more if more else self._random.randint(0, STOCK_MAX)
        level = {"sku": sku, "warehouse_id": "w1", "on_hand": on_hand,
                 "version": self._versions[sku], "counted_at": self.now_ms}
        if crc32(sku.encode()) % 2 and not more:
            level["restock"] = {"expected_at": OPENS_MS + RESTOCK_AFTER_MS, "quantity": 200}
        self.levels[sku] = level
        self._feeder.send("stock-level", level, self.now_ms)

    def restock(self):
        """Of what was on order, two thirds come in; buyers of the rest waited for nothing."""
        for sku, level in list(self.levels.items()):
            if "restock" in level and lot(sku) % 3:
                self.count(sku, more=level["restock"]["quantity"])

    def _close_one(self, reason):
        place = self.sold.pop(self._random.randrange(len(self.sold)))
        order_id, line_no = place
        closed = {"order_id": order_id, "line_no": line_no, "sku": self.lines[place]["sku"],
                  "reason": reason, "warehouse_id": "w1", "closed_at": self.now_ms}
        self._feeder.send("order-closed", closed, self.now_ms)

    def _report_one(self):
        """The shop looks for a line's goods and finds none, whatever the count says."""
        order_id, line_no = place = self._random.choice(self.sold)
        self._feeder.send("seller-response", {
            "id": f"R-{self._orders}", "order_id": order_id, "line_no": line_no,
            "sku": self.lines[place]["sku"], "kind": "REPORT_NO_STOCK",
            "responded_at": self.now_ms}, self.now_ms)

    def _name_substitutes(self):
        """Every third SKU may be replaced by the next, and some of those are cheaper."""
        for sku, other in list(zip(self.skus, self.skus[1:]))[::3]:
            self._feeder.send("substitute", {"sku": sku, "substitutes": [
                {"sku": other, "price_minor": 50 * lot(sku), "ship_within_h": 24}]}, self.now_ms)

    # --- buyers and payments ---

    def answer(self, records):
        """Every notice and refund that came out since the last time gets its answer. Says how many
        there were."""
        new = [record for record in records if record.id not in self._answered
               and record.topic in ("notification", "refund-request")]
        for record in new:
            self._answered.add(record.id)
            if record.topic == "refund-request":
                self._answer_refund(record.body)
            elif record.body["kind"] in ("SHORTAGE", "RENEWED"):
                self._answer_notice(record.body)
        self._feeder.flush()
        return len(new)

    def _answer_refund(self, request):
        fails = request["attempt"] == 1 and lot(request["refund_id"]) < 20
        self._send_somehow("refund-result", request["refund_id"], {
            "refund_id": request["refund_id"], "order_id": request["order_id"],
            "line_no": request["line_no"], "attempt": request["attempt"],
            "status": "FAILED" if fails else "SUCCEEDED", "at": self.now_ms})

    def _answer_notice(self, notice):
        """Each quarter of the buyers wants something else, if that was offered; one is silent."""
        for line in notice["lines"]:
            identity = f"{notice['notification_id']}/{line['line_no']}"
            wanted = ("CANCEL", "WAIT", "SUBSTITUTE", None)[lot(identity) % 4]
            for offer in line["choices"]:
                if offer["choice"] == wanted:
                    self._send_somehow("buyer-decision", identity, {
                        "id": identity, "order_id": notice["order_id"],
                        "line_no": line["line_no"], "choice": wanted, "sku": offer["sku"],
                        "notice": notice["notice"], "decided_at": self.now_ms})

    def _send_somehow(self, topic, identity, record):
        """Some clients send twice, and some to a partition of their own choice."""
        chance = lot(f"somehow {identity}")
        for _ in range(2 if chance < 10 else 1):
            self._feeder.send(topic, record, self.now_ms,
                              chance % PARTITIONS if chance >= 90 else -1)

    def tick(self, later_ms=0):
        self.now_ms += later_ms
        self._feeder.tick(self.now_ms)
        self._feeder.flush()


def lot(identity):
    """The same number from 0 to 99 for the same thing, in every run."""
    return crc32(identity.encode()) % 100
