"""A small village on two pods, to be looked at: `pod demo`."""
