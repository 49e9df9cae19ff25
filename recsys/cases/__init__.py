"""A case: a pair of target and source with α and rules, as a link of Transfer names it, and the list it leads to."""
