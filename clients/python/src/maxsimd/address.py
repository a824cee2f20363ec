"""Checks an address before gRPC sees it: gRPC accepts nearly any text and fails later, with words that do not name the fault."""

from __future__ import annotations

import re
import sys
from dataclasses import dataclass

from .errors import MaxsimRpcError, bad_parameter

# The longest path of a Unix socket in bytes: `sun_path` of the platform, less its final zero byte.
_LONGEST_SOCKET_PATH = 107 if sys.platform == "linux" else 103
_LOOPBACK = re.compile(r"(localhost|127(\.\d+){3}|\[::1\])", re.IGNORECASE)


@dataclass(frozen=True)
class Endpoint:
    """Where a client connects to.

    Attributes:
        address: the address as it was given.
        local: whether it is a Unix socket or a loopback address, so that nothing leaves this machine.
        tls: whether the connection is encrypted.
    """

    address: str
    local: bool
    tls: bool


def parse_address(address: object, tls: bool) -> Endpoint:
    """Checks an address.

    Accepted are `host:port`, `[v6]:port`, `unix:path`, and the same with gRPC's prefixes `dns:`, `ipv4:` and `ipv6:` (the last two take a
    list).

    Raises:
        MaxsimRpcError: INVALID_PARAMETER with the fix.
    """
    if not isinstance(address, str):
        raise _bad_address(repr(address), "pass a string")
    if address.strip() == "":
        raise _bad_address('""', "name the server, for example 127.0.0.1:50051")
    web = re.match(r"(https?|grpcs?|tcp)://([^/]*)", address, re.IGNORECASE)
    if web is not None:
        scheme, rest = web.groups()
        secure = " and set tls" if scheme.lower().endswith("s") else ""
        host = rest if re.search(r":\d+$", rest) else f"{rest}:50051"
        raise _bad_address(address, f'leave "{scheme}://" out{secure}: write {host}')
    if address.startswith("unix:"):
        _check_socket_path(address)
        return Endpoint(address, True, tls)
    prefixed = re.fullmatch(r"(?:(dns|ipv[46]):(?://[^/]*/)?)?(.*)", address, re.IGNORECASE | re.DOTALL)
    scheme, names = (prefixed.group(1) or "", prefixed.group(2)) if prefixed else ("", address)
    hosts = [_check_host(address, name) for name in (names.split(",") if scheme.startswith("ip") else [names])]
    return Endpoint(address, all(_LOOPBACK.fullmatch(host) is not None for host in hosts), tls)


def _check_host(address: str, name: str) -> str:
    found = re.fullmatch(r"(\[[\da-f:.%]+\]|[^\s:/\[\]]+):(\d+)", name, re.IGNORECASE)
    if found is not None:
        if 1 <= int(found.group(2)) <= 65_535:
            return found.group(1)
        raise _bad_address(address, "use a port from 1 to 65535")
    if re.fullmatch(r"[\da-f]*:[\da-f:.]*:[\da-f.]*", name, re.IGNORECASE):
        raise _bad_address(address, f"put an IPv6 address in brackets and add the port: [{name}]:50051")
    if re.fullmatch(r"(\[[^\s\]]+\]|[^\s:/\[\]]+):?", name):
        raise _bad_address(address, f"add the port, for example {name.removesuffix(':')}:50051")
    raise _bad_address(address, "for example 127.0.0.1:50051")


def _check_socket_path(address: str) -> None:
    path = address.removeprefix("unix:")
    if path == "" or re.match(r"//(?!/.)", path):
        raise _bad_address(address, "write unix:relative/path, unix:/absolute/path or unix:///absolute/path")
    if len(re.sub(r"^//", "", path).encode()) > _LONGEST_SOCKET_PATH:
        fix = f"the path of a Unix socket has at most {_LONGEST_SOCKET_PATH} bytes: use a shorter one"
        raise _bad_address(address, fix)


def _bad_address(got: str, fix: str) -> MaxsimRpcError:
    return bad_parameter("address", "host:port or unix:path", got, fix)
