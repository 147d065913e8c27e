"""Keeps a REST source to the hosts it was given (SSRF guard), checked on the addresses that are really connected to.

The host must be listed; every address it resolves to must be public, unless the connection says that private ones
are meant. The check sits in the resolver the connector uses, so a second answer of the name server changes nothing.
Addresses written as numbers in any form resolve to themselves and meet the same check.
"""

import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

from aiohttp import ThreadedResolver
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from adapters.errors import AddressRefusedError
from adapters.ports import Connection

_NAT64 = IPv6Network("64:ff9b::/96")


def checked_url(url: URL, connection: Connection) -> URL:
    """`url` if its scheme, host and port belong to the connection.

    Raises:
        AddressRefusedError: it does not.
    """
    base = URL(connection.url)
    if url.user is not None or url.password is not None:
        raise AddressRefusedError("an address must not carry a user")
    if url.scheme != base.scheme or url.scheme not in {"http", "https"}:
        raise AddressRefusedError(f"scheme {url.scheme!r} is not the connection's")
    if url.host is None or (url.host not in connection.hosts and url.host != base.host):
        raise AddressRefusedError(f"host {url.host!r} is not allowed for this connection")
    if url.host == base.host and url.port != base.port:
        raise AddressRefusedError(f"port {url.port} is not the connection's")
    if _literal(url.host) is not None:
        check_address(url.host, connection)
    return url


def check_address(address: str, connection: Connection) -> None:
    """Refuse an IP address that is not public, unless private ones are meant; link-local ones always.

    Raises:
        AddressRefusedError: the address is refused.
    """
    ip = _literal(address)
    if ip is None:
        raise AddressRefusedError(f"{address!r} is not an address")
    inner = _embedded(ip)
    if inner.is_link_local or inner.is_multicast or inner.is_unspecified:
        raise AddressRefusedError(f"{inner} is never a source")
    if not inner.is_global and not connection.allow_private:
        raise AddressRefusedError(f"{inner} is not a public address")


def _embedded(ip: IPv4Address | IPv6Address) -> IPv4Address | IPv6Address:
    """The IPv4 address that an IPv6 address leads to, if it does: mapped, 6to4 (RFC 3056) or NAT64 (RFC 6052)."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip in _NAT64:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip.ipv4_mapped or ip.sixtofour or ip


def _literal(text: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(text)
    except ValueError:
        return None


class GuardedResolver(AbstractResolver):
    """Resolves as usual, then refuses the whole answer if any address in it is refused."""

    def __init__(self, connection: Connection) -> None:
        self._connection, self._inner = connection, ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        """See `AbstractResolver`; raises `AddressRefusedError`."""
        found = await self._inner.resolve(host, port, family)
        for result in found:
            check_address(result["host"], self._connection)
        return found

    async def close(self) -> None:
        """See `AbstractResolver`."""
        await self._inner.close()
