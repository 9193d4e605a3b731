"""What all refusals of the dashboard have in common; it stands alone, so that a command ends well without them all."""


class Refusal(ValueError):
    """What is asked for cannot be had; the message says why, to whoever asked."""
