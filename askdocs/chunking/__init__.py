"""Document -> Chunks: structure- and sentence-aware, measured in the encoder's tokens."""
