"""What scenarios of a slow rule share: orders, a score service, the API of risk, a screen."""
