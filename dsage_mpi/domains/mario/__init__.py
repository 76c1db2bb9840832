"""Mario: platform levels from a latent space, played by a planning agent in a Java engine."""
