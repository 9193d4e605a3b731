"""What all pages share.

cache      the current snapshot and its answers
remembering the answers of stores, as many as so many bytes hold
waiting    work beside the run of a page, which ends where nobody waits for it
address    the address of what is shown, and its name in plain words
views      what was saved under a name
sidebar    the filter panel, kept in the address
choices    a page's own options, kept in the address
navigation the pages, the filter panel beside them, and links between them
signing_in who is looking, and the way out
heading    what stands at the top of a page
section    one line of a page: a chart with its n, warnings, definition, table, SQL and downloads
working    how a figure can be had elsewhere: SQL, command, script, link
marks      charts whose marks choose something
recall     the recall list: who is due, and why
patient    one patient, found by id, section by section
changes    what changed between two snapshots, part by part
cards      big numbers with their limits and n in small words
wording    values made safe for markdown, counts and warnings in words
tables     how a frame is shown as a table
layout     the little that the theme cannot say
errors     the one calm message
"""
