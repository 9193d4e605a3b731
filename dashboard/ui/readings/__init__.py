"""What a picture says, in plain sentences; one module per page that is read out."""
