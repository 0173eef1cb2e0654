"""Pages of groups and people: what a community is, who belongs to it, what it did, and how one takes part."""
