"""Who knows the words."""

from random import Random

WORDS = ("cartographer", "blacksmith's", "lighthouses")


class Knows:
    def reset(self, seed):
        self.word = Random(seed).choice(WORDS)

    def act(self, observation):
        return {"word": self.word}
