"""What gunicorn reads: its own lines have the form of all others, from its first one on."""

import logging

from config.settings import LOGGING

# A line for each request is config.requests', which knows whose it was; gunicorn's would quote the query and headers.
logconfig_dict = LOGGING
logging.captureWarnings(True)
