import torch

from fullgraph.exportdb import export_case


@export_case(
    example_args=(torch.randn(2, 3, 32, 32),),
    tags={"torch.dynamic-shape", "torch.module"},
    dynamic_shapes={"image": "batch _ height width"},
    extra_args=[(torch.randn(1, 3, 17, 40),), (torch.randn(3, 3, 4, 4),)],
)
class ConvolutionOfAnyImage(torch.nn.Module):
    """
    Batch and image size of a convolutional network are dynamic together.

    The sizes after stride, padding and pooling are computed in the graph; the smallest image that the network takes
    is a line of the contract.
    """

    def __init__(self):
        super().__init__()
        self.conv = torch.nn.Conv2d(3, 8, kernel_size=3, stride=2, padding=1)
        self.pool = torch.nn.MaxPool2d(2)
        self.head = torch.nn.Linear(8, 5)

    def forward(self, image):
        features = self.pool(self.conv(image).relu())
        return self.head(features.mean(dim=(2, 3)))
