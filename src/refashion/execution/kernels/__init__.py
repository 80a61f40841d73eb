"""Warm kernels: forked from one process that has imported the libraries already.

Importing TensorFlow takes longer than most short runs train. The workflow starts one server
(`service.py`), a separate process (`server.py`) that imports the libraries, executes nothing, and
forks a kernel for each notebook that Papermill asks for by way of a Jupyter provisioner
(`provisioner.py`). Where no server answers, the provisioner starts a plain kernel. Notebooks,
`execute.py` and results know nothing of it.
"""
