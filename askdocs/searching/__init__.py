"""Question -> Hits: what it says, the two derived indexes, and how their answers are fused."""
