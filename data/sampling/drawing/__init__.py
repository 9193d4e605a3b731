"""What happens to one stream of patients, drawn stage by stage.

    patients.py      who comes
    visits.py        on which days, for which treatment types
    treatments.py    sessions and their treatment records
    side_effects.py  what goes wrong, heard of or not
    contacts.py      the days after each session on which the patient is heard of
    histories.py     all of it, in order

They share: random.py (the random numbers), lookup.py (tables of whole numbers), rows.py (tables of columns),
period.py (days), practice.py (clinics, practitioners), catalogue.py (codes of what can be done).
"""
