"""What a public body's ledger of fixed assets (固定资产台账) asks of a lot: number, price, fund, warranty."""
