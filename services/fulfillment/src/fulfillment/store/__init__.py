"""The only place in fulfillment with SQL."""
