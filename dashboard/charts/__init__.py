"""Pictures of measures: a function per measure, by its name, from its frame to a figure. They draw and never compute.

style       colours, names, numbers, and the empty figure in the house style
dots        a dot with its limits, one row per group
curves      step curves with limits and the number at risk
bars        a bar divided into parts of a whole, one per group
diverging   a bar from worse to better about a neutral middle, one per group
funnel      shares against the number they are shares of, between the limits of a funnel
changes     what a figure was and what it is, one row per figure
head        the drawing of a head, behind the face map
answer      what a query gave, as bars, a line or points
patient     one person's history, for the screen and for paper
rates, resolution, healing_clock, maintenance, results, comparison, pairs, risk, face, over_time, lots    the measures
"""
