"""PostgreSQL: engine, transactions, outbox, inbox, migrations."""
