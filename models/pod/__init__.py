"""What the operator decides and watches: settings, invitations, audit, mails, metrics."""
