"""What people see and say: words for every state, and the plain console counter."""
