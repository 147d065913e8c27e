"""Certificates as PDF: rendered here from the layout, sealed here, and nothing else."""
