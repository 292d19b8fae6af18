"""How the tests' own clients reach a broker: by its address alone, or as one who must log in."""


def connection(bootstrap):
    """bootstrap: HOST:PORT, or librdkafka's properties with bootstrap.servers among them."""
    return bootstrap if isinstance(bootstrap, dict) else {"bootstrap.servers": bootstrap}
