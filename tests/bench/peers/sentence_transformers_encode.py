"""`encode_document` of sentence-transformers' MultiVectorEncoder, to be timed beside
ours; bf16 is weights and activations. Settings: `encoding.py`."""

from conversation import converse
from encoding import encoding_turn, facts_of
from sentence_transformers_step import load


def prepare(settings: dict):
    import torch
    from sentence_transformers import __version__

    model = load(settings)
    if settings["precision"] == "bf16":
        model = model.to(torch.bfloat16)

    def encode(texts):
        return model.encode_document(
            texts,
            batch_size=settings["batch"],
            show_progress_bar=False,
            convert_to_numpy=True,
        )

    return encoding_turn(encode, settings), {
        **facts_of(model),
        "sentence-transformers": __version__,
    }


if __name__ == "__main__":
    converse(prepare)
