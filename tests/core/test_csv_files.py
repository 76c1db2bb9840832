from dsage_mpi.core.csv_files import csv_text, write_csv


def test_a_file_is_header_and_rows(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old")
    write_csv(path, ("name", "value"), [("a, b", 1), ("c", 0.5)])
    assert path.read_bytes() == b'name,value\n"a, b",1\nc,0.5\n'
    assert list(tmp_path.iterdir()) == [path]


def test_no_rows_are_no_text():
    assert csv_text([]) == ""
