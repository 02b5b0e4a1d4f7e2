"""How arrivals become plans and plans become writes: load, take, plan, carry out, store. Above it stand outbox and engine."""
