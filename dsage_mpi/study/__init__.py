"""Studies: methods times seeds as ordinary runs, and what they say when compared.

A study is a TOML file (``settings.py``). ``sweep`` makes its runs (``plan``, ``states``,
``launch``, ``sweep``, ``slurm_array``); ``compare`` reads them back (``stored``, ``history``,
``comparison``) and writes tables, tests and figures (``scores``, ``hypotheses``, ``compare``).
"""
