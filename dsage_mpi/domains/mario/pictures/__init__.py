"""Pictures of levels and rollouts, drawn from tiles and sprites of our own."""
