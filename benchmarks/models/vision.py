"""Models of images: batch is dynamic, and the image size where the architecture has no say in it.

Vision transformers are called with `interpolate_pos_encoding`, on images larger than those they were
configured for: then their learned positions are resized to whatever comes.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from benchmarks.models.entry import Fixed, Floats, Input, Model, Sizes, from_transformers

_FREE_EXAMPLE: Sizes = {"batch": 2, "h": 64, "w": 96}
_FREE_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "h": 64, "w": 64},
    {"batch": 3, "h": 96, "w": 64},
    {"batch": 2, "h": 35, "w": 47},
    {"batch": 4, "h": 160, "w": 128},
)
_FREE_RANGES = {"h": (33, None), "w": (33, None)}
_GRID_EXAMPLE: Sizes = {"batch": 2, "h": 2, "w": 3}
_GRID_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "h": 2, "w": 2},
    {"batch": 3, "h": 3, "w": 2},
    {"batch": 2, "h": 4, "w": 4},
    {"batch": 4, "h": 2, "w": 5},
)
_GRID_RANGES = {"h": (2, None), "w": (2, None)}
_PATCHED_EXAMPLE: Sizes = {"batch": 2, "h": 5, "w": 7}
_PATCHED_OTHERS: tuple[Sizes, ...] = (
    {"batch": 1, "h": 5, "w": 5},
    {"batch": 3, "h": 8, "w": 6},
    {"batch": 2, "h": 6, "w": 13},
    {"batch": 4, "h": 16, "w": 16},
)
_PATCHED_RANGES = {"h": (5, None), "w": (5, None)}
_BATCH_EXAMPLE: Sizes = {"batch": 2}
_BATCH_OTHERS: tuple[Sizes, ...] = ({"batch": 1}, {"batch": 3}, {"batch": 5}, {"batch": 8})
_VIT_LIKE: dict[str, Any] = {
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "intermediate_size": 48,
    "image_size": 32,
    "patch_size": 8,
}
_HEAD = "ForImageClassification"


def convolutional(name: str, prefix: str, head: str = _HEAD, asks: str = "", **settings: Any) -> Model:
    """A model that takes an image of any size."""
    build = from_transformers(f"{prefix}Config", f"{prefix}{head}", **settings)
    inputs = {"pixel_values": Floats("batch 3 h w")}
    return Model(name, build, inputs, _FREE_EXAMPLE, _FREE_OTHERS, _FREE_RANGES, asks=asks)


def gridded(name: str, prefix: str, head: str = _HEAD, **settings: Any) -> Model:
    """A model that pads images which do not fit its strides, on images which do."""
    build = from_transformers(f"{prefix}Config", f"{prefix}{head}", **settings)
    inputs = {"pixel_values": Floats("batch 3 32*h 32*w")}
    note = "images of whole strides; its Python branches on whether others have to be padded"
    return Model(name, build, inputs, _GRID_EXAMPLE, _GRID_OTHERS, _GRID_RANGES, note=note)


def patched(name: str, prefix: str, head: str = _HEAD, *, interpolate: bool = True, **settings: Any) -> Model:
    """A vision transformer with 8 by 8 patches, on images of whole patches."""
    inputs: dict[str, Input] = {"pixel_values": Floats("batch 3 8*h 8*w")}
    if interpolate:
        inputs["interpolate_pos_encoding"] = Fixed(True)
    build = from_transformers(f"{prefix}Config", f"{prefix}{head}", **settings)
    note = "images larger than the configured one, whose 4 by 4 patch positions are resized"
    return Model(name, build, inputs, _PATCHED_EXAMPLE, _PATCHED_OTHERS, _PATCHED_RANGES, note=note)


def fixed_image(
    name: str, prefix: str, note: str, head: str = _HEAD, image: int = 32, **settings: Any
) -> Model:
    """A model that insists on the configured image size: only the batch is dynamic."""
    inputs = {"pixel_values": Floats(f"batch 3 {image} {image}")}
    build = from_transformers(f"{prefix}Config", f"{prefix}{head}", **settings)
    return Model(name, build, inputs, _BATCH_EXAMPLE, _BATCH_OTHERS, note=note)


_RESNET: dict[str, Any] = {
    "embedding_size": 8,
    "hidden_sizes": [8, 16, 24, 32],
    "depths": [1, 1, 2, 1],
    "layer_type": "basic",
}
_INT_OF_SIZE = "the sizes of its feature maps as Python numbers (`int(features.shape[-1])`)"
_DETR_LIKE: dict[str, Any] = {
    "use_timm_backbone": False,
    "use_pretrained_backbone": False,
    "backbone": None,
    "backbone_config": {"model_type": "resnet", "out_features": ["stage4"], **_RESNET},
    "d_model": 32,
    "encoder_layers": 2,
    "decoder_layers": 2,
    "encoder_attention_heads": 4,
    "decoder_attention_heads": 4,
    "encoder_ffn_dim": 48,
    "decoder_ffn_dim": 48,
    "num_queries": 7,
}

_EFFICIENTNET = replace(
    convolutional(
        "efficientnet", "EfficientNet", width_coefficient=0.25, depth_coefficient=0.25, hidden_dim=320
    ),
    ranges={"h": (33, 10_240), "w": (33, 10_240)},
    note="its last pooling has a window of 320, so a larger image has more than one",
)
VISION: tuple[Model, ...] = (
    patched("vit", "ViT", **_VIT_LIKE),
    patched("deit", "DeiT", **_VIT_LIKE),
    patched("dinov2", "Dinov2", interpolate=False, **_VIT_LIKE),
    fixed_image(
        "vit_fixed", "ViT", "without `interpolate_pos_encoding` a ViT insists on its image size", **_VIT_LIKE
    ),
    fixed_image(
        "beit",
        "Beit",
        "relative positions belong to the window of the image",
        use_relative_position_bias=True,
        **_VIT_LIKE,
    ),
    convolutional("convnext", "ConvNext", depths=[1, 1, 2, 1], hidden_sizes=[8, 16, 24, 32]),
    convolutional("convnextv2", "ConvNextV2", depths=[1, 1, 2, 1], hidden_sizes=[8, 16, 24, 32]),
    convolutional("resnet", "ResNet", **_RESNET),
    convolutional(
        "regnet",
        "RegNet",
        embedding_size=8,
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 2, 1],
        groups_width=8,
    ),
    gridded("mobilenet_v1", "MobileNetV1", depth_multiplier=0.25),
    convolutional("mobilenet_v2", "MobileNetV2", tf_padding=False, depth_multiplier=0.25),
    convolutional("mobilenet_v2_tf", "MobileNetV2", asks=_INT_OF_SIZE, depth_multiplier=0.25),
    _EFFICIENTNET,
    convolutional("poolformer", "PoolFormer", hidden_sizes=[8, 16, 24, 32], depths=[1, 1, 1, 1]),
    convolutional(
        "segformer",
        "Segformer",
        "ForSemanticSegmentation",
        hidden_sizes=[8, 16, 24, 32],
        depths=[1, 1, 1, 1],
        num_attention_heads=[1, 2, 2, 4],
        decoder_hidden_size=16,
    ),
    gridded("swin", "Swin", embed_dim=8, depths=[1, 2], num_heads=[2, 2], window_size=4, image_size=32),
    convolutional("detr", "Detr", "ForObjectDetection", **_DETR_LIKE),
    convolutional("table_transformer", "TableTransformer", "ForObjectDetection", **_DETR_LIKE),
)
