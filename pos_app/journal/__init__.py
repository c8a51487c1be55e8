"""The journal: append-only, hash-chained, durable before every effect; the ground that everything stands on."""
