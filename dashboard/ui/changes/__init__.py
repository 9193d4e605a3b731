"""What changed between two snapshots, part by part:

choosing   which earlier snapshot
summing_up what changed, in a sentence
figures    the figures whose new value lies outside the limits that they had
records    the records added, edited and removed
quality    completeness, what is not recorded, rejected rows and warnings
"""
