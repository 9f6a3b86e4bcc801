# Makes models.json: whole models of TFRS's tutorials on made-up data, trained by the library.
# usage: python models.py > models.json, with tensorflow_recommenders 0.7.7, tensorflow 2.15.1, keras 2.15.0
import json, random
import numpy as np, tensorflow as tf, tensorflow_recommenders as tfrs
from tensorflow_recommenders.layers.feature_multiplexing import unified_embedding

USERS, MOVIES, ROWS, BATCH, EPOCHS, DIM, PAST = 24, 20, 256, 32, 2, 8, 4
tf.keras.utils.set_random_seed(1)
random.seed(1)
WORDS = ["The", "Night", "of", "Rain,", "River's", "Gold", "II", "and", "Fire!", "Sea", "Winter", "(1987)"]
titles = {str(m): " ".join(random.choice(WORDS) for _ in range(1 + m % 4)) + " %d" % m for m in range(1, MOVIES + 1)}
rows = []  # user, movie, time; times are distinct
for i in range(ROWS):
    rows.append((str(1 + int(USERS * random.random() ** 2)), str(1 + int(MOVIES * random.random() ** 2)), 880000000 + 100 * random.randrange(10 ** 5) + i % 100))
user, movie = (np.array([r[c].encode() for r in rows], object) for c in (0, 1))
title = np.array([titles[r[1]].encode() for r in rows], object)
time = np.array([r[2] for r in rows])

def table(values):
    terms = sorted(set(values))
    return tf.keras.Sequential([tf.keras.layers.StringLookup(vocabulary=terms, mask_token=None), tf.keras.layers.Embedding(len(terms) + 1, DIM)]), \
        [t.decode() for t in terms]

class Past(tf.keras.Model):
    """The films a user took before, through a GRU: masked, or as the tutorial pads them, with a film "0" that is no film."""
    def __init__(self, masked):
        super().__init__()
        terms = sorted(set(movie))
        self.lookup = tf.keras.layers.StringLookup(vocabulary=terms, mask_token="0" if masked else None)
        self.embed = tf.keras.layers.Embedding(len(terms) + 1 + masked, DIM, mask_zero=masked)
        self.gru, self.terms, self.masked = tf.keras.layers.GRU(4), [t.decode() for t in terms], masked
    def call(self, x):
        return self.gru(self.embed(self.lookup(x["past"])))
    def tables(self):
        # Row 0 of the padded one is the unknown film's, which is "0" to us; the masked one has that of the mask before it.
        e, (k, r, b) = self.embed.embeddings.numpy(), (w.numpy() for w in self.gru.weights)
        terms = self.terms if self.masked else ["0"] + self.terms
        return {"embed/past": (e[1:] if self.masked else np.concatenate([e[:1], e]), terms), "pool/past/kernel": (k, None),
                "pool/past/recurrent_kernel": (r, None), "pool/past/bias": (b, None)}

class Moment(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.user, self.users = table(user)
        self.moment = tf.keras.Sequential([tf.keras.layers.Discretization(np.linspace(time.min(), time.max(), num=10).tolist()), tf.keras.layers.Embedding(11, DIM)])
        self.recency = tf.keras.layers.Normalization(axis=None)
        self.recency.adapt(time)
    def call(self, x):
        return tf.concat([self.user(x["user"]), self.moment(x["time"]), tf.reshape(self.recency(x["time"]), (-1, 1))], 1)
    def tables(self):
        return {"embed/user": (self.user.layers[1].embeddings.numpy(), self.users), "embed/moment": (self.moment.layers[1].embeddings.numpy(), None)}

class Title(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.title, self.titles = table(t.encode() for t in titles.values())
        self.vector = tf.keras.layers.TextVectorization(max_tokens=100)
        self.vector.adapt(list(titles.values()))
        self.words = tf.keras.Sequential([self.vector, tf.keras.layers.Embedding(100, DIM, mask_zero=True), tf.keras.layers.GlobalAveragePooling1D()])
    def call(self, x):
        return tf.concat([self.title(x["title"]), self.words(x["title"])], 1)
    def tables(self):
        words = self.vector.get_vocabulary()
        return {"embed/title": (self.title.layers[1].embeddings.numpy(), self.titles),
                "embed/words": (self.words.layers[1].embeddings.numpy()[:len(words)], words[2:])}

class Movie(tf.keras.Model):
    def __init__(self):
        super().__init__()
        self.movie, self.movies = table(movie)
    def call(self, x):
        return self.movie(x["movie"])
    def tables(self):
        return {"embed/movie": (self.movie.layers[1].embeddings.numpy(), self.movies)}

class Shared:
    """Both sides' unified embedding: two features in two tables of 16 rows."""
    def __init__(self):
        config = unified_embedding.UnifiedEmbeddingConfig(buckets_per_table=16, dim_per_table=DIM // 2, num_tables=2, name="shared")
        config.add_feature("user", 2)
        config.add_feature("title", 2)
        self.layer = unified_embedding.UnifiedEmbedding(config, tf.tpu.experimental.embedding.Adagrad(0.1))

class Hashed(tf.keras.Model):
    def __init__(self, shared, place):
        super().__init__()
        self.layer, self.place = shared.layer, place
    def call(self, x):
        return self.layer({"user": x["user"], "title": x["title"]})[self.place]
    def tables(self):
        parts = {w.name.split(":")[0].split("/")[-1]: w.numpy() for w in self.layer.weights}
        return {"embed/shared": (np.concatenate([parts["shared_0"], parts["shared_1"]]), None)}

def tower(base, layers):
    return tf.keras.Sequential([base] + [tf.keras.layers.Dense(n, activation="relu") for n in layers[:-1]] + [tf.keras.layers.Dense(n) for n in layers[-1:]])

class Retrieval(tfrs.Model):
    def __init__(self, query, candidate):
        super().__init__()
        self.query, self.candidate, self.task = query, candidate, tfrs.tasks.Retrieval()
    def compute_loss(self, x, training=False):
        return self.task(self.query(x), self.candidate(x))

def case(name, query, candidate, keep, past):
    x = {"user": user, "movie": movie, "title": title, "time": time, "past": past}
    batches = tf.data.Dataset.from_tensor_slices({k: v[keep].tolist() for k, v in x.items()}).batch(BATCH)
    model = Retrieval(query, candidate)
    model.compile(optimizer=tf.keras.optimizers.Adagrad(0.1))
    for batch in batches.take(1):
        model.query(batch), model.candidate(batch)
    tables = {}
    for side, layers in (("query", query.layers), ("candidate", candidate.layers)):
        tables.update(layers[0].tables())
        for i, layer in enumerate(layers[1:]):
            tables.update({"%s/%d/kernel" % (side, i): (layer.kernel.numpy(), None), "%s/%d/bias" % (side, i): (layer.bias.numpy()[None], None)})
    floats = lambda a: [[float("%.9g" % v) for v in row] for row in a.tolist()]
    init = {n: {"tokens": t, "value": floats(v)} for n, (v, t) in tables.items()}
    losses = [float("%.9g" % model.train_step(batch)["loss"]) for _ in range(EPOCHS) for batch in batches]
    return {"name": name, "inputs": {"rows": [[*rows[i], [p.decode() for p in past[i]]] for i in np.flatnonzero(keep)], "init": init}, "outputs": {"step_loss": losses}}

past, taken = np.full((ROWS, PAST), b"0", object), {}
for i in sorted(range(ROWS), key=lambda i: time[i]):
    before = taken.setdefault(user[i], [])
    past[i, :len(before[-PAST:])] = before[-PAST:]
    before.append(movie[i])
every, some = np.ones(ROWS, bool), past[:, 0] != b"0"
shared = Shared()
print(json.dumps({
    "source": "tensorflow_recommenders v0.7.7, tensorflow 2.15.1, keras 2.15.0; tfrs.Model with tfrs.tasks.Retrieval and Adagrad(0.1); made by models.py",
    "note": "Made-up rows (user, movie, time, the user's movies before, padded with 0) in batches of %d in this order, %d epochs; step_loss is the sum over the batch before the step" % (BATCH, EPOCHS),
    "titles": titles,
    "cases": [
        case("deep", tower(Moment(), [8, 4]), tower(Title(), [8, 4]), every, past),
        case("sequential", tower(Past(True), []), tower(Movie(), [4]), some, past),
        case("sequential_padded", tower(Past(False), []), tower(Movie(), [4]), some, past),
        case("unified", tower(Hashed(shared, 0), [4]), tower(Hashed(shared, 1), [4]), every, past),
    ]}, indent=None, separators=(",", ":")).replace('{"name"', '\n{"name"').replace('"init"', '\n"init"').replace('"outputs"', '\n"outputs"'))
