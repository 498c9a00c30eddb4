"""PyLate's training step on a given batch of texts, to be timed beside ours.

    .venv/bin/python pylate_step.py SETTINGS.json [--steps N]

SETTINGS.json: {"model": folder, "queries": [text], "documents": [[text] * ways],
"scores": [[number] * ways], "queryLength", "documentLength", "dim", "dropout",
"precision": "fp32" | "bf16", "threads", "learningRate", "weightDecay", "clip"}.

PyLate's own model, collator and Distillation loss; Hugging Face Trainer's
default optimiser (fused AdamW) and clipping. Texts are tokenised once, outside
the timing. Hidden dropout as given, attention dropout 0.

With --steps it takes N steps and prints one JSON object. Without, it prints
{"ready": true, ...}, takes one step for every line on standard input, answers
{"seconds", "loss"} for each, and ends with the object when its input ends: so
that another program's steps can stand between its own.
"""

import argparse
import json
import os
import resource
import statistics
import sys
import time


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("settings")
    parser.add_argument("--steps", type=int)
    arguments = parser.parse_args()
    with open(arguments.settings, encoding="utf-8") as file:
        settings = json.load(file)
    os.environ["TOKENIZERS_PARALLELISM"] = "false"
    os.environ["HF_HUB_OFFLINE"] = "1"
    output = sys.stdout
    sys.stdout = sys.stderr  # whatever a library prints is not an answer
    step, facts = prepare(settings)

    def answer(value: dict) -> None:
        print(json.dumps(value), file=output, flush=True)

    seconds, losses = [], []

    def timed() -> dict:
        start = time.perf_counter()
        loss = step()
        seconds.append(time.perf_counter() - start)
        losses.append(loss)
        return {"seconds": seconds[-1], "loss": loss}

    if arguments.steps is not None:
        for _ in range(arguments.steps):
            timed()
    else:
        answer({"ready": True, **facts})
        for line in sys.stdin:
            if not line.strip():
                break
            answer(timed())
    answer(summary(seconds, losses, facts))


def summary(seconds: list, losses: list, facts: dict) -> dict:
    """The first step warms up caches and pools: it is left out of the median."""
    counted = seconds[1:] or seconds
    median = statistics.median(counted) if counted else None
    unit = 1 if sys.platform == "darwin" else 1024
    return {
        "medianSeconds": median,
        "tokensPerSecond": facts["tokens"] / median if median else None,
        "peakMemoryBytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit,
        "seconds": seconds,
        "losses": losses,
        **facts,
    }


def prepare(settings: dict):
    """Builds model, batch, loss and optimiser; returns the step and some facts."""
    import torch
    from pylate import __version__ as pylate_version
    from pylate import losses, models, utils

    torch.set_num_threads(settings["threads"])
    torch.manual_seed(1)
    dropout = settings["dropout"]
    model = models.ColBERT(
        model_name_or_path=settings["model"],
        device="cpu",
        local_files_only=True,
        embedding_size=settings["dim"],
        query_length=settings["queryLength"],
        document_length=settings["documentLength"],
        config_kwargs={
            "hidden_dropout_prob": dropout,
            "attention_probs_dropout_prob": 0.0,
        },
    )
    model.train()
    hidden = model[0].auto_model.config
    assert hidden.hidden_dropout_prob == dropout, "the dropout was not taken over"
    assert hidden.attention_probs_dropout_prob == 0.0

    collate = utils.ColBERTCollator(tokenize_fn=model.tokenize)
    rows = [
        {"query": query, "documents": documents, "scores": [float(s) for s in scores]}
        for query, documents, scores in zip(
            settings["queries"], settings["documents"], settings["scores"], strict=True
        )
    ]
    batch = collate(rows)
    sides = [
        {key[len(side) + 1 :]: value for key, value in batch.items() if key.startswith(f"{side}_")}
        for side in ("query", "documents")
    ]
    loss_of = losses.Distillation(model=model, normalize_scores=False)
    decayed, plain = [], []
    for name, parameter in model.named_parameters():
        (plain if parameter.ndim < 2 else decayed).append(parameter)
    optimizer = torch.optim.AdamW(
        [{"params": decayed, "weight_decay": settings["weightDecay"]},
         {"params": plain, "weight_decay": 0.0}],
        lr=settings["learningRate"],
        fused=True,
    )
    bf16 = settings["precision"] == "bf16"

    def step() -> float:
        # the forward pass may add entries to the features: hand out fresh ones
        features = [dict(side) for side in sides]
        with torch.autocast("cpu", dtype=torch.bfloat16, enabled=bf16):
            loss = loss_of(features, batch["label"])
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), settings["clip"])
        optimizer.step()
        optimizer.zero_grad()
        return loss.item()

    tokens = sum(int(side["attention_mask"].sum()) for side in sides)
    return step, {
        "tokens": tokens,
        "paddedTokens": sum(side["input_ids"].numel() for side in sides),
        "parameters": sum(p.numel() for p in model.parameters()),
        "attention": hidden._attn_implementation,
        "threads": torch.get_num_threads(),
        "pylate": pylate_version,
        "torch": torch.__version__,
    }


if __name__ == "__main__":
    main()
