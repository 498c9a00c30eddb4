"""PyLate's training step on a given batch of texts, to be timed beside ours.

Beside what `conversation.py` names, the settings are {"model": folder, "queries":
[text], "documents": [[text] * ways], "scores": [[number] * ways], "loss": "kl" |
"contrastive", "queryLength", "documentLength", "dim", "dropout", "learningRate",
"weightDecay", "clip"}.

PyLate's own model, collator and losses (Distillation; Contrastive). Texts are
tokenised once, outside the timing. Hidden dropout as given, attention dropout 0.
"""

from conversation import converse
from training import columns_of, facts_of, rows_of, training_turn


def prepare(settings: dict):
    from pylate import __version__ as pylate_version
    from pylate import losses, utils

    model = load(settings)
    model.train()
    is_kl = settings["loss"] == "kl"
    collate = utils.ColBERTCollator(tokenize_fn=model.tokenize)
    if is_kl:
        rows = [
            {"query": query, "documents": documents, "scores": [float(s) for s in scores]}
            for query, documents, scores in zip(
                settings["queries"], settings["documents"], settings["scores"], strict=True
            )
        ]
    else:
        rows = rows_of(settings)
    batch = collate(rows)
    columns = [name for name in rows[0] if name != "scores"]
    features = [
        {key: value.to(settings["device"]) for key, value in side.items()}
        for side in columns_of(batch, columns)
    ]
    label = batch["label"].to(settings["device"]) if is_kl else None
    loss = (
        losses.Distillation(model=model, normalize_scores=False)
        if is_kl
        else losses.Contrastive(model=model)
    )

    def loss_of():
        # the forward pass may add entries to the features: hand out fresh ones
        return loss([dict(side) for side in features], label)

    facts = facts_of(model, features, model[0].auto_model)
    return training_turn(model, loss_of, settings), {**facts, "pylate": pylate_version}


def load(settings: dict):
    """The model; `dropout` is absent where nothing is trained."""
    import torch
    from pylate import models

    dropout = settings.get("dropout", 0)
    model = models.ColBERT(
        model_name_or_path=settings["model"],
        device=settings["device"],
        local_files_only=True,
        embedding_size=settings["dim"],
        query_length=settings["queryLength"],
        document_length=settings["documentLength"],
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
