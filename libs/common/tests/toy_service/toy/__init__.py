"""The smallest service there can be: it writes notes down and echoes them."""
