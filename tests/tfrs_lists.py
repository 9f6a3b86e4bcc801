"""Lists of five rows of a user, as tfrs.examples.movielens.sample_listwise draws them with seed 42: of the rows in FILE (user first, tab), LISTS of every user who has as many rows.
usage: tfrs_lists.py FILE LISTS [SEED] > ROWS, list by list; with SEED in another order, no two of one user side by side (but for a rare one)"""
import sys
import numpy

rows, lists = {}, []
for line in open(sys.argv[1]):
    rows.setdefault(line.split("\t")[0], []).append(line)
draw = numpy.random.RandomState(42)
for user, of in rows.items():
    for _ in range(int(sys.argv[2]) if len(of) >= 5 else 0):
        lists.append((user, [of[i] for i in draw.choice(range(len(of)), size=5, replace=False)]))
if len(sys.argv) > 3:
    order = numpy.random.RandomState(int(sys.argv[3])).permutation(len(lists))
    lists = [lists[i] for i in order]
    for i in range(1, len(lists)):
        if lists[i][0] == lists[i - 1][0]:
            j = (i + len(lists) // 2) % len(lists)
            lists[i], lists[j] = lists[j], lists[i]
for user, of in lists:
    sys.stdout.writelines(of)
