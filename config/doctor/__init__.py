"""`manage.py doctor`: a look at the whole installation, check by check, that says what to fix. It changes nothing."""
