"""Watch levels: a declared watch raises what depots must hold for some days, and drops back by itself."""
