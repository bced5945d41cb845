"""`bench`: how fast the engine is. Steps beside Hugging Face and the memory's bandwidth; many talks at once."""
