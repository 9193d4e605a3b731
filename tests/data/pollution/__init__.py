"""An adversary: clean exports, drawn so that every value tells where it stood, and polluted in every way we know.

    clean.py      the clean tables
    writing.py    a table becomes a file; what is expected of each of its rows stands beside it
    registry.py   kinds of pollution, each a function from a clean table to a polluted file
    files.py      pollution of whole delimited files: dialects, encodings, headers, preambles, footers
    rows.py       pollution of single rows: separators, quotes, bytes
    values.py     pollution of single values: dates, numbers, units, yes and no, order of time, duplicates
    formats.py    the same tables as archives, JSON and Parquet
    workbooks.py  the same tables in Excel
    naughty.py    texts that break programs
    judging.py    files imported by the real door, and what the import did held against what was expected

Everything is drawn from seeds: the same case is the same bytes every time.
"""
