"""What this pod shows of groups and what was written in them: frozen values, folded by the pure floors.

Every function takes the reader (None: a stranger) and answers about a private group only to its members at home here.
"""

from pod.actions.reading.group.groups import describe_group

__all__ = ["describe_group"]
