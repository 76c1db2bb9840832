#!/usr/bin/env python3
"""Evaluates one level: reads JSON from standard input, writes JSON to standard output."""

import json
import sys

question = json.load(sys.stdin)
level = question["level"]  # rows of tile codes
walls = sum(tile == 1 for row in level for tile in row)
coins = sum(tile == 2 for row in level for tile in row)
tiles = len(level) * len(level[0])
json.dump({"objective": coins / tiles, "walls": walls, "coins": coins}, sys.stdout)
