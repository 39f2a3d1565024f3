"""What was moved over a period: ledgers, the monthly report, disposals, what incidents used."""
