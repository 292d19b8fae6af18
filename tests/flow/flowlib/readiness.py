"""What a worker's /readyz says."""
import urllib.error
import urllib.request

DEADLINE_S = 5
# Straight to the worker, whatever proxy the environment names.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def other_readiness(instance, kind, status, word):
    """What is otherwise than this status, and words with this word, at any worker of a kind."""
    return [f"{address}: {found}: {text}" for address in instance.http_addresses(kind)
            for found, text in [ask(address)] if found != status or word not in text]


def ask(address):
    try:
        with OPENER.open(f"http://{address}/readyz", timeout=DEADLINE_S) as response:
            return response.status, response.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except OSError as error:
        return 0, str(error)
