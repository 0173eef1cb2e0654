"""Looks whether a pod can work as it promises: each check says ok, warn or fail, and how to mend it in one sentence."""
