"""The topics as EVENTS.md has them, and who reads what."""

# Each input with the field that is its key.
INPUT_KEYS = {
    "order-paid": "order_id",
    "stock-level": "sku",
    "order-closed": "order_id",
    "substitute": "sku",
    "buyer-decision": "order_id",
    "seller-response": "order_id",
    "platform-ruling": "order_id",
    "refund-result": "order_id",
    "clock": None,
}
DEAD_LETTERS = [f"{topic}.dlq" for topic in INPUT_KEYS]

OUTPUTS = ["shortage", "line-outcome", "listing-status", "notification", "refund-request",
           "fulfilment-plan", "compensation", "case-event"]

GROUPS = {
    "shortfall-sequencer": ["order-paid", "stock-level", "order-closed", "line-outcome",
                            "seller-response"],
    "shortfall-allocator": ["sku-event"],
    "shortfall-caseworker": ["shortage", "buyer-decision", "seller-response", "platform-ruling",
                             "refund-result", "clock"],
}

# Read whole by each caseworker, outside its group.
TABLES = ["substitute", "listing-status"]
