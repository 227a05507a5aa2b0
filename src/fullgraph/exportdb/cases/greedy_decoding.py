import torch

import fullgraph
from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.zeros(2, 8, dtype=torch.int64), torch.randn(5, 5)),
    tags={"torch.dynamic-value", "torch.while-loop"},
    dynamic_shapes={"tokens": "batch length", "table": None},
    extra_args=[
        (torch.ones(1, 1, dtype=torch.int64), torch.randn(5, 5)),
        (torch.ones(3, 20, dtype=torch.int64), torch.randn(5, 5)),
    ],
)
def greedy_decoding(tokens, table):
    """
    A decoding loop that stops early: each turn appends the most likely next token to a buffer of fixed length.

    The loop ends when the buffer is full or every row has reached token 0. The buffer is carried from turn to turn.
    """

    def unfinished(step, tokens):
        return (step < tokens.shape[1]) & (tokens[:, step - 1] != 4).any()

    def next_token(step, tokens):
        following = table[tokens[:, step - 1]].argmax(-1, keepdim=True)
        here = torch.arange(tokens.shape[1]) == step
        return step + 1, torch.where(here, following, tokens)

    return fullgraph.while_loop(unfinished, next_token, (torch.tensor(1), tokens))[1]
