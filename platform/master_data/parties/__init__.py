"""Parties: everyone the company deals with, once, whatever the roles."""
