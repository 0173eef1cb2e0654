"""`pod.toml`, and what the environment says instead: read, checked as a whole, and given as frozen values."""

from pod.config.faults import ConfigError, is_local
from pod.config.file import Loaded, ValueOrigin, load_config, parse_config, read_config
from pod.config.sections import (
    SECRETS,
    SECTIONS,
    Config,
    FederationPolicy,
    Logging,
    MailServer,
    Metrics,
    Moderation,
    Server,
    Storage,
    Testing,
)

__all__ = [
    "SECRETS",
    "SECTIONS",
    "Config",
    "ConfigError",
    "FederationPolicy",
    "Loaded",
    "Logging",
    "MailServer",
    "Metrics",
    "Moderation",
    "Server",
    "Storage",
    "Testing",
    "ValueOrigin",
    "is_local",
    "load_config",
    "parse_config",
    "read_config",
]
