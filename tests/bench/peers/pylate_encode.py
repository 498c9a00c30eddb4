"""PyLate's `encode` of documents, to be timed beside ours; bf16 is weights and
activations. Settings: `encoding.py`."""

from conversation import converse
from encoding import encoding_turn, facts_of
from pylate_step import load


def prepare(settings: dict):
    import torch
    from pylate import __version__

    model = load(settings)
    if settings["precision"] == "bf16":
        model = model.to(torch.bfloat16)

    def encode(texts):
        return model.encode(
            texts, batch_size=settings["batch"], is_query=False, show_progress_bar=False
        )

    return encoding_turn(encode, settings), {**facts_of(model), "pylate": __version__}


if __name__ == "__main__":
    converse(prepare)
