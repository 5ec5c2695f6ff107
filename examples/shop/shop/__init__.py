"""A shop in a few small files: what there is to buy, who has ordered, and what was packed."""
