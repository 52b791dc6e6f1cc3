"""Texts that are not sent yet: what of them went out, and how two of them are kept in one."""
