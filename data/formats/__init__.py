"""Every format becomes records of text, each with the line it begins on.

unfolding.py    what a file is, by its content; archives are unpacked, within limits
export_file.py  what all formats become: columns by name, records, an account of all lines
headers.py      where the column names stand
encodings.py, dialects.py, delimited.py, physical_lines.py, lines.py
                delimited text: how it is written, and its records, line by line
tables.py       Excel, JSON and Parquet, turned into tables of text by a process of its own:
converting.py   that process; rows.py, excel_rows.py, json_rows.py, parquet_rows.py
"""
