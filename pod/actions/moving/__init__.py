"""An account moves whole: what a copy of it holds, and how it travels."""
