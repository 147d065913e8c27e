"""One layout per certificate type, from which every face that is seen (OFD, PDF, preview) is drawn."""
