# Makes head_trace.json: heads of TFRS's tutorials "deep & cross network" and "multitask recommenders" on made-up rows, trained by the library step by step.
# usage: python head_trace.py > head_trace.json, with tensorflow_recommenders 0.7.7, tensorflow 2.15.1, keras 2.15.0
import json, random
import numpy as np, tensorflow as tf, tensorflow_recommenders as tfrs

USERS, MOVIES, ROWS, BATCH, EPOCHS, DIM = 12, 10, 48, 24, 2, 4
tf.keras.utils.set_random_seed(1)
random.seed(1)
# Id 0 is Keras' row for what is not in the vocabulary; it does not occur.
queries = {"user": list(range(1, USERS + 1)), "zip": [random.randint(1, 5) for _ in range(USERS)], "gender": [random.randint(1, 2) for _ in range(USERS)]}
candidates = {"movie": list(range(1, MOVIES + 1)), "studio": [random.randint(1, 3) for _ in range(MOVIES)]}
rows = [(int(USERS * random.random() ** 2), int(MOVIES * random.random() ** 2), random.randint(1, 5)) for _ in range(ROWS)]
column = {name: np.array([ids[r[side]] for r in rows]) for side, of in enumerate((queries, candidates)) for name, ids in of.items()}
data = {**column, "rating": np.array([r[2] for r in rows], np.float32)}

class Traced(tfrs.Model):
    """Embeddings of `inputs`, side by side under `layers`; names as millrace has them."""
    def __init__(self, head, inputs, layers):
        super().__init__()
        self.head, self.inputs_, self.layers_ = head, inputs, layers
        self.embed = {name: tf.keras.layers.Embedding(max(column[name]) + 1, DIM) for name in inputs}
        self.ranking = tfrs.tasks.Ranking(loss=tf.keras.losses.MeanSquaredError())
    def call(self, x):
        x = tf.concat([self.embed[name](x[name]) for name in self.inputs_], 1)
        for layer in self.layers_:
            x = layer(x)
        return x
    def losses_of(self, x):
        return {"rating": self.ranking(labels=x["rating"], predictions=self(x))}
    def compute_loss(self, x, training=False):
        return sum(self.losses_of(x).values())
    def params(self):
        found = {"embed/" + name: layer.embeddings for name, layer in self.embed.items()}
        for place, layer in enumerate(self.layers_):
            names = ["kernel", "bias"]
            if isinstance(layer, tfrs.layers.dcn.Cross):
                names = ["kernel_0", "bias_0"] if len(layer.weights) == 2 else ["u_0", "v_0", "bias_0"]
            found.update({"%s/%d/%s" % (self.head, place, name): w for name, w in zip(names, layer.weights)})
        return {name: floats(w.numpy().reshape(-1, w.shape[-1])) for name, w in found.items()}

class Multitask(Traced):
    def __init__(self, weights):
        super().__init__("rating", ["user", "movie"], dense(12, 8))
        self.weights_, self.retrieval = weights, tfrs.tasks.Retrieval()
    def losses_of(self, x):
        return {"rating": self.weights_[0] * super().losses_of(x)["rating"],
                "watch": self.weights_[1] * self.retrieval(self.embed["user"](x["user"]), self.embed["movie"](x["movie"]))}

def dense(*units):
    return [tf.keras.layers.Dense(n, activation="relu") for n in units] + [tf.keras.layers.Dense(1)]

def cross(rank=None):
    return tfrs.layers.dcn.Cross(projection_dim=rank, kernel_initializer="glorot_uniform")

def floats(a):
    return [floats(x) for x in a] if np.ndim(a) else float("%.9g" % a)

def case(name, model, optimizer):
    model.compile(optimizer=optimizer)
    predict = lambda: floats(model(data).numpy()[:, 0])
    predict()
    # No row of a gradient is all zero by chance, so biases do not begin at zero.
    for w in model.trainable_weights:
        if "bias" in w.name:
            w.assign(np.random.RandomState(len(w.shape)).uniform(-0.1, 0.1, w.shape))
    init, steps = model.params(), []
    for batch in [b for _ in range(EPOCHS) for b in tf.data.Dataset.from_tensor_slices(data).batch(BATCH)]:
        losses = {task: floats(loss.numpy()) for task, loss in model.losses_of(batch).items()}
        loss = floats(model.train_step(batch)["loss"].numpy())
        steps.append({"loss": loss, "losses": losses, "params": model.params(), "predictions": predict()})
    return {"name": name, "inputs": {"init": init}, "outputs": {"steps": steps}}

DCN = ["movie", "user", "zip", "studio", "gender"]
print(json.dumps({
    "source": "tensorflow_recommenders v0.7.7, tensorflow 2.15.1, keras 2.15.0; tfrs.Model with tfrs.tasks.Ranking (mean squared error), tfrs.tasks.Retrieval, tfrs.layers.dcn.Cross; "
              "Adam(0.01) for dcn, Adagrad(0.1) for multitask; made by head_trace.py",
    "note": "Made-up rows (row of queries, row of candidates, rating) in batches of %d in this order, %d epochs. A step has the loss before it, each task's part of it as weighted, and after it all "
            "parameters and the predictions for all rows" % (BATCH, EPOCHS),
    "queries": queries, "candidates": candidates, "rows": rows, "batch": BATCH, "epochs": EPOCHS,
    "cases": [
        case("dcn", Traced("rating", DCN, [cross()] + dense(6)), tf.keras.optimizers.Adam(0.01)),
        case("dcn_low_rank", Traced("rating", DCN, [cross(3)] + dense(6)), tf.keras.optimizers.Adam(0.01)),
    ] + [case("multitask_%d_%d" % w, Multitask(w), tf.keras.optimizers.Adagrad(0.1)) for w in ((1, 0), (0, 1), (1, 1))],
}, separators=(",", ":")).replace('{"name"', '\n{"name"').replace('{"loss"', '\n{"loss"'))
