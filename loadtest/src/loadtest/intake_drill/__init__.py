"""The intake drill: six channels that lose, repeat and shuffle their messages, and every order."""
