"""Gives Python a container's own paths and names; a ``sitecustomize`` of containers without namespaces."""

import _socket
import builtins
import functools
import io
import json
import os
from collections.abc import Callable
from typing import Any

_PLACES: dict[str, str] = json.loads(os.environ.get("SPCS_EMULATOR_PATHS", "{}"))
_HOSTS: dict[str, list[str]] = json.loads(os.environ.get("SPCS_EMULATOR_HOSTS", "{}"))
_ONE = ("open", "stat", "lstat", "mkdir", "rmdir", "listdir", "scandir", "remove", "unlink", "access", "chmod", "chown")
_MORE = ("utime", "readlink", "chdir", "statvfs", "truncate")
_TWO = ("rename", "replace", "link", "symlink")


def _here(path: Any) -> Any:
    """The host's path for a path inside; everything else as it is."""
    if not isinstance(path, str | bytes | os.PathLike):
        return path
    text = os.fsdecode(path)
    for place in sorted(_PLACES, key=len, reverse=True):
        if text == place or text.startswith(place + "/"):
            found = _PLACES[place] + text[len(place) :]
            return os.fsencode(found) if isinstance(path, bytes) else found
    return path


def _wrapped(function: Callable[..., Any], count: int) -> Callable[..., Any]:
    @functools.wraps(function)
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*(_here(item) if number < count else item for number, item in enumerate(args)), **kwargs)

    return call


def _addresses(host: Any) -> list[str]:
    """The addresses of a name of the account's own; none for every other."""
    text = os.fsdecode(host) if isinstance(host, str | bytes) else ""
    return _HOSTS.get(text.lower().rstrip("."), [])


def _install_names() -> None:
    """Before anything imports ``socket``, which takes these functions from here."""
    info, by_name, extended = _socket.getaddrinfo, _socket.gethostbyname, _socket.gethostbyname_ex

    def getaddrinfo(host: Any, *args: Any, **kwargs: Any) -> list[Any]:
        found = _addresses(host) or [host]
        return [entry for address in found for entry in info(address, *args, **kwargs)]

    def gethostbyname(host: str) -> str:
        return (_addresses(host) or [by_name(host)])[0]

    def gethostbyname_ex(host: str) -> tuple[str, list[str], list[str]]:
        found = _addresses(host)
        return (host, [], found) if found else extended(host)

    _socket.getaddrinfo, _socket.gethostbyname, _socket.gethostbyname_ex = getaddrinfo, gethostbyname, gethostbyname_ex
    name, system = os.environ.get("HOSTNAME", "localhost"), os.uname
    _socket.gethostname = lambda: name
    os.uname = lambda: os.uname_result((system()[0], name, *system()[2:]))


def _install() -> None:
    builtins.open = io.open = _wrapped(io.open, 1)
    for names, count in ((_ONE, 1), (_MORE, 1), (_TWO, 2)):
        for name in names:
            function = getattr(os, name, None)
            if function is None:
                continue
            wrapped = _wrapped(function, count)
            for members in (os.supports_dir_fd, os.supports_fd, os.supports_follow_symlinks, os.supports_effective_ids):
                if function in members:
                    members.add(wrapped)
            setattr(os, name, wrapped)


_install()
_install_names()
