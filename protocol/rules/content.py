"""What posts, patches, votes and erased records must be. Engineers read these sentences."""

from __future__ import annotations

from protocol.errors import MalformedError, Rule, TooLargeError


class ContentRule(Rule):
    """What posts, patches, votes and erased records must be."""

    ONE_TARGET = (MalformedError, "A target is exactly one of post, paragraph, subject, profile and reaction.")
    SUBJECT_SPELLING = (
        MalformedError,
        "A subject is written in Unicode's form NFC, so that one name has one spelling.",
    )
    NOT_BY_RECOVERY_KEY = (MalformedError, "Content is signed by a signing key, never by a recovery key.")
    DELETED_IS_TRUE = (MalformedError, "`deleted` is true or absent.")
    ONE_REPLY = (MalformedError, "`reply_to` names a record or a subject, one of them.")
    REACTION_VALUE = (MalformedError, "A reaction is %(most)s, or 0 to take it back.")
    GUEST_TOO_LONG = (TooLargeError, "A guest's post has more paragraphs or attachments than a record may have.")
    TOO_MANY_ENTRIES = (TooLargeError, "A record may have %(most)s `%(name)s`; this one has %(entries)s.")
    ODD_CONTENT = (MalformedError, "%(name)s: %(why)s.")
    PARAGRAPH_PLACE = (MalformedError, "A paragraph hangs on a lower index of its patch, or on another record.")
    MARK_OR_MARK = (MalformedError, "A mark deletes or replaces, not both.")
    REPLACES_ITSELF = (MalformedError, "A paragraph can't replace itself.")
    MARK_OF_NOTHING = (MalformedError, "A mark names a paragraph that its patch doesn't add.")
    ONE_CHOICE = (
        MalformedError,
        "A ballot is exactly one of scores, ranking, approvals, choice, blank and withdraw; the last two are true.",
    )
    OPTIONS_OF_KIND = (MalformedError, "A poll of this kind has no such options: %(kind)s.")
    DATES = (MalformedError, "Each option of a date poll, and of no other, has a start and an end after it.")
    TITLE_OR_WITHDRAWS = (MalformedError, "A proposal has a title, or it withdraws another one; not both.")
    ONE_SCOPE = (MalformedError, "A delegation names an area or a poll, or neither: then it is the group's.")
    GUEST_POST = (MalformedError, "A guest's post has `content`, and neither `target` nor `value`.")
    GUEST_VOTE = (MalformedError, "A guest's vote has `target` and `value`, and no `content`.")
    SUBJECT_PARAGRAPHS = (MalformedError, "A subject has no paragraphs.")
    ERASED_POST = (MalformedError, "An erased post or patch names its `post` and the `afters` of its paragraphs.")
    ERASED_AFTER = (MalformedError, "An `after` has `record` and `index`, or neither.")
    NOT_ERASED = (MalformedError, "This is no erased record: %(why)s.")
    ERASED_CHAIN = (MalformedError, "A post's paragraphs hang on each other.")
    ERASED_PLACE = (MalformedError, "A paragraph hangs on one of a lower index of its own record.")
    NEVER_ERASED = (MalformedError, "The words of a %(type)s are never erased.")
