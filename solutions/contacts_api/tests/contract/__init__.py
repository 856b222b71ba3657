"""Tests over HTTP alone: they pass with every application that keeps the contract, whatever it looks like inside."""
