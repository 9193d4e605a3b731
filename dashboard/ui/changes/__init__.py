"""What changed between two snapshots, part by part:

choosing   which earlier snapshot
comparing  everything that is compared, as far as it is known by now
summing_up what changed, in a sentence
signals    the signals that are new or closed
figures    the figures whose new value lies outside the limits that they had
records    the records added, edited and removed
quality    completeness, what is not recorded, rejected rows and warnings
"""
