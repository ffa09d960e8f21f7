"""Question and Hits -> Answer: follow-ups, evidence, verdict, explanations."""
