"""What a table means: the role of each table and column, and the values of its cells."""
