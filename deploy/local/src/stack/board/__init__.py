"""The board: one live page that shows how a stack is doing, for where no Grafana is at hand."""
