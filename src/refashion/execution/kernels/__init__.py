"""Warm kernels, forked from a process that has already imported the libraries.

Importing TensorFlow takes longer than the training of most short runs. `workflow/kernel_server.py`
starts a separate process (`server.py`) that imports the libraries and executes no notebooks.
Papermill asks for a kernel through a Jupyter provisioner (`provisioner.py`), and the server forks
one. If no server answers, the provisioner starts a plain kernel. The notebooks, `notebook.py` and
the results do not depend on which kind of kernel runs.
"""
