"""What the practice writes down of the histories, as columns of text: a module for each table of the contract.

    patients.py
    treatments.py
    side_effects.py  those that somebody hears of
    follow_ups.py    the contacts, with how it turned out

They share: text.py (codes, numbers and ids as text).
"""
