"""Pure translators: each channel's own format and signature into ours."""
