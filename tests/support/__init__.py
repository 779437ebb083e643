"""What tests share; never shipped."""
