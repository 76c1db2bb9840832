"""Quality diversity with pyribs: archives, emitters, inner loop, selection."""
