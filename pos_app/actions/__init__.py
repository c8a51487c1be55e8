"""What the terminal does in each state while the citizen is at the counter: one action a state."""
