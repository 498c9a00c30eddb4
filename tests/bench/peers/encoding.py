"""What both encoding peers share. Beside what `conversation.py` names, their
settings are {"model": folder, "texts": [text], "batch": texts at a time,
"queryLength", "documentLength", "dim", "vectors": path}.

A turn is from strings to the vectors of the tokens that count, on the host in 32
bits. After the first turn they are written to "vectors", text after text, and the
answer's "lengths" tells how many vectors each text has."""


def encoding_turn(encode, settings: dict):
    """encode(texts) -> a list of arrays [tokens, dim]. Returns the turn."""
    import numpy

    told = False

    def turn() -> dict:
        nonlocal told
        arrays = [numpy.asarray(array, dtype="<f4") for array in encode(settings["texts"])]
        if told:
            return {}
        told = True

        def write() -> dict:
            numpy.concatenate(arrays).tofile(settings["vectors"])
            return {"lengths": [len(array) for array in arrays]}

        return {"after": write}

    return turn


def facts_of(model) -> dict:
    import torch

    return {
        "attention": model[0].auto_model.config._attn_implementation,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
