"""Electronic seals (电子印章, GB/T 38540-2020): reading, making, judging and keeping them."""
