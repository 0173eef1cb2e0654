"""The only door out: every request of this pod to elsewhere passes `SafeHttp`, so nobody forgets a check."""

from federation.safe_http.answers import Answer, Document, Download
from federation.safe_http.client import SafeHttp, Sign

__all__ = ["Answer", "Document", "Download", "SafeHttp", "Sign"]
