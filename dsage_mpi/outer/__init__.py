"""The outer loop: algorithms, evaluation budget, record of evaluations, the main job."""
