"""Checkpoints: trees of arrays in HDF5 files, written atomically, verified when read.

| module | what it does |
|---|---|
| ``tree`` | what components hand over |
| ``layout`` | tree <-> HDF5 objects |
| ``checksum``, ``seal`` | checksums of datasets and of the whole file |
| ``hdf5`` | writes and reads one file |
| ``shards``, ``parallel`` | many ranks write one file together |
| ``writer`` | picks the way that suits |
| ``files`` | the checkpoints of one run |
| ``compare``, ``verify`` | what ``diff`` and ``verify`` print |

The format is described in docs/checkpoint.md.
"""
