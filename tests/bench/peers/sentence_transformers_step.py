"""The training step of sentence-transformers' MultiVectorEncoder on a given batch
of texts, to be timed beside ours. Settings as `pylate_step.py`.

Its own model, collator and losses (MultiVectorDistillKLDivLoss at temperature 1;
MultiVectorMultipleNegativesRankingLoss). It pads a column to its longest text,
where PyLate pads to the length given.
"""

from conversation import converse
from training import columns_of, facts_of, rows_of, training_turn


def prepare(settings: dict):
    import torch
    from sentence_transformers import __version__
    from sentence_transformers.multi_vector_encoder import losses
    from sentence_transformers.multi_vector_encoder.data_collator import (
        MultiVectorEncoderDataCollator,
    )

    model = load(settings)
    model.train()
    rows = rows_of(settings)
    prompts = {column: model.prompts[column.split("_")[0]] for column in rows[0]}
    batch = MultiVectorEncoderDataCollator(preprocess_fn=model.preprocess, prompts=prompts)(rows)
    features = [
        {
            key: value.to(settings["device"]) if isinstance(value, torch.Tensor) else value
            for key, value in side.items()
        }
        for side in columns_of(batch, list(rows[0]))
    ]
    scores = torch.tensor(settings["scores"], device=settings["device"])
    loss = (
        losses.MultiVectorDistillKLDivLoss(model)
        if settings["loss"] == "kl"
        else losses.MultiVectorMultipleNegativesRankingLoss(model)
    )

    def loss_of():
        return loss([dict(side) for side in features], scores)

    facts = facts_of(model, features, model[0].auto_model)
    return training_turn(model, loss_of, settings), {
        **facts,
        "sentence-transformers": __version__,
    }


def load(settings: dict):
    """The model, from the folder in PyLate's form; lengths are the folder's."""
    import torch
    from sentence_transformers import MultiVectorEncoder

    dropout = settings.get("dropout", 0)
    model = MultiVectorEncoder(
        settings["model"],
        device=settings["device"],
        local_files_only=True,
        config_kwargs={
            "hidden_dropout_prob": dropout,
            "attention_probs_dropout_prob": 0.0,
        },
    )
    config = model[0].auto_model.config
    assert config.hidden_dropout_prob == dropout, "the dropout was not taken over"
    assert config.attention_probs_dropout_prob == 0.0
    assert all(p.dtype == torch.float32 for p in model.parameters())
    return model


if __name__ == "__main__":
    converse(prepare)
