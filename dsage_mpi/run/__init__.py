"""The main job: what every rank runs, what rank 0 records, stopping and going on."""
