"""What the further screens say, line by line."""
