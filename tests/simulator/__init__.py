"""Tests of the simulated Jules."""
