"""Text -> embeddings, by ONNX Runtime or sentence-transformers."""
