"""Reads `pod.toml` and the environment: an unknown key or wrong value is told with its line, all of them at once.

`POD_<SECTION>_<KEY>` says instead of the file; a list is JSON, or its members with commas between.
"""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any, Final

import msgspec

from pod.config.faults import ConfigError, wrong_values
from pod.config.sections import SECTIONS, Config

PREFIX: Final = "POD_"
Key = tuple[str, str]


class ValueOrigin(StrEnum):
    """Where a value comes from."""

    DEFAULT = "default"
    FILE = "file"
    ENV = "env"


class Loaded(msgspec.Struct, frozen=True):
    """A valid configuration, and where each value comes from."""

    config: Config
    origins: dict[Key, ValueOrigin]


class _Text(msgspec.Struct, frozen=True):
    """The text of a file, to find the line of a key."""

    name: str
    text: str

    def at(self, section: str, key: str = "") -> str:
        """`pod.toml, line 3`: the line of a key, or else of its section."""
        own = re.compile(rf"\s*[\"']?{re.escape(key)}[\"']?\s*=")
        dotted = re.compile(rf"\s*{re.escape(section)}\s*(\.\s*{re.escape(key)}\s*)?=")
        inside, best = "", 0
        for number, line in enumerate(self.text.splitlines(), 1):
            if header := re.match(r"\s*\[\s*([\w.-]+)\s*\]", line):
                inside = header[1]
                best = number if inside == section else best
            elif key and inside in ("", section) and (own if inside == section else dotted).match(line):
                return f"{self.name}, line {number}"
        return f"{self.name}, line {best}" if best else self.name


def load_config(path: Path) -> Config:
    """Read and check a configuration file with the environment; raises ConfigError with all reasons."""
    return read_config(path, os.environ).config


def read_config(path: Path, environment: Mapping[str, str]) -> Loaded:
    """Read and check a configuration file with this environment; raises ConfigError with all reasons."""
    try:
        text = path.read_text(encoding="utf-8-sig")  # some editors begin a file with a byte order mark
    except OSError as error:
        raise ConfigError(f"{path} can't be read: {error.strerror}. `pod init` writes one.") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path} isn't in UTF-8 (byte {error.start + 1}): save it anew in that encoding.") from error
    loaded = _load(_Text(path.name, text), environment)
    if loaded.config.storage.data:
        return loaded
    storage = msgspec.structs.replace(loaded.config.storage, data=str(path.absolute().parent))
    return Loaded(msgspec.structs.replace(loaded.config, storage=storage), loaded.origins)


def parse_config(text: str, *, name: str = "pod.toml") -> Config:
    """Parse and check the text of a configuration; raises ConfigError with all reasons."""
    return _load(_Text(name, text), {}).config


def _load(text: _Text, environment: Mapping[str, str]) -> Loaded:
    try:
        document = tomllib.loads(text.text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{text.name}: {error}") from error
    _refuse([*_unknown_keys(document, text), *_unknown_variables(environment)])
    said, origins = _said(document, environment)
    _refuse(_wrong_types(said, origins, text))
    config = msgspec.convert(said, Config, strict=False)
    _refuse(f"{_where(key, origins, text)}: `{'.'.join(key)}` {why}" for key, why in wrong_values(config))
    return Loaded(config, origins)


def _refuse(reasons: Iterator[str] | list[str]) -> None:
    if told := "\n".join(reasons):
        raise ConfigError(told)


def _unknown_keys(document: dict[str, Any], text: _Text) -> Iterator[str]:
    for section, members in document.items():
        if section not in SECTIONS:
            yield _unknown(section, list(SECTIONS), text.at(section, section))
        elif not isinstance(members, dict):
            yield f"{text.at('', section)}: `{section}` is a section: write [{section}] and its keys below."
        else:
            known = SECTIONS[section].__struct_fields__
            yield from (_unknown(key, known, text.at(section, key)) for key in members if key not in known)


def _unknown_variables(environment: Mapping[str, str]) -> Iterator[str]:
    known = {_variable(section, key) for section, key in _keys()}
    sections = tuple(f"{PREFIX}{section.upper()}_" for section in SECTIONS)
    for name in sorted(environment):
        if name.startswith(sections) and name not in known:
            yield _unknown(name, sorted(known), "The environment")


def _unknown(key: str, known: list[str] | tuple[str, ...], where: str) -> str:
    (nearest,) = difflib.get_close_matches(key, known, n=1, cutoff=0)
    return f"{where}: `{key}` is not known; did you mean `{nearest}`?"


def _said(document: dict[str, Any], environment: Mapping[str, str]) -> tuple[dict[str, Any], dict[Key, ValueOrigin]]:
    """Every value that the file or the environment gives, and where each comes from."""
    said: dict[str, Any] = {section: dict(members) for section, members in document.items()}
    origins = dict.fromkeys(_keys(), ValueOrigin.DEFAULT)
    origins |= {(section, key): ValueOrigin.FILE for section, members in said.items() for key in members}
    for section, key in _keys():
        if (value := environment.get(_variable(section, key))) is not None:
            kind = next(field.type for field in msgspec.structs.fields(SECTIONS[section]) if field.name == key)
            said.setdefault(section, {})[key] = _listed(value) if kind == list[str] else value
            origins[section, key] = ValueOrigin.ENV
    return said, origins


def _listed(value: str) -> Any:
    if value.lstrip().startswith("["):
        try:
            return msgspec.json.decode(value)
        except msgspec.DecodeError:
            return value
    return [member.strip() for member in value.split(",") if member.strip()]


def _wrong_types(said: dict[str, Any], origins: Mapping[Key, ValueOrigin], text: _Text) -> Iterator[str]:
    for section, kind in SECTIONS.items():
        for field in msgspec.structs.fields(kind):
            key = (section, field.name)
            if origins[key] is ValueOrigin.DEFAULT:
                if field.required:
                    yield f"{text.at(section)}: `{'.'.join(key)}` must be there."
                continue
            try:
                # Every value of the environment is text.
                msgspec.convert(said[section][field.name], field.type, strict=origins[key] is not ValueOrigin.ENV)
            except msgspec.ValidationError as fault:
                yield f"{_where(key, origins, text)}: `{'.'.join(key)}`: {str(fault).partition(' - at ')[0]}."


def _where(key: Key, origins: Mapping[Key, ValueOrigin], text: _Text) -> str:
    return f"The environment, {_variable(*key)}" if origins.get(key) is ValueOrigin.ENV else text.at(*key)


def _keys() -> Iterator[Key]:
    return ((section, key) for section, kind in SECTIONS.items() for key in kind.__struct_fields__)


def _variable(section: str, key: str) -> str:
    return f"{PREFIX}{section}_{key}".upper()
