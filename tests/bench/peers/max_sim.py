"""MaxSim of every query with every document by another system's kernel, to be
timed beside ours.

Beside what `conversation.py` names, the settings are {"kernel", "queries": path,
"queryLengths": [tokens], "documents": path, "documentLengths": [tokens], "dim",
"gradient": whether the gradients to both sides are taken as well, "scores": path}.
The paths of queries and documents hold 32-bit numbers, text after text.

A turn is from vectors in the kernel's own layout to scores on the host; the layout
(rectangles, casts) is made once, outside the timing. After the first turn the
scores are written to "scores", [queries, documents].
"""

import sys

from conversation import converse, waiter


def prepare(settings: dict):
    import numpy

    if settings["kernel"] in ("flash-maxsim", "late-interaction-kernels"):
        settings["device"] = "cuda"
        waiter("cuda")
    sides = [
        (numpy.fromfile(settings[side], dtype="<f4").reshape(-1, settings["dim"]), settings[lengths])
        for side, lengths in (("queries", "queryLengths"), ("documents", "documentLengths"))
    ]
    score = KERNELS[settings["kernel"]](*sides, settings)
    told = False

    def turn() -> dict:
        nonlocal told
        scores = score()
        if told:
            return {}
        told = True

        def write() -> dict:
            numpy.asarray(scores, dtype="<f4").tofile(settings["scores"])
            return {}

        return {"after": write}

    facts = {"threads": settings["threads"]}
    torch = sys.modules.get("torch")
    return turn, {**facts, "torch": torch.__version__} if torch else facts


def rectangle(side, settings: dict):
    """[texts, longest, dim] with zeros behind the shorter ones, and its lengths."""
    import torch

    values, lengths = side
    kind = torch.bfloat16 if settings["precision"] == "bf16" else torch.float32
    padded = torch.nn.utils.rnn.pad_sequence(
        list(torch.from_numpy(values).split(lengths)), batch_first=True
    )
    return padded.to(settings["device"], kind), torch.tensor(lengths, device=settings["device"])


def with_gradient(score, leaves: list, settings: dict):
    """Scores on the host; where asked, after the gradient of their sum."""
    import torch

    if not settings["gradient"]:
        def plain():
            with torch.inference_mode():
                return score(*leaves).float().cpu()
        return plain
    leaves = [leaf.clone().requires_grad_() for leaf in leaves]

    def both():
        for leaf in leaves:
            leaf.grad = None
        scores = score(*leaves)
        scores.float().sum().backward()
        return scores.detach().float().cpu()

    return both


def torch_kernel(queries, documents, settings: dict):
    """Plain PyTorch at its best: one product a chunk of documents of like length, the
    block of similarities small enough for the cache, minus infinity for padding."""
    import torch

    q, q_lengths = rectangle(queries, settings)
    d, d_lengths = rectangle(documents, settings)
    order = d_lengths.argsort()
    back = order.argsort()
    d, d_lengths = d[order], d_lengths[order]
    count, longest, dim = q.shape
    block = 2**28 if settings["device"] == "cuda" else 2**20
    chunks, first = [], 0
    while first < len(d):
        size = max(1, block // (count * longest * int(d_lengths[min(first, len(d) - 1)])))
        last = min(len(d), first + size)
        chunks.append((first, last, int(d_lengths[last - 1])))
        first = last
    padded = (torch.arange(longest, device=q.device) >= q_lengths[:, None])[:, :, None]
    any_padded = bool(padded.any())

    def score(q, d):
        rows = q.reshape(-1, dim)
        parts = []
        for first, last, most in chunks:
            part = d[first:last, :most]
            similar = (rows @ part.reshape(-1, dim).T).view(count, longest, last - first, most)
            beyond = torch.arange(most, device=q.device) >= d_lengths[first:last, None]
            best = similar.masked_fill(beyond, float("-inf")).amax(-1).float()
            parts.append((best.masked_fill(padded, 0) if any_padded else best).sum(1))
        return torch.cat(parts, 1)[:, back]

    return with_gradient(score, [q, d], settings)


def sentence_transformers(queries, documents, settings: dict):
    from sentence_transformers.util.similarity import maxsim

    import torch

    q, q_lengths = rectangle(queries, settings)
    d, d_lengths = rectangle(documents, settings)
    q_mask, d_mask = (
        torch.arange(side.shape[1], device=side.device) < lengths[:, None]
        for side, lengths in ((q, q_lengths), (d, d_lengths))
    )
    return with_gradient(lambda q, d: maxsim(q, d, a_mask=q_mask, b_mask=d_mask), [q, d], settings)


def maxsim_cpu(queries, documents, settings: dict):
    """The crate's variable-length scores, a query at a time; 32 bits only."""
    import maxsim_cpu
    import numpy

    refuse(settings, "maxsim-cpu", gradient=True, bf16=True)
    parts = [
        numpy.split(values, numpy.cumsum(lengths)[:-1]) for values, lengths in (queries, documents)
    ]
    def score():
        return numpy.stack([maxsim_cpu.maxsim_scores_variable(query, parts[1]) for query in parts[0]])

    return score


def flash_maxsim(queries, documents, settings: dict):
    """Products in 16 bits inside, whatever the storage."""
    from flash_maxsim import flash_maxsim_batched, flash_maxsim_batched_train

    q, q_lengths = rectangle(queries, settings)
    d, d_lengths = rectangle(documents, settings)
    run = flash_maxsim_batched_train if settings["gradient"] else flash_maxsim_batched

    def score(q, d):
        return run(q, d, shared_docs=True, doc_lengths=d_lengths.int(), query_lengths=q_lengths.int())

    return with_gradient(score, [q, d], settings)


def late_interaction_kernels(queries, documents, settings: dict):
    """The packed form: no padding."""
    import torch
    from late_interaction_kernels.varlen import maxsim_varlen

    kind = torch.bfloat16 if settings["precision"] == "bf16" else torch.float32
    sides = [torch.from_numpy(values).to("cuda", kind) for values, _ in (queries, documents)]
    starts = [
        torch.tensor([0, *lengths], device="cuda").cumsum(0).int() for _, lengths in (queries, documents)
    ]
    longest = [max(lengths) for _, lengths in (queries, documents)]

    def score(q, d):
        return maxsim_varlen(q, d, *starts, *longest)

    return with_gradient(score, sides, settings)


def refuse(settings: dict, name: str, *, gradient: bool, bf16: bool) -> None:
    if gradient and settings["gradient"]:
        sys.exit(f"{name} has no gradient: leave --gradient out")
    if bf16 and settings["precision"] == "bf16":
        sys.exit(f"{name} computes in 32 bits: use --peer-precision fp32")


KERNELS = {
    "torch": torch_kernel,
    "sentence-transformers": sentence_transformers,
    "maxsim-cpu": maxsim_cpu,
    "flash-maxsim": flash_maxsim,
    "late-interaction-kernels": late_interaction_kernels,
}

if __name__ == "__main__":
    converse(prepare)
