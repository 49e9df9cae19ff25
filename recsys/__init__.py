"""Interest Transfer Studio's library: from a file of interactions to an honest answer about borrowed interests."""
