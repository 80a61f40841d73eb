"""What `refashion publish` writes beside the report: a record of the check, to deposit."""
