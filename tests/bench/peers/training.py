"""What both training peers share: Hugging Face Trainer's default optimiser (fused
AdamW, no decay of vectors), clipping, and autocast for bf16."""


def training_turn(model, loss_of, settings: dict):
    """loss_of() -> a scalar with a gradient. Returns the turn of a conversation."""
    import torch

    torch.manual_seed(1)
    decayed, plain = [], []
    for _, parameter in model.named_parameters():
        (plain if parameter.ndim < 2 else decayed).append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings["weightDecay"]},
         {"params": plain, "weight_decay": 0.0}],
        lr=settings["learningRate"],
        fused=True,
    )
    bf16 = settings["precision"] == "bf16"

    def turn() -> dict:
        with torch.autocast(settings["device"], dtype=torch.bfloat16, enabled=bf16):
            loss = loss_of()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings["clip"])
        optimizer.step()
        optimizer.zero_grad()
        return {"loss": loss.item()}

    return turn


def rows_of(settings: dict) -> list[dict]:
    """One row a query, its documents in columns of their own, the relevant one first."""
    return [
        {"query": query, **{f"document_{way}": text for way, text in enumerate(documents)}}
        for query, documents in zip(settings["queries"], settings["documents"], strict=True)
    ]


def columns_of(batch: dict, columns: list[str]) -> list[dict]:
    """A collated batch, cut into the features of its columns."""
    return [
        {key[len(column) + 1 :]: value for key, value in batch.items() if key.startswith(f"{column}_")}
        for column in columns
    ]


def facts_of(model, features: list[dict], transformer) -> dict:
    """What the peer attends to and pads to, and what runs."""
    import torch

    return {
        "attendedTokens": sum(int(side["attention_mask"].sum()) for side in features),
        "paddedTokens": sum(side["input_ids"].numel() for side in features),
        "parameters": sum(p.numel() for p in model.parameters()),
        "attention": transformer.config._attn_implementation,
        "threads": torch.get_num_threads(),
        "torch": torch.__version__,
    }
