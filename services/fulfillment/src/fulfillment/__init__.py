"""Gets approved orders allocated, packed and handed over."""
