"""What mails say that no page asked for, in their reader's language."""
