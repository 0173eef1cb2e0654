"""Rules that can say no, by what they are about: one enum each, the sentences beside the rules."""
