"""A stand-in for Google's side of Jules."""
