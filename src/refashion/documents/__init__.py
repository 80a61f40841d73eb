"""Documents of any common format as numbered lines of text: what an audit and the quote check read."""
