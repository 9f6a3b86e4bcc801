#!/usr/bin/env python3
"""ann_peers.py PEER ITEMS.npy QUERIES.npy TRUTH.npy K WORK    one search library on one set of vectors, inner product, one thread.

PEER is hnswlib, faiss or scann. Builds with two threads, keeping the index in WORK, then prints lines as `ann search` does."""
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "2"
import numpy as np

peer, items, queries, truth, k, work = sys.argv[1:7]
X, Q, G, k = np.load(items), np.load(queries), np.load(truth), int(k)
path = os.path.join(work, "peer." + peer)


def clocks():
    return time.perf_counter(), time.process_time()


def built(rows):
    wall, cpu = clocks()
    rows()
    print(f"build {peer} rows={len(X)} dim={X.shape[1]} wall_s={time.perf_counter() - wall:.2f} cpu_s={time.process_time() - cpu:.2f}", flush=True)


def point(name, search):
    search(Q[:50])
    n = len(Q)
    wall, cpu = clocks()
    search(Q[: n // 20])
    n = int(min(n, max(200, 3 * (n // 20) / (time.perf_counter() - wall))))
    wall, cpu = clocks()
    found = search(np.ascontiguousarray(Q[:n]))
    wall, cpu = time.perf_counter() - wall, time.process_time() - cpu
    same = sum(len(np.intersect1d(found[i][:k], G[i, :k])) for i in range(n))
    print(f"k={k} {name} recall={same / n / k:.4f} qps={n / wall:.0f} qps_cpu={n / cpu:.0f} n={n}", flush=True)


if peer == "hnswlib":
    import hnswlib

    index = hnswlib.Index(space="ip", dim=X.shape[1])
    if os.path.exists(path):
        index.load_index(path)
    else:
        index.init_index(len(X), M=16, ef_construction=200, random_seed=1)
        built(lambda: index.add_items(X, num_threads=2))
        index.save_index(path)
    print("bytes", os.path.getsize(path))
    for ef in (16, 32, 64, 128, 256, 512):
        index.set_ef(max(ef, k))
        point(f"ef={ef}", lambda q: index.knn_query(q, k, num_threads=1)[0])
elif peer == "faiss":
    import faiss

    if os.path.exists(path):
        index = faiss.read_index(path)
    else:
        faiss.omp_set_num_threads(2)
        index = faiss.IndexHNSWFlat(X.shape[1], 16, faiss.METRIC_INNER_PRODUCT)
        index.hnsw.efConstruction = 200
        built(lambda: index.add(X))
        faiss.write_index(index, path)
    print("bytes", os.path.getsize(path))
    faiss.omp_set_num_threads(1)
    for ef in (16, 32, 64, 128, 256, 512):
        index.hnsw.efSearch = max(ef, k)
        point(f"ef={ef}", lambda q: index.search(q, k)[1])
elif peer == "scann":
    import scann

    def build():
        global index
        builder = scann.scann_ops_pybind.builder(X, 10, "dot_product")
        leaves = 2000 if len(X) > 200000 else 400
        builder = builder.tree(num_leaves=leaves, num_leaves_to_search=leaves // 20, training_sample_size=250000)
        builder = builder.score_ah(2, anisotropic_quantization_threshold=0.2).reorder(100)
        builder.set_n_training_threads(2)
        index = builder.build()

    if not os.path.isdir(path):
        built(build)
        os.makedirs(path)
        index.serialize(path)
    index = scann.scann_ops_pybind.load_searcher(path)
    print("bytes", sum(os.path.getsize(os.path.join(path, name)) for name in os.listdir(path)))
    for leaves, rescored in ((5, 200), (10, 100), (10, 300), (20, 200), (20, 500), (40, 300), (40, 800), (60, 1200), (100, 2000), (200, 4000)):
        rescored = max(rescored, 2 * k)
        point(f"leaves={leaves},{rescored}",
              lambda q: index.search_batched(q, final_num_neighbors=k, pre_reorder_num_neighbors=rescored, leaves_to_search=leaves)[0])
else:
    sys.exit("PEER is hnswlib, faiss or scann")
