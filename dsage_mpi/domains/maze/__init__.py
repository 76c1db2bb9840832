"""The maze domain: 16x16 mazes and a recurrent agent that sees 5x5 cells (maze.md)."""
