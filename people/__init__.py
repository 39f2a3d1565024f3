"""Accounts, roles and where they hold, sign-in, links, the second factor, the audit trail."""
