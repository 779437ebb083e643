"""The only place in ingest with SQL."""
