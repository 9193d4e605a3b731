"""Synthetic exports in the contract's shape, of any size, the same bytes for the same size and seed.

A sample walks one straight line:

    parameters/   the calibrated numbers, each with its source
    drawing/      what happens to a stream of patients, as columns of whole numbers
    recording/    what the practice writes down of it, as columns of text
    streams.py    stream after stream of patients, until there are enough treatment records
    writing.py    the folder: four files and a README

Patients are drawn in streams of a fixed number, each with its own random generator, and written stream by stream,
so that any size needs little memory. Every draw is a whole number or a look-up in a table of whole numbers; the
order of the draws within a stream decides every byte. The modules of drawing/ and recording/ read the parameters of
their own subject.
"""

from data.sampling.parameters.recording import SYNTHETIC_PREFIX
from data.sampling.writing import BUNDLED_SEED, BUNDLED_TREATMENTS, write_sample

__all__ = ["BUNDLED_SEED", "BUNDLED_TREATMENTS", "SYNTHETIC_PREFIX", "write_sample"]
