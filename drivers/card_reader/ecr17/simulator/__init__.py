"""A double of an ECR17 reader: speaks the whole protocol over a pseudo-terminal, TCP or memory, and can misbehave."""
