"""Parts of studies with made-up results."""

CLASSES = ["T-shirt/top", "Trouser", "Shirt"]
SETTINGS = {
    **{"widths": [4], "activation": "relu", "batch_normalization": False, "dropout": [0]},
    **{"l2": 0, "output_activation": "softmax", "optimizer": "sgd", "learning_rate": 0.1},
    **{"momentum": 0, "loss": "sparse_categorical_crossentropy", "batch_size": 32, "epochs": 4},
    **{"schedule": None, "early_stopping": None, "keep_best": False},
}
AT = {"where": "Table 1", "quote": "as stated"}
