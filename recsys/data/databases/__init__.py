"""Databases as sources: SQLite and DuckDB files, and servers that SQLAlchemy reaches. Nothing is written to them."""
