"""What each process counts of its work, and the files in which several processes of a host count together."""
