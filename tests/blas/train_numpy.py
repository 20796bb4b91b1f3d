# SPDX-License-Identifier: Apache-2.0
"""A small network trained with NumPy alone, as any user would write it: prints the loss of every step as the bits of a double."""
import numpy

rng = numpy.random.default_rng(7)
STEPS, BATCH, INPUTS, HIDDEN, CLASSES = 30, 64, 24, 48, 5


def parameter(rows, columns):
    return (rng.standard_normal((rows, columns)) / numpy.sqrt(rows)).astype(numpy.float32)


centres = rng.standard_normal((CLASSES, INPUTS)).astype(numpy.float32) * 2
w1, b1 = parameter(INPUTS, HIDDEN), numpy.zeros(HIDDEN, numpy.float32)
w2, b2 = parameter(HIDDEN, CLASSES), numpy.zeros(CLASSES, numpy.float32)
rate = numpy.float32(0.1)

for step in range(STEPS):
    label = rng.integers(0, CLASSES, BATCH)
    x = centres[label] + rng.standard_normal((BATCH, INPUTS)).astype(numpy.float32)
    hidden = numpy.maximum(x @ w1 + b1, 0)
    logits = hidden @ w2 + b2
    logits -= logits.max(axis=1, keepdims=True)
    p = numpy.exp(logits)
    p /= p.sum(axis=1, keepdims=True)
    loss = -numpy.log(p[numpy.arange(BATCH), label].astype(numpy.float64)).mean()
    print(float(loss).hex())
    p[numpy.arange(BATCH), label] -= 1
    p /= numpy.float32(BATCH)
    back = (p @ w2.T) * (hidden > 0)
    w2 -= rate * (hidden.T @ p)
    b2 -= rate * p.sum(axis=0)
    w1 -= rate * (x.T @ back)
    b1 -= rate * back.sum(axis=0)
