"""ONNX Runtime: prediction alone, from a graph of Gemm, Relu and Softmax with the same weights."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
from onnx import TensorProto, checker, helper, numpy_helper
from works import THREADS, Contestant, Predictor, Work, count_threads, rows_layers

import regnet as rn

OPSET, IR_VERSION = 17, 8  # old enough for every ONNX Runtime of the last years


def contestants(work: Work) -> list[Contestant]:
    """It trains nothing."""
    del work
    return []


def graph(model: rn.Model) -> bytes:
    """The network in the format of ONNX, from rows of X to class probabilities."""
    nodes, weights, A = [], [], "X"
    layers = rows_layers(model)
    for l, (W, b) in enumerate(layers, 1):
        weights += [numpy_helper.from_array(W, f"W{l}"), numpy_helper.from_array(b, f"b{l}")]
        nodes.append(helper.make_node("Gemm", [A, f"W{l}", f"b{l}"], [f"Z{l}"]))
        last = l == len(layers)
        A = "probabilities" if last else f"A{l}"
        options = {"axis": 1} if last else {}
        nodes.append(helper.make_node("Softmax" if last else "Relu", [f"Z{l}"], [A], **options))
    shapes = [("X", model.sizes[0]), ("probabilities", model.sizes[-1])]
    ends = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", size]) for name, size in shapes]
    made = helper.make_graph(nodes, "mlp", ends[:1], ends[1:], weights)
    proto = helper.make_model(made, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
    checker.check_model(proto)
    return proto.SerializeToString()


def predictors(model: rn.Model) -> list[Predictor]:
    """A session with one thread and one with two; it has threads of its own, which nobody else can limit."""
    serialized = graph(model)

    def session(threads: int) -> Any:
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads, options.inter_op_num_threads = threads, 1
        return onnxruntime.InferenceSession(serialized, options, providers=["CPUExecutionProvider"])

    def predictor(threads: int) -> Predictor:
        run = session(threads).run

        def predict(X: np.ndarray) -> np.ndarray:
            return run(None, {"X": X})[0]

        return Predictor("onnxruntime", count_threads(threads), predict, threads)

    return [predictor(threads) for threads in THREADS]
