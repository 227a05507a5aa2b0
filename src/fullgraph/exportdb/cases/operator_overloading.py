import torch

from fullgraph.exportdb import export_case


class Complex:
    def __init__(self, real, imag):
        self.real, self.imag = real, imag

    def __mul__(self, other):
        return Complex(
            self.real * other.real - self.imag * other.imag,
            self.real * other.imag + self.imag * other.real,
        )

    def __abs__(self):
        return (self.real**2 + self.imag**2).sqrt()


@export_case(
    example_args=(torch.randn(3), torch.randn(3)),
    tags={"python.object-model"},
    dynamic_shapes={"x": "n", "y": "n"},
    extra_args=[(torch.randn(0), torch.randn(0)), (torch.randn(7), torch.randn(7))],
)
def operator_overloading(x, y):
    """
    Classes of one's own may overload operators, and hold tensors in their attributes.

    The objects live only while the program is captured; the graph has the operators on their tensors.
    """
    z = Complex(x, y)
    return abs(z * z)
