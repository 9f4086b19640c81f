"""Episodes, and what they show: played, compared, shortened and told."""
