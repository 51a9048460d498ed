"""Records of DNS and the policies in them."""
