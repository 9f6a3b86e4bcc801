"""The towers (embeddings side by side, then layers), the loss and the optimisers. Parameters are float32, the arithmetic is double."""
import numpy as np

from config import call, fnv, listed, towers, unit
from stream import wanted


def initial(config, feature, ids):
    """The initial embedding of a feature."""
    section = config[f"feature {feature}"]
    name, (bound,), options = call(section["init"])
    wanted(name == "uniform", f"unknown initialiser {name}")
    width = int(section["embed"])
    u = unit(int(config["train"]["seed"]), fnv(f"embed/{feature}".encode()), np.arange(ids * width))
    return (float(options.get("mean", 0)) + float(bound) * (2 * u - 1)).astype("<f4").reshape(ids, width)


def ids_of(config, feature, tables):
    """How many ids a lookup has: mask, oov, terms."""
    options = call(config[f"feature {feature}"]["encode"])[2]
    return (options.get("mask") == "yes") + int(options.get("oov", 1)) + len(tables[f"vocab/{feature}"])


def forward(config, tower, parameters, table, rows=slice(None)):
    """The vectors of some rows of the side's table, and a function from their gradients to those of the parameters."""
    features = towers(config)[tower]
    ids = {feature: table[f"feature/{feature}"][rows] for feature in features}
    x = np.concatenate([parameters[feature][ids[feature]] for feature in features], axis=1).astype(np.float64)
    backs = []
    for layer in listed(config[f"tower {tower}"]["layers"]):
        wanted(call(layer)[0] == "normalize", f"unknown layer {layer}")
        x, back = normalize(x)
        backs.insert(0, back)

    def backward(d):
        for back in backs:
            d = back(d)
        gradients, at = {}, 0
        for feature in features:
            width = parameters[feature].shape[1]
            gradients[feature] = np.zeros(parameters[feature].shape)
            np.add.at(gradients[feature], ids[feature], d[:, at : at + width])
            at += width
        return gradients

    return x, backward


def normalize(x):
    length = np.sqrt((x * x).sum(axis=1, keepdims=True))
    length[length == 0] = 1
    y = x / length
    return y, lambda d: (d - y * (d * y).sum(axis=1, keepdims=True)) / length


def loss_and_gradients(query, candidate, rows, weight, log_p, task, temperature):
    """The loss of a batch, and its gradients by both (batch, dim) matrices."""
    scores = query @ candidate.T / temperature
    if task["logq"] == "yes":
        scores -= log_p[rows]
    if task["remove_hits"] == "yes":
        hits = rows[:, None] == rows[None, :]
        scores[hits & ~np.eye(len(rows), dtype=bool)] -= 3.4e36
    best = scores.max(axis=1, keepdims=True)
    log_sum = best[:, 0] + np.log(np.exp(scores - best).sum(axis=1))
    factor = float(task["weight"]) / (len(rows) if task["mean"] == "yes" else 1)
    loss = factor * (weight * (log_sum - scores.diagonal())).sum()
    d_scores = np.exp(scores - log_sum[:, None]) - np.eye(len(rows))
    d_scores *= factor * weight[:, None] / temperature
    return loss, d_scores @ candidate, d_scores.T @ query


def adagrad(value, slot, gradient, lr=0.1, initial_accumulator=0.1, epsilon=1e-7):
    accumulator = slot.setdefault("accumulator", np.full(value.shape, float(initial_accumulator), "<f4"))
    accumulator += (gradient * gradient).astype("<f4")
    value -= (float(lr) * gradient / np.sqrt(accumulator.astype(float) + float(epsilon))).astype("<f4")


def sgd(value, slot, gradient, lr=0.01, momentum=0, nesterov="no"):
    move = -float(lr) * gradient
    if float(momentum):
        kept = slot.setdefault("momentum", np.zeros(value.shape, "<f4"))
        kept[:] = float(momentum) * kept + move
        move = float(momentum) * kept + move if nesterov == "yes" else kept
    value += move.astype("<f4")
